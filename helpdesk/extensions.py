"""The extensions, created unbound; ``create_app`` binds them. Also how Redis is reached."""

import logging
import time
from collections.abc import Callable

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
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

from helpdesk import config

REDIS_TIMEOUT = 0.2  # seconds; a request never waits longer for a Redis that does not answer
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

_redis: redis_client.Redis | None = None
_silent_until = 0.0


def redis() -> redis_client.Redis:
    """The connection pool for short calls: gives up within REDIS_TIMEOUT and never tries twice."""
    global _redis
    if _redis is None:
        _redis = redis_client.Redis.from_url(
            config.current().REDIS_URL,
            socket_timeout=REDIS_TIMEOUT,
            socket_connect_timeout=REDIS_TIMEOUT,
            retry=Retry(NoBackoff(), 0),
        )
    return _redis


def send_to_redis(fill: Callable[[Pipeline], object]) -> bool:
    """Send what ``fill`` puts into a pipeline. True if Redis took it. Never raises, and waits REDIS_TIMEOUT at most.

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
        log.warning("Redis does not answer (%s); workers look by themselves, and pages poll.", type(error).__name__)
        return False


def blocking_redis() -> redis_client.Redis:
    """A new pool for those who wait on purpose: workers and the live subscription. It never tries twice by itself."""
    return redis_client.Redis.from_url(
        config.current().REDIS_URL,
        socket_connect_timeout=2,
        health_check_interval=15,
        retry=Retry(NoBackoff(), 0),
    )


def queue(name: str = "helpdesk-jobs", connection: redis_client.Redis | None = None) -> Queue:
    """One of RQ's queues; ``helpdesk.jobs`` names them."""
    return Queue(name, connection=connection or redis())


def forget_redis() -> None:
    """Drop the pool: after a fork, and when the settings change."""
    global _redis
    _redis = None
