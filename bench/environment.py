"""Starts the real processes on free ports in a folder of their own: database, Redis, external services, web, workers.

with BenchEnvironment(database="postgresql") as environment:
    environment.start()
    dana = environment.browser("dana@globex.example")
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil

from bench import http_client, processes
from helpdesk import config
from helpdesk.cli import supervisor
from helpdesk.cli.demo import private_redis
from helpdesk.demo import personas

PROJECT_FOLDER = Path(__file__).resolve().parent.parent


class BenchEnvironment:
    """A running installation; leaving the ``with`` ends every process and removes the folder."""

    def __init__(
        self,
        database: str = "sqlite",
        web_processes: int = 1,
        workers: int = 2,
        with_external_services: bool = True,
        with_limits: bool = True,
        **environment,
    ):
        self.database = database
        self.web_processes = web_processes
        self.worker_count = workers
        self.with_external_services = with_external_services
        self.web_module = "helpdesk.cli" if with_limits else "bench.unlimited"
        self.folder = Path(tempfile.mkdtemp(prefix="helpdesk-bench-"))
        (self.folder / "log").mkdir()
        self.ports = {name: processes.find_free_port() for name in ("portal", "external", "smtp", "redis")}
        self.portal = f"http://127.0.0.1:{self.ports['portal']}"
        self.external_url = f"http://127.0.0.1:{self.ports['external']}"
        self.children: dict[str, subprocess.Popen] = {}
        self.extra_variables = {name: str(value) for name, value in environment.items()}
        self.postgres = None
        self.app = None

    def __enter__(self) -> "BenchEnvironment":
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    # --- start and stop

    def prepare(self, with_sample_data: bool = True) -> None:
        """Redis and a database with the newest schema, with the demo's sample data if ``with_sample_data``."""
        self.variables = self._collect_variables()
        self.start_redis()
        self._make_app(with_sample_data)

    def start(self, with_sample_data: bool = True) -> None:
        """``prepare``, then everything else."""
        self.prepare(with_sample_data)
        if self.with_external_services:
            self.start_process("external_services", [sys.executable, "-m", "helpdesk.cli.demo.external_services"])
        self.start_web()
        for number in range(self.worker_count):
            self.start_worker(number)
        if self.with_external_services:
            processes.wait_for(lambda: processes.is_reachable(f"{self.external_url}/healthz"), "the external services")

    def stop(self) -> None:
        """End everything that runs, the database last."""
        if self.app is not None:
            from helpdesk.extensions import db

            with self.app.app_context():
                db.session.remove()
                db.engine.dispose()
        first = [child for name, child in self.children.items() if name != "redis"]
        for child in self.children.values():
            if child.poll() is None:
                os.kill(child.pid, signal.SIGCONT)
        supervisor.stop_processes(first, 5)
        supervisor.stop_processes([self.children["redis"]] if "redis" in self.children else [], 5)
        if self.postgres is not None:
            self.postgres.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- single processes

    def start_process(self, name: str, command: list[str], **environment) -> subprocess.Popen:
        """Start a process called ``name``; its log is in the folder."""
        with (self.folder / "log" / f"{name}.log").open("ab") as log:
            self.children[name] = supervisor.start_process(command, {**self.variables, **environment}, log)
        return self.children[name]

    def start_redis(self) -> None:
        port = str(self.ports["redis"])
        options = ["--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(self.folder)]
        self.start_process("redis", [private_redis.find_redis_binary(), *options])
        processes.wait_for(lambda: processes.is_listening(self.ports["redis"]), "Redis")

    def start_web(self) -> None:
        bind = f"127.0.0.1:{self.ports['portal']}"
        self.start_process("web", [sys.executable, "-m", self.web_module, "serve", "--bind", bind, "--graceful", "3"])
        processes.wait_for(lambda: processes.is_reachable(f"{self.portal}/healthz"), "the portal")

    def restart_web(self, process_count: int) -> None:
        """Start the portal again, with ``process_count`` processes."""
        self.stop_process("web")
        self.variables["WEB_PROCESSES"] = str(process_count)
        self.start_web()

    def start_worker(self, number: int) -> None:
        self.start_process(f"worker-{number}", [sys.executable, "-m", "helpdesk.cli", "worker", "--processes", "1"])

    def stop_process(self, name: str) -> None:
        """End the process called ``name``."""
        supervisor.stop_processes([self.children.pop(name)], 10)

    def list_child_pids(self, name: str) -> list[int]:
        """The ids of the child processes of the process called ``name``."""
        return [child.pid for child in psutil.Process(self.children[name].pid).children()]

    def list_web_pids(self) -> list[int]:
        """The processes that answer requests, without their parent."""
        return self.list_child_pids("web")

    def log(self, name: str) -> str:
        """The log of the process ``name``."""
        return (self.folder / "log" / f"{name}.log").read_text(errors="replace")

    # --- clients

    def browser(self, email: str) -> http_client.HttpClient:
        """A browser in which ``email`` is signed in."""
        return http_client.HttpClient(self.portal, self.cookie(email))

    def cookie(self, email: str) -> str:
        """The cookie of a new session of ``email``."""
        from flask.sessions import SecureCookieSessionInterface

        from helpdesk.domain.authentication import sessions
        from helpdesk.domain.people import users
        from helpdesk.extensions import db

        with self.app.app_context():
            token = sessions.create_session(users.find_user(email), provider="link")
            db.session.commit()
            signed = (
                SecureCookieSessionInterface()
                .get_signing_serializer(self.app)
                .dumps({"_user_id": token, "_fresh": True})
            )
            db.session.remove()
        return f"{self.app.config['SESSION_COOKIE_NAME']}={signed}"

    def call_slack(self, do: str, **what):
        """Call a verb of the Slack workspace's control API and return its result."""
        return processes.call_json(f"{self.external_url}/slack/control", {"do": do, **what})["result"]

    def slack_state(self) -> dict:
        """The whole state of the Slack workspace."""
        return processes.call_json(f"{self.external_url}/slack/control/state")

    # --- preparation

    def _collect_variables(self) -> dict[str, str]:
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name not in {setting.name for setting in config.ENVIRONMENT_VARIABLES}
        }
        return (
            inherited
            | {
                "SECRET_KEY": "bench-only-0123456789-0123456789-0123456789",
                "PORTAL_BASE_URL": self.portal,
                "VAR_DIR": str(self.folder),
                "DATABASE_URL": self._database_url(),
                "REDIS_URL": f"redis://127.0.0.1:{self.ports['redis']}/0",
                "SLACK_API_URL": f"{self.external_url}/slack/api/",
                "SLACK_BOT_TOKEN": personas.BOT_TOKEN,
                "SLACK_SIGNING_SECRET": personas.SIGNING_SECRET,
                "MAIL_SERVER": "127.0.0.1",
                "MAIL_PORT": str(self.ports["smtp"]),
                "MAIL_DEFAULT_SENDER": personas.SYSTEM_EMAIL,
                "INBOUND_MAIL_SECRET": personas.INBOUND_SECRET,
                "INBOUND_MAIL_DOMAIN": personas.SUPPORT_DOMAIN,
                "INBOUND_AUTHSERV_ID": "demo",
                "DEMO_PORT": str(self.ports["external"]),
                "DEMO_SMTP_PORT": str(self.ports["smtp"]),
                "WEB_PROCESSES": str(self.web_processes),
                "LOG_LEVEL": "WARNING",
                "PYTHONUNBUFFERED": "1",
            }
            | self.extra_variables
        )

    def _database_url(self) -> str:
        if self.database == "sqlite":
            return f"sqlite:///{self.folder}/helpdesk.db"
        import psycopg

        from bench.fault_injection.databases import PostgreSQL

        self.postgres = PostgreSQL(self.folder, options=())
        self.postgres.start()
        with psycopg.connect(self.postgres.url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE helpdesk")
        return self.postgres.get_url("helpdesk")

    def _make_app(self, with_sample_data: bool) -> None:
        import helpdesk
        from helpdesk.cli import schema_migration
        from helpdesk.demo.seed import sample_data
        from helpdesk.extensions import db

        self.app = helpdesk.create_app(config.load_config(self.variables))
        with self.app.app_context():
            schema_migration.upgrade_schema()
            if with_sample_data:
                sample_data.seed_sample_data()
            db.session.commit()
            db.session.remove()
