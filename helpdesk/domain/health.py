"""How the helpdesk itself is: what waits to leave, what last came in, queue, workers, database, disk. Numbers and sentences."""

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
from helpdesk.models.channels import Channel, Thread
from helpdesk.models.sync import UNFINISHED, Delivery, Inbound, State

LATE = timedelta(minutes=5)  # what waits longer is worth an alarm
LITTLE_DISK = 1024**3  # bytes


@dataclass(frozen=True)
class Destination:
    """What waits for one place: a channel, or the mails and calls that belong to no ticket."""

    label: str
    kind: str
    waiting: int
    failed: int
    oldest: datetime | None
    trouble: str | None

    @property
    def is_late(self) -> bool:
        return self.oldest is not None and clock.now() - self.oldest > LATE


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: whether it is as it should be, and what was found, as a sentence."""

    name: str
    ok: bool
    sentence: str
    value: float | None = None


def destinations() -> list[Destination]:
    """Every channel, and what belongs to none, with what waits for it; the oldest wait first. One query and one for channels."""
    waits = func.min(Delivery.created_at).filter(Delivery.state.in_((State.pending, State.sending, State.unknown)))
    rows = db.session.execute(
        select(
            Thread.channel_id,
            (Delivery.kind == "webhook").label("is_call"),
            func.count(),
            func.count().filter(Delivery.state.in_((State.failed, State.held))),
            waits,
        )
        .outerjoin(Thread, Thread.id == Delivery.thread_id)
        .where(Delivery.state.in_(UNFINISHED))
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
            Destination(label, kind, count - failed, failed, oldest, channel.blocked_reason if channel else None)
        )
    for id, channel in channels.items():
        if id not in seen:
            found.append(Destination(channel.label, channel.kind, 0, 0, None, channel.blocked_reason))
    never = clock.now() + timedelta(days=1)
    return sorted(found, key=lambda each: (each.oldest or never, -each.failed, each.label))


def findings() -> list[Finding]:
    """Database, queue, workers, Slack, inbox, disk: one line each; never raises."""
    return [_database(), _schema(), _queue(), _workers(), _slack(), _inbox(), _disk()]


def is_ready() -> tuple[bool, list[str]]:
    """Whether requests can be answered (the database answers, its schema is ours), and what is out of order beside that."""
    vital = [_database()]
    if vital[0].ok:
        vital.append(_schema())
    degraded = [finding.name for finding in (_queue(),) if not finding.ok]
    return all(finding.ok for finding in vital), [finding.name for finding in vital if not finding.ok] + degraded


def metrics() -> str:
    """The same in Prometheus's text format."""
    now = clock.now()
    lines = []

    def gauge(name: str, what: str, values: list[tuple[str, float]]) -> None:
        lines.extend([f"# HELP helpdesk_{name} {what}", f"# TYPE helpdesk_{name} gauge"])
        lines.extend(f"helpdesk_{name}{labels} {value:g}" for labels, value in values)

    places = destinations()
    labels = [f'{{destination="{_escaped(place.label)}",kind="{place.kind}"}}' for place in places]
    ages = [(now - place.oldest).total_seconds() if place.oldest else 0 for place in places]
    gauge(
        "oldest_undelivered_seconds",
        "Age of the oldest delivery that has not left.",
        list(zip(labels, ages, strict=True)),
    )
    gauge("deliveries_waiting", "Deliveries on their way.", list(zip(labels, [p.waiting for p in places], strict=True)))
    gauge(
        "deliveries_failed",
        "Deliveries that need a person.",
        list(zip(labels, [p.failed for p in places], strict=True)),
    )
    for finding in findings():
        name = finding.name.lower().replace(" ", "_")
        gauge(f"{name}_ok", f"1 while this is in order: {finding.name}.", [("", float(finding.ok))])
        if finding.value is not None:
            gauge(f"{name}_value", f"The number behind it: {finding.name}.", [("", finding.value)])
    return "\n".join(lines) + "\n"


def _database() -> Finding:
    began = time.monotonic()
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        db.session.rollback()
        return Finding("Database", False, "The database does not answer.")
    took = time.monotonic() - began
    return Finding("Database", took < 1, f"{db.engine.dialect.name} answered in {took * 1000:.0f} ms.", took)


def _schema() -> Finding:
    head = ScriptDirectory(config.MIGRATIONS).get_current_head()
    try:
        present = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    except SQLAlchemyError:
        db.session.rollback()
        present = None
    if present == head:
        return Finding("Schema", True, f"The schema is at {head}, as this version wants it.")
    return Finding(
        "Schema", False, f"The schema is at {present or 'nothing'}, this version wants {head}: run helpdesk db upgrade."
    )


def _queue() -> Finding:
    try:
        length = extensions.queue().count
    except RedisError:
        return Finding("Queue", False, "Redis does not answer. Nothing is lost; deliveries leave with the next sweep.")
    return Finding("Queue", length < 1_000, f"{length} jobs wait for a worker.", length)


def _workers() -> Finding:
    try:
        count = Worker.count(connection=extensions.redis())
    except RedisError:
        return Finding("Workers", False, "Workers cannot be counted while Redis does not answer.")
    return Finding("Workers", count > 0, f"{count} {'worker is' if count == 1 else 'workers are'} running.", count)


def _slack() -> Finding:
    if not config.current().SLACK_BOT_TOKEN:
        return Finding("Slack", True, "Slack is not set up.")
    last = db.session.scalar(
        select(Inbound.received_at).where(Inbound.source.like("slack%")).order_by(Inbound.id.desc()).limit(1)
    )
    if last is None:
        return Finding("Slack", True, "Slack has not sent anything yet.")
    age = (clock.now() - last).total_seconds()
    return Finding("Slack", True, f"Slack's last event came {last:%d %b %H:%M} UTC.", age)


def _inbox() -> Finding:
    unread, oldest = db.session.execute(
        select(func.count(), func.min(Inbound.received_at)).where(Inbound.state.in_(("waiting", "working")))
    ).one()
    if not unread:
        return Finding("Inbox", True, "Everything that came in is understood.", 0)
    return Finding(
        "Inbox", clock.now() - oldest < LATE, f"{unread} things that came in are not yet understood.", unread
    )


def _disk() -> Finding:
    try:
        free = shutil.disk_usage(config.current().VAR_DIR).free
    except OSError:
        return Finding("Disk", True, "No folder of ours is on this machine.")
    return Finding("Disk", free > LITTLE_DISK, f"{free / 1024**3:.1f} GB are free.", free)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
