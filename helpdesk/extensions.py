"""The extensions, created unbound; ``create_app`` binds them. Also how a transaction begins and how Redis is reached."""

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import redis as redis_client
from flask_htmx import HTMX
from flask_login import LoginManager
from flask_mail import Mail
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from redis.backoff import NoBackoff
from redis.client import Pipeline
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import MetaData, event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import DeclarativeBase

from helpdesk import config

LOCK_PATIENCE = 5.0  # seconds a transaction waits for SQLite's write lock
BUSY_TIMEOUT = 5000  # milliseconds SQLite waits by itself, for whatever else is locked
DOORBELL_TIMEOUT = 0.2  # seconds; a request never waits longer for a Redis that does not answer
REDIS_COOLDOWN = 1.0  # seconds Redis is left alone after it did not answer

NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Model(DeclarativeBase):
    """Base of every table."""

    metadata = MetaData(naming_convention=NAMES)


log = logging.getLogger(__name__)
db = SQLAlchemy(model_class=Model)
migrate = Migrate()
login_manager = LoginManager()
csrf = CSRFProtect()
mail = Mail()
htmx = HTMX()

_reading: ContextVar[bool] = ContextVar("reading", default=False)


def begin_reading() -> None:
    """From here on this thread's transactions only read, so that SQLite needs no write lock for them."""
    _reading.set(True)


def begin_writing() -> None:
    """End the open transaction, if any; the next one may write. What was loaded before is loaded again when touched."""
    db.session.rollback()
    _reading.set(False)


def is_reading() -> bool:
    """Whether this thread's transactions only read."""
    return _reading.get()


@contextmanager
def reading() -> Iterator[None]:
    """A transaction that only reads; it is over at the end of the block."""
    db.session.rollback()
    begin_reading()
    try:
        yield
    finally:
        begin_writing()


def forget_reading() -> None:
    """Transactions of this thread that begin from here on may write, as anywhere outside a request that only reads."""
    _reading.set(False)


def ask(statement, values=None):
    """The result of a query for columns, not entities, asked in the open transaction after what waits there to be written.

    The same as the session's own execute, for half of its work: it need not look for entities to keep.
    """
    session = db.session()
    session.flush()
    return session.connection().execute(statement, values)


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection, _record) -> None:
    if type(connection).__module__.partition(".")[0] != "sqlite3":
        return
    connection.isolation_level = None  # the driver would otherwise choose when a transaction begins
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT}",
        "cache_size=-16000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@event.listens_for(Engine, "begin")
def _begin(connection) -> None:
    """SQLite asks for the write lock at once: a transaction that reads first and writes later fails when two meet."""
    if connection.dialect.name != "sqlite":
        return
    if _reading.get():
        cursor = connection.connection.cursor()  # the driver's own: SQLAlchemy would make as much of it as of a query
        cursor.execute("BEGIN")
        cursor.close()
    else:
        _begin_writing(connection)


def _begin_writing(connection) -> None:
    """BEGIN IMMEDIATE as soon as the write lock is free; OperationalError after LOCK_PATIENCE.

    SQLite's own waiting looks ever more rarely, in the end ten times a second, so that those who have just come overtake
    those who have waited long. Here it is the other way round.
    """
    cursor = connection.connection.cursor()
    cursor.execute("PRAGMA busy_timeout=0")
    try:
        begun = time.monotonic()
        while (waited := time.monotonic() - begun) < LOCK_PATIENCE:
            try:
                cursor.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error):
                    break
            time.sleep(max(0.001, 0.008 - waited / 100))
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # once more, for an error of the kind that everybody expects
    finally:
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT}")
        cursor.close()


@event.listens_for(db.session, "before_flush")
def _refuse_writing_while_reading(session, _context, _instances) -> None:
    if _reading.get() and (session.new or session.dirty or session.deleted):
        raise RuntimeError("A request that only reads tried to write; call extensions.begin_writing() first.")


_doorbell: redis_client.Redis | None = None
_silent_until = 0.0


def redis() -> redis_client.Redis:
    """The connection pool for short calls: gives up within DOORBELL_TIMEOUT and never tries twice."""
    global _doorbell
    if _doorbell is None:
        _doorbell = redis_client.Redis.from_url(
            config.current().REDIS_URL,
            socket_timeout=DOORBELL_TIMEOUT,
            socket_connect_timeout=DOORBELL_TIMEOUT,
            retry=Retry(NoBackoff(), 0),
        )
    return _doorbell


def send_to_redis(fill: Callable[[Pipeline], object]) -> bool:
    """Send what ``fill`` puts into a pipeline. True if Redis took it. Never raises, and waits DOORBELL_TIMEOUT at most.

    After a failure Redis is left alone for REDIS_COOLDOWN: a request never waits for it twice.
    """
    global _silent_until
    if time.monotonic() < _silent_until:
        return False
    try:
        with redis().pipeline(transaction=False) as pipeline:
            fill(pipeline)
            pipeline.execute()
        return True
    except RedisError as error:
        _silent_until = time.monotonic() + REDIS_COOLDOWN
        log.warning("Redis does not answer (%s); the sweep finds what waits, and pages poll.", type(error).__name__)
        return False


def patient_redis() -> redis_client.Redis:
    """A new pool for those who wait on purpose: workers and the live subscription."""
    return redis_client.Redis.from_url(config.current().REDIS_URL, socket_connect_timeout=2, health_check_interval=15)


def queue(connection: redis_client.Redis | None = None, urgent: bool = False) -> Queue:
    """One of the two RQ queues: workers empty the urgent one first. Jobs travel as JSON, so that nothing is unpickled."""
    name = "helpdesk-urgent" if urgent else "helpdesk"
    return Queue(name, connection=connection or redis(), serializer=JSONSerializer)


def forget_redis() -> None:
    """Drop the pool: after a fork, and when the settings change."""
    global _doorbell
    _doorbell = None
