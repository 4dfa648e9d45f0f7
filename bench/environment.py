"""The real processes on free ports and in a folder of their own: databases, Redis, the outside, the portal, workers.

with stand.Stand(database="postgresql") as it:
    it.start()
    dana = it.browser("dana@globex.example")
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil

from bench import http_client
from helpdesk import config
from helpdesk.cli import supervisor
from helpdesk.cli.demo import private_redis
from helpdesk.demo import personas

PROJECT_FOLDER = Path(__file__).resolve().parent.parent
START_TIMEOUT_SECONDS = 60.0  # seconds everything has to answer


class BenchEnvironment:
    """Leaving the ``with`` ends every process and removes the folder."""

    def __init__(
        self, database: str = "sqlite", web_processes: int = 1, workers: int = 2, outside: bool = True, **environment
    ):
        self.database, self.web_processes, self.worker_count, self.with_outside = (
            database,
            web_processes,
            workers,
            outside,
        )
        self.folder = Path(tempfile.mkdtemp(prefix="helpdesk-bench-"))
        (self.folder / "log").mkdir()
        self.ports = {name: find_free_port() for name in ("portal", "outside", "smtp", "redis")}
        self.portal = f"http://127.0.0.1:{self.ports['portal']}"
        self.outside = f"http://127.0.0.1:{self.ports['outside']}"
        self.children: dict[str, subprocess.Popen] = {}
        self.more = {name: str(value) for name, value in environment.items()}
        self.postgres = None
        self.app = None

    def __enter__(self) -> "BenchEnvironment":
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    # --- the whole

    def start(self, stories: bool = True) -> None:
        """Database with the newest schema, then everything. With ``stories`` the demo's world is in it."""
        self.environment = self._environment()
        self.start_redis()
        self._make_app(stories)
        if self.with_outside:
            self.run("outside", [sys.executable, "-m", "helpdesk.cli.demo.external_services"])
        self.start_web()
        for number in range(self.worker_count):
            self.start_worker(number)
        if self.with_outside:
            wait_for(lambda: is_reachable(f"{self.outside}/healthz"), "the outside")

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
            self.postgres.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- the parts

    def run(self, name: str, command: list[str], **environment) -> subprocess.Popen:
        """Start a process called ``name``; its log is in the folder."""
        with (self.folder / "log" / f"{name}.log").open("ab") as log:
            self.children[name] = supervisor.start_process(command, {**self.environment, **environment}, log)
        return self.children[name]

    def start_redis(self) -> None:
        port = str(self.ports["redis"])
        options = ["--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(self.folder)]
        self.run("redis", [private_redis.find_redis_binary(), *options])
        wait_for(lambda: is_listening(self.ports["redis"]), "Redis")

    def start_web(self) -> None:
        bind = f"127.0.0.1:{self.ports['portal']}"
        self.run("web", [sys.executable, "-m", "helpdesk.cli", "serve", "--bind", bind, "--graceful", "3"])
        wait_for(lambda: is_reachable(f"{self.portal}/healthz"), "the portal")

    def restart_web(self, processes: int) -> None:
        """The portal anew, with so many processes."""
        self.end("web")
        self.environment["WEB_PROCESSES"] = str(processes)
        self.start_web()

    def start_worker(self, number: int) -> None:
        self.run(f"worker-{number}", [sys.executable, "-m", "helpdesk.cli", "worker", "--processes", "1"])

    def end(self, name: str) -> None:
        """End the process called ``name``."""
        supervisor.stop_processes([self.children.pop(name)], 10)

    def pids(self, name: str) -> list[int]:
        """The processes below the one called ``name``."""
        return [child.pid for child in psutil.Process(self.children[name].pid).children()]

    def web_pids(self) -> list[int]:
        """The processes that answer requests, without their parent."""
        return self.pids("web")

    def log(self, name: str) -> str:
        """What the process ``name`` has logged."""
        return (self.folder / "log" / f"{name}.log").read_text(errors="replace")

    # --- people

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

    def slack(self, do: str, **what):
        """Have the workspace do or tell something (the verbs of its Python API)."""
        return call_json(f"{self.outside}/slack/control", {"do": do, **what})["result"]

    def slack_state(self) -> dict:
        """Everything that stands in the workspace."""
        return call_json(f"{self.outside}/slack/control/state")

    # --- inside

    def _environment(self) -> dict[str, str]:
        keep = {
            name: value
            for name, value in os.environ.items()
            if name not in {setting.name for setting in config.ENVIRONMENT_VARIABLES}
        }
        return (
            keep
            | {
                "SECRET_KEY": "bench-only-0123456789-0123456789-0123456789",
                "PORTAL_BASE_URL": self.portal,
                "VAR_DIR": str(self.folder),
                "DATABASE_URL": self._database_url(),
                "REDIS_URL": f"redis://127.0.0.1:{self.ports['redis']}/0",
                "SLACK_API_URL": f"{self.outside}/slack/api/",
                "SLACK_BOT_TOKEN": personas.BOT_TOKEN,
                "SLACK_SIGNING_SECRET": personas.SIGNING_SECRET,
                "MAIL_SERVER": "127.0.0.1",
                "MAIL_PORT": str(self.ports["smtp"]),
                "MAIL_DEFAULT_SENDER": personas.SYSTEM_EMAIL,
                "INBOUND_MAIL_SECRET": personas.INBOUND_SECRET,
                "INBOUND_MAIL_DOMAIN": personas.SUPPORT_DOMAIN,
                "INBOUND_AUTHSERV_ID": "demo",
                "DEMO_PORT": str(self.ports["outside"]),
                "DEMO_SMTP_PORT": str(self.ports["smtp"]),
                "WEB_PROCESSES": str(self.web_processes),
                "LOG_LEVEL": "WARNING",
                "PYTHONUNBUFFERED": "1",
            }
            | self.more
        )

    def _database_url(self) -> str:
        if self.database == "sqlite":
            return f"sqlite:///{self.folder}/helpdesk.db"
        import pgserver

        self.postgres = pgserver.get_server(self.folder / "postgres", cleanup_mode="delete")
        self.postgres.psql("CREATE DATABASE helpdesk")
        return self.postgres.get_uri("helpdesk")

    def _make_app(self, stories: bool) -> None:
        import helpdesk
        from helpdesk.cli import schema_migration
        from helpdesk.demo.seed import sample_data as world
        from helpdesk.extensions import db

        self.app = helpdesk.create_app(config.load_config(self.environment))
        with self.app.app_context():
            schema_migration.upgrade_schema()
            if stories:
                world.seed_sample_data()
            db.session.commit()
            db.session.remove()


def find_free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_listening(port: int) -> bool:
    """Whether something accepts connections on ``port``."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def is_reachable(url: str) -> bool:
    """Whether ``url`` is answered, whatever the answer."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status < 500
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False


def call_json(url: str, order: dict | None = None, timeout: float = 20):
    """POST ``order`` as JSON (or GET), and the JSON of the answer."""
    body = None if order is None else json.dumps(order).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        return json.loads(answer.read())


def wait_for(ready, what: str, patience: float = START_TIMEOUT_SECONDS, pause: float = 0.02):
    """The first true answer of ``ready``; SystemExit naming ``what`` when it takes too long."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        found = ready()
        if found:
            return found
        time.sleep(pause)
    raise SystemExit(f"{what} did not come within {patience:.0f} s")


def cpu_seconds(pids: list[int]) -> float:
    """Processor time that these processes have used."""
    times = [psutil.Process(pid).cpu_times() for pid in pids]
    return sum(each.user + each.system for each in times)


def percentile(values: list[float], share: float) -> float:
    """The value that ``share`` (0 to 1) of ``values`` do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def print_table(title: str, header: tuple[str, ...], rows: list[tuple]) -> None:
    """Print rows in columns, the first to the left and the others to the right."""
    cells = [tuple(str(cell) for cell in row) for row in [header, *rows]]
    widths = [max(len(row[place]) for row in cells) for place in range(len(header))]
    print(f"\n{title}")
    for number, row in enumerate(cells):
        print(
            "  "
            + "  ".join(
                cell.ljust(width) if not place else cell.rjust(width)
                for place, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
        )
        if number == 0:
            print("  " + "  ".join("-" * width for width in widths))
    sys.stdout.flush()


def describe_versions() -> str:
    """What this was measured on."""
    memory = round(psutil.virtual_memory().total / 2**30)
    return f"Python {sys.version.split()[0]}, {psutil.cpu_count()} cores, {memory} GB; {time.strftime('%d %B %Y')}"
