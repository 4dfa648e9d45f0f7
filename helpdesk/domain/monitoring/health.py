"""The health of the installation: deliveries, inbox, queue, workers, database and disk, as numbers and sentences."""

import shutil
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from alembic.script import ScriptDirectory
from redis.exceptions import RedisError
from rq import Worker
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from helpdesk import clock, config, extensions
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import UNFINISHED_STATES, Delivery, DeliveryKind, DeliveryState
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.thread import Thread

LATE_AFTER = timedelta(minutes=5)  # a longer wait is a problem
MIN_FREE_DISK_BYTES = 1024**3


@dataclass(frozen=True)
class DestinationHealth:
    """The waiting deliveries of one destination: a channel, or the mails and webhooks that belong to no ticket.

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
    """The result of one check: whether it passed, and the finding as a sentence and perhaps a number."""

    name: str
    ok: bool
    sentence: str
    value: float | None = None


def list_destinations() -> list[DestinationHealth]:
    """Every channel, and the deliveries that belong to none, the longest wait first. Executes two queries."""
    waits = func.min(Delivery.created_at).filter(
        Delivery.state.in_((DeliveryState.pending, DeliveryState.sending, DeliveryState.unknown))
    )
    rows = db.session.execute(
        select(
            Thread.channel_id,
            (Delivery.kind == DeliveryKind.webhook).label("is_call"),
            func.count(),
            func.count().filter(Delivery.state.in_((DeliveryState.failed, DeliveryState.on_hold))),
            waits,
        )
        .outerjoin(Thread, Thread.id == Delivery.thread_id)
        .where(Delivery.state.in_(UNFINISHED_STATES))
        .group_by(Thread.channel_id, "is_call")
    )
    channels = {
        channel.id: channel for channel in db.session.scalars(select(Channel).where(Channel.removed_at.is_(None)))
    }
    found, seen = [], set()
    for channel_id, is_call, count, failed, oldest in rows:
        channel = channels.get(channel_id)
        seen.add(channel_id)
        label = (
            channel.label
            if channel
            else "webhooks"
            if is_call
            else "other mail"
            if channel_id is None
            else "a removed channel"
        )
        kind = channel.kind if channel else "webhook" if is_call else "email"
        found.append(
            DestinationHealth(label, kind, count - failed, failed, oldest, channel.blocked_reason if channel else None)
        )
    for id, channel in channels.items():
        if id not in seen:
            found.append(DestinationHealth(channel.label, channel.kind, 0, 0, None, channel.blocked_reason))
    never = clock.now() + timedelta(days=1)
    return sorted(found, key=lambda each: (each.oldest or never, -each.failed, each.label))


def run_checks() -> list[HealthCheck]:
    """Check the database, queue, workers, Slack, inbox and disk; never raises."""
    return [
        _check_database(),
        _check_schema(),
        _check_queue(),
        _check_workers(),
        _check_slack(),
        _check_inbox(),
        _check_disk(),
    ]


def is_ready() -> tuple[bool, list[str]]:
    """Whether requests can be served (the database answers and has our schema), and the names of the failed checks."""
    vital = [_check_database()]
    if vital[0].ok:
        vital.append(_check_schema())
    degraded = [finding.name for finding in (_check_queue(),) if not finding.ok]
    return all(finding.ok for finding in vital), [finding.name for finding in vital if not finding.ok] + degraded


def _check_database() -> HealthCheck:
    began = time.monotonic()
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        db.session.rollback()
        return HealthCheck("Database", False, "The database does not answer.")
    took = time.monotonic() - began
    return HealthCheck("Database", took < 1, f"{db.engine.dialect.name} answered in {took * 1000:.0f} ms.", took)


def _check_schema() -> HealthCheck:
    head = ScriptDirectory(config.MIGRATIONS_FOLDER).get_current_head()
    try:
        present = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    except SQLAlchemyError:
        db.session.rollback()
        present = None
    if present == head:
        return HealthCheck("Schema", True, f"The schema is at {head}, as this version wants it.")
    return HealthCheck(
        "Schema", False, f"The schema is at {present or 'nothing'}, this version wants {head}: run helpdesk db upgrade."
    )


def _check_queue() -> HealthCheck:
    try:
        length = extensions.queue().count
    except RedisError:
        return HealthCheck(
            "Queue", False, "Redis does not answer. Nothing is lost; deliveries leave with the next sweep."
        )
    return HealthCheck("Queue", length < 1_000, f"{length} jobs wait for a worker.", length)


def _check_workers() -> HealthCheck:
    try:
        count = Worker.count(connection=extensions.redis())
    except RedisError:
        return HealthCheck("Workers", False, "Workers cannot be counted while Redis does not answer.")
    return HealthCheck("Workers", count > 0, f"{count} {'worker is' if count == 1 else 'workers are'} running.", count)


def _check_slack() -> HealthCheck:
    if not config.current().SLACK_BOT_TOKEN:
        return HealthCheck("Slack", True, "Slack is not set up.")
    last = db.session.scalar(
        select(InboundEvent.received_at)
        .where(InboundEvent.source.like("slack%"))
        .order_by(InboundEvent.id.desc())
        .limit(1)
    )
    if last is None:
        return HealthCheck("Slack", True, "Slack has not sent anything yet.")
    age = (clock.now() - last).total_seconds()
    return HealthCheck("Slack", True, f"Slack's last event came {last:%d %b %H:%M} UTC.", age)


def _check_inbox() -> HealthCheck:
    unread, oldest = db.session.execute(
        select(func.count(), func.min(InboundEvent.received_at)).where(InboundEvent.state.in_(("waiting", "working")))
    ).one()
    if not unread:
        return HealthCheck("Inbox", True, "Everything that came in is understood.", 0)
    return HealthCheck(
        "Inbox", clock.now() - oldest < LATE_AFTER, f"{unread} things that came in are not yet understood.", unread
    )


def _check_disk() -> HealthCheck:
    try:
        free = shutil.disk_usage(config.current().VAR_DIR).free
    except OSError:
        return HealthCheck("Disk", True, "No folder of ours is on this machine.")
    return HealthCheck("Disk", free > MIN_FREE_DISK_BYTES, f"{free / 1024**3:.1f} GB are free.", free)
