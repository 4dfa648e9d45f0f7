"""The Flask extensions, created unbound (``create_app`` binds them), and the Redis connections."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

import redis as redis_client
from flask_babel import Babel
from flask_htmx import HTMX
from flask_login import LoginManager
from flask_mail import Mail
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session
from flask_wtf import CSRFProtect
from redis.backoff import NoBackoff
from redis.client import Pipeline
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from sqlalchemy import Connection, Engine, MetaData, Table
from sqlalchemy.orm import DeclarativeBase

from helpdesk import config, outage_log, redis_url

REDIS_TIMEOUT = 0.2  # seconds; a request never waits longer for a Redis that does not answer
# Another thread may close a connection of the pool while it is being made.
REDIS_ERRORS = (RedisError, OSError, ValueError)
REDIS_AWAY = "Redis does not answer; workers and pages look by themselves"
REDIS_COOLDOWN = 1.0  # seconds without another call after Redis did not answer

NAMING_CONVENTION = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Model(DeclarativeBase):
    """Base of every table."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    if TYPE_CHECKING:  # SQLAlchemy declares FromClause, which insert() and update() do not accept
        __table__: ClassVar[Table]


class RoutedSession(Session):
    """A session that may read from another engine than the one it writes to: ``choose_engine`` says from which."""

    def get_bind(self, *arguments: Any, bind: Engine | Connection | None = None, **options: Any) -> Engine | Connection:
        """Return the engine for one statement."""
        key = choose_engine() if bind is None else None
        return self._db.engines[key] if key else super().get_bind(*arguments, bind=bind, **options)


log = logging.getLogger(__name__)
choose_engine: Callable[[], str | None] = lambda: None  # noqa: E731, set by helpdesk.database.replica
db = SQLAlchemy(model_class=Model, session_options={"class_": RoutedSession})
if TYPE_CHECKING:
    Base = Model  # what a type checker reads of db.Model
else:
    Base = db.Model
migrate = Migrate()
login_manager = LoginManager()
csrf = CSRFProtect()
mail = Mail()
babel = Babel(configure_jinja=False)
htmx = HTMX()

_redis: redis_client.Redis | None = None
_making_redis = threading.Lock()
_unavailable_until = 0.0


def redis() -> redis_client.Redis:
    """Return the connection pool for short calls. A call gives up after REDIS_TIMEOUT and is not retried."""
    global _redis
    with _making_redis:
        if _redis is None:
            _redis = redis_url.connect(
                config.current().REDIS_URL,
                socket_timeout=REDIS_TIMEOUT,
                socket_connect_timeout=REDIS_TIMEOUT,
                retry=Retry(NoBackoff(), 0),
            )
            _redis.auto_close_connection_pool = False  # else one that is dropped closes what other threads are using
        return _redis


def send_to_redis(fill: Callable[[Pipeline], object]) -> bool:
    """Execute the commands that ``fill`` adds to a pipeline. True if Redis accepted them. Never raises.

    It waits REDIS_TIMEOUT at most. After a failure nothing is sent for REDIS_COOLDOWN seconds, so that a request never
    waits for Redis twice.
    """
    if time.monotonic() < _unavailable_until:
        return False
    try:
        with redis().pipeline(transaction=False) as pipeline:
            fill(pipeline)
            pipeline.execute()
        outage_log.note_recovery(log, REDIS_AWAY)
        return True
    except REDIS_ERRORS as error:
        note_redis_error(error)
        return False


def call_redis(call: Callable[[Pipeline], list[Any]]) -> list[Any] | None:
    """Return what ``call`` returns for a pipeline; None if Redis does not answer, or did not a moment ago.

    Like ``send_to_redis``, so that no page waits for Redis more than once a second.
    """
    if time.monotonic() < _unavailable_until:
        return None
    try:
        with redis().pipeline(transaction=False) as pipeline:
            results = call(pipeline)
        outage_log.note_recovery(log, REDIS_AWAY)
        return results
    except REDIS_ERRORS as error:
        note_redis_error(error)
        return None


def note_redis_error(error: Exception) -> None:
    """Send nothing for REDIS_COOLDOWN seconds, and drop the connections. One that another thread uses ends with that.

    One that is kept may lead to a server that has become a replica and refuses every write.
    """
    global _redis, _unavailable_until
    _unavailable_until = time.monotonic() + REDIS_COOLDOWN
    report_redis_outage(error, "a short call")
    client, _redis = _redis, None
    if client is not None:
        with suppress(RedisError, OSError):
            client.connection_pool.disconnect(inuse_connections=False)


def report_redis_outage(error: BaseException, during: str) -> None:
    """Write one line in half a minute about a Redis that does not answer; ``during`` says what was tried."""
    outage_log.report(log, REDIS_AWAY, f"{type(error).__name__}: {str(error)[:200]}", during)


def blocking_redis() -> redis_client.Redis:
    """Return a new pool for callers that wait on purpose: workers and the live subscription. Calls are not retried."""
    return redis_url.connect(
        config.current().REDIS_URL,
        socket_connect_timeout=2,
        health_check_interval=15,
        retry=Retry(NoBackoff(), 0),
    )


def queue(name: str = "helpdesk-jobs", connection: redis_client.Redis | None = None) -> Queue:
    """Return the RQ queue with this name; the names are in ``helpdesk.jobs``."""
    return Queue(name, connection=connection or redis())


def drop_redis_client() -> None:
    """Drop the connection pool: after a fork, and when the settings change."""
    global _redis
    _redis = None
