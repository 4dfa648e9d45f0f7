"""The health of the installation: deliveries, inbox, queue, workers, database and disk, as numbers and sentences."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from alembic.script import ScriptDirectory
from redis.exceptions import RedisError
from rq import Worker
from sqlalchemy import case, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from helpdesk import clock, config, extensions
from helpdesk.database import replica
from helpdesk.database.errors import describe_error
from helpdesk.domain.monitoring import probes, replica_problems
from helpdesk.domain.outbox import progress, registry
from helpdesk.domain.people.reader_time_zone import get_reader_time_zone
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import UNFINISHED_STATES, Delivery, DeliveryState
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.thread import Thread
from helpdesk.models.user import User
from helpdesk.translation import format_number, gettext, ngettext

LATE_AFTER = timedelta(minutes=5)  # a longer wait is a problem
DATABASE_NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@dataclass(frozen=True)
class DestinationHealth:
    """The waiting deliveries of one destination: a channel, or what a kind of channel sends outside of threads.

    ``oldest`` is when the oldest unsent one was created; ``trouble`` is why the channel is blocked.
    """

    label: str
    kind: str
    waiting: int
    failed: int
    oldest: datetime | None
    trouble: str | None

    @property
    def is_late(self) -> bool:
        return self.oldest is not None and clock.now() - self.oldest > LATE_AFTER


@dataclass(frozen=True)
class HealthCheck:
    """The result of one check: whether it passed, and the finding as a sentence and perhaps a number.

    ``answers`` is False if no page can be shown because of it.
    """

    name: str
    ok: bool
    sentence: str
    value: float | None = None
    answers: bool = True
    is_set_up: bool = True  # whether there is anything to check


def list_destinations() -> list[DestinationHealth]:
    """Return every channel, and the deliveries that belong to none, the longest wait first. Executes two queries."""
    waits = func.min(Delivery.created_at).filter(
        Delivery.state.in_((DeliveryState.pending, DeliveryState.sending, DeliveryState.unknown))
    )
    senders = {channel.kind: channel for channel in registry.list_channels() if channel.threadless_kinds}
    sender = case(
        *((Delivery.kind.in_(channel.threadless_kinds), kind) for kind, channel in senders.items()), else_=None
    )
    rows = db.session.execute(
        select(
            Thread.channel_id,
            sender.label("sender"),
            func.count(),
            func.count().filter(Delivery.state.in_((DeliveryState.failed, DeliveryState.on_hold))),
            waits,
        )
        .outerjoin(Thread, Thread.id == Delivery.thread_id)
        .where(Delivery.state.in_(UNFINISHED_STATES))
        .group_by(Thread.channel_id, "sender")
    )
    channels = {
        channel.id: channel for channel in db.session.scalars(select(Channel).where(Channel.removed_at.is_(None)))
    }
    found, seen = [], set()
    for channel_id, kind, count, failed, oldest in rows:
        channel = channels.get(channel_id)
        seen.add(channel_id)
        if channel is not None:
            label, kind = channel.label, channel.kind
        else:
            label = str(senders[kind].threadless_label) if kind and channel_id is None else gettext("a removed channel")
        trouble = channel.blocked_reason if channel else None
        found.append(DestinationHealth(label, kind or "", count - failed, failed, oldest, trouble))
    for id, channel in channels.items():
        if id not in seen:
            found.append(DestinationHealth(channel.label, channel.kind, 0, 0, None, channel.blocked_reason))
    never = clock.now() + timedelta(days=1)
    return sorted(found, key=lambda each: (each.oldest or never, -each.failed, each.label))


def run_checks(reader: User | None = None) -> list[HealthCheck]:
    """Check what the installation needs; never raises. Times in sentences are ``reader``'s, else the installation's."""
    return [
        _check_database(),
        _check_schema(),
        _check_writes(),
        *_check_replica(),
        _check_deliveries(),
        _check_queue(),
        check_workers(),
        *_check_channels(reader),
        _check_inbox(),
        _check_disk(),
    ]


def is_ready() -> tuple[bool, list[HealthCheck]]:
    """Whether requests can be served (the database answers and has our schema), and the checks that failed.

    A database that takes no writes, a full disk, a Redis that is away and deliveries that nobody makes are among them;
    pages can be read all the same.
    """
    vital = [_check_database()]
    if vital[0].answers:
        vital.append(_check_schema())
    others = [_check_queue(), _check_disk()]
    if all(finding.answers for finding in vital):
        others += [_check_writes(), *_check_replica(), _check_deliveries()]
    is_able = all(finding.answers for finding in vital)
    return is_able, [finding for finding in (*vital, *others) if not finding.ok]


def _check_database() -> HealthCheck:
    began = time.monotonic()
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        db.session.rollback()
        return HealthCheck(gettext("Database"), False, gettext("The database does not answer."), answers=False)
    took = time.monotonic() - began
    name = DATABASE_NAMES[db.engine.dialect.name]
    sentence = gettext("%(dialect)s answered in %(took)s ms.", dialect=name, took=format_number(took * 1000, 0))
    return HealthCheck(gettext("Database"), took < 1, sentence, took)


def _check_schema() -> HealthCheck:
    head = _latest_revision()
    try:
        present = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    except SQLAlchemyError:
        db.session.rollback()
        present = None
    if present == head:
        return HealthCheck(
            gettext("Schema"), True, gettext("The schema is at %(head)s, as this version wants it.", head=head)
        )
    if present is not None and present > head:
        sentence = gettext(
            "The schema is at %(present)s, newer than this version, which knows %(head)s; it goes on serving.",
            present=present,
            head=head,
        )
        return HealthCheck(gettext("Schema"), True, sentence)
    sentence = gettext(
        "The schema is at %(present)s, this version wants %(head)s: run helpdesk db upgrade.",
        present=present or gettext("nothing"),
        head=head,
    )
    return HealthCheck(gettext("Schema"), False, sentence, answers=False)


@lru_cache(maxsize=1)
def _latest_revision() -> str:
    """The newest revision that this code knows. Revisions are numbers of four digits, so that text sorts them."""
    return ScriptDirectory(config.MIGRATIONS_FOLDER).get_current_head() or ""


def _check_writes() -> HealthCheck:
    if error := probes.find_database_write_error():
        return HealthCheck(
            gettext("Writes"),
            False,
            gettext("The database takes no writes (%(error)s). Pages can be read.", error=error),
        )
    if error := probes.find_folder_error():
        return HealthCheck(
            gettext("Writes"), False, gettext("The folder of files takes no writes (%(error)s).", error=error)
        )
    return HealthCheck(gettext("Writes"), True, gettext("The database and the folder of files take writes."))


def _check_replica() -> Iterator[HealthCheck]:
    """How far the replica is behind, if there is one. The primary answers whatever it does not."""
    if not replica.is_configured():
        return
    found = replica.compare_now()
    if found.problem:
        sentence = gettext(
            "The replica is not read from (%(problem)s). The primary answers.",
            problem=replica_problems.describe_problem(found.problem),
        )
    else:
        sentence = gettext(
            "The replica answers lists, searches and reports, %(lag)s s behind.", lag=format_number(found.lag or 0, 1)
        )
    yield HealthCheck(gettext("Replica"), found.problem is None, sentence, found.lag)


def _check_deliveries() -> HealthCheck:
    try:
        found = progress.measure_progress()
    except SQLAlchemyError as error:
        db.session.rollback()
        return HealthCheck(
            gettext("Deliveries"),
            False,
            gettext("Due deliveries cannot be counted (%(error)s).", error=describe_error(error)),
        )
    untried = found.untried_for.total_seconds() if found.untried_for is not None else 0
    return HealthCheck(gettext("Deliveries"), not found.is_stalled, found.sentence, untried)


def _check_queue() -> HealthCheck:
    if error := probes.find_redis_error():
        return HealthCheck(
            gettext("Queue"),
            False,
            gettext("Redis takes nothing (%(error)s). Workers and pages look by themselves.", error=error),
        )
    try:
        length = extensions.queue().count
    except RedisError:
        sentence = gettext("Redis does not answer. Workers and pages look by themselves.")
        return HealthCheck(gettext("Queue"), False, sentence)
    return HealthCheck(
        gettext("Queue"),
        length < 1_000,
        ngettext("%(num)s job waits for a worker.", "%(num)s jobs wait for a worker.", length),
        length,
    )


def check_workers() -> HealthCheck:
    """Whether any worker runs. Asks Redis; never raises."""
    try:
        count = Worker.count(connection=extensions.redis())
    except RedisError:
        sentence = gettext("Workers cannot be counted while Redis does not answer; whether they work is said above.")
        return HealthCheck(gettext("Workers"), _check_deliveries().ok, sentence)
    return HealthCheck(
        gettext("Workers"),
        count > 0,
        ngettext("%(num)s worker is running.", "%(num)s workers are running.", count),
        count,
    )


def _check_channels(reader: User | None) -> Iterator[HealthCheck]:
    zone = get_reader_time_zone(reader)
    for channel in registry.list_channels():
        if health := channel.check_health(zone):
            yield HealthCheck(health.name, True, health.sentence, health.value, is_set_up=health.is_set_up)


def _check_inbox() -> HealthCheck:
    unread, oldest = db.session.execute(
        select(func.count(), func.min(InboundEvent.received_at)).where(InboundEvent.state.in_(("waiting", "working")))
    ).one()
    if not unread:
        return HealthCheck(gettext("Inbox"), True, gettext("Everything that came in is understood."), 0)
    return HealthCheck(
        gettext("Inbox"),
        clock.now() - oldest < LATE_AFTER,
        ngettext(
            "%(num)s thing that came in is not yet understood.",
            "%(num)s things that came in are not yet understood.",
            unread,
        ),
        unread,
    )


def _check_disk() -> HealthCheck:
    free = probes.free_disk_bytes()
    if free is None:
        return HealthCheck(gettext("Disk"), True, gettext("No folder of ours is on this machine."))
    return HealthCheck(
        gettext("Disk"),
        free > probes.MIN_FREE_DISK_BYTES,
        gettext("%(free)s GB are free.", free=format_number(free / 1024**3, 1)),
        free,
    )
