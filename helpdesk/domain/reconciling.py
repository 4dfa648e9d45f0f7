"""Reading in Slack what we did not hear: threads of lately active tickets are compared with what we keep of them.

Whatever is missing enters by the inbox, like an event. A message has the same place (thread and ts) however it came, and
that place is taken once, so nothing doubles when the event comes after all.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update

from helpdesk import clock, config, extensions
from helpdesk.channels import errors
from helpdesk.channels.slack import client as clients
from helpdesk.channels.slack import events, hearing, people
from helpdesk.domain import channels, inbox
from helpdesk.domain.inbox.from_slack import places
from helpdesk.extensions import db
from helpdesk.models.channels import Channel, Thread
from helpdesk.models.sync import Delivery, Inbound
from helpdesk.models.tickets import Message, Status, Ticket

EVERY = timedelta(minutes=3)  # a channel is not read again sooner
LATELY = timedelta(days=3)  # threads of tickets that changed within it are read
LONG_AGO = timedelta(days=30)  # cards older than it are not looked at
THREADS = 25  # of one channel in one turn
MOST_FAILURES = 3  # threads in a row that could not be read, after which the channel is left for its next turn
SETTLED = timedelta(minutes=5)  # a message younger than this is not taken for deleted because a list leaves it out

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Known:
    """What we keep of one thread: its rows' ids, the messages people wrote there (ts → edited), and the newest ts."""

    thread_id: int
    channel_id: str
    root: str
    said: dict[str, str]
    gone: frozenset[str]
    newest: str


def reconcile() -> int:
    """Compare every channel that is due. Returns how many things were missing. Commits; never raises ChannelError."""
    if not config.current().SLACK_BOT_TOKEN:
        return 0
    found = 0
    for id in _due():
        try:
            found += _channel(id)
        except errors.ChannelError as trouble:
            db.session.rollback()
            log.info("A channel could not be compared with Slack: %s", trouble.reason)
    return found


def compare(thread_id: int) -> int:
    """Compare one thread with Slack. Returns how many things were missing. Commits. Raises ChannelError."""
    with extensions.reading():
        known = _known(db.session.get(Thread, thread_id))
    return _compare(known) if known is not None else 0


def _due() -> list[int]:
    with extensions.reading():
        ids = select(Channel.id).where(Channel.kind == "slack", Channel.removed_at.is_(None))
        return list(db.session.scalars(ids.where(_is_due()).order_by(Channel.id)))


def _is_due():
    return or_(Channel.reconciled_at.is_(None), Channel.reconciled_at < clock.now() - EVERY)


def _channel(id: int) -> int:
    """One channel: claimed for this turn, its facts kept true, then its threads, those with something new first."""
    claimed = db.session.execute(
        update(Channel).where(Channel.id == id, _is_due()).values(reconciled_at=clock.now()).execution_options(synchronize_session=False)
    )
    channel_id = db.session.scalar(select(Channel.external_id).where(Channel.id == id))
    db.session.commit()
    if claimed.rowcount != 1:
        return 0
    people.forget(channel_id)
    now = people.channel(channel_id)
    channels.keep_true(db.session.get(Channel, id), now)
    db.session.commit()
    if now.is_archived:
        return 0
    found = failures = 0
    for known in _in_question(id, _latest(channel_id)):
        try:
            found += _compare(known)
            failures = 0
        except errors.ChannelError:
            db.session.rollback()
            failures += 1  # one thread's bad luck is not the others'; several in a row are an outage
            if failures == MOST_FAILURES:
                raise
    return found


def _latest(channel_id: str) -> dict[str, str]:
    """By the ts of each card, the ts of the newest reply below it."""
    since = (clock.now() - LONG_AGO).timestamp()
    roots = clients.current().pages(
        "conversations.history", "messages", channel=channel_id, oldest=f"{since:.6f}", limit=200
    )
    return {str(root.get("ts")): str(root.get("latest_reply") or "") for root in roots}


def _in_question(id: int, latest: dict[str, str]) -> list[Known]:
    with extensions.reading():
        lately = (
            select(Thread)
            .join(Ticket, Ticket.id == Thread.ticket_id)
            .where(Thread.channel_id == id, Thread.external_id.is_not(None), Thread.ended_at.is_(None))
        )
        newest = list(db.session.scalars(lately.where(Thread.external_id.in_([root for root, reply in latest.items() if reply]))))
        unheard = [known for known in map(_known, newest) if known and _is_newer(latest.get(known.root, ""), known.newest)]
        active = lately.where(Ticket.updated_at > clock.now() - LATELY, Ticket.status != Status.closed)
        threads = db.session.scalars(active.order_by(Ticket.updated_at.desc()).limit(THREADS))
        seen = {known.thread_id for known in unheard}
        more = [_known(thread) for thread in threads if thread.id not in seen]
    return unheard + [known for known in more if known][: max(0, THREADS - len(unheard))]


def _known(thread: Thread | None) -> Known | None:
    if thread is None or not thread.external_id:
        return None
    messages = db.session.execute(
        select(Message.origin_external_id, Message.origin_edited, Message.deleted_at).where(
            Message.origin_thread_id == thread.id, Message.origin_external_id.is_not(None)
        )
    ).all()
    said = {ts: edited or "" for ts, edited, _ in messages}
    copies = db.session.scalars(
        select(Delivery.external_id).where(Delivery.thread_id == thread.id, Delivery.external_id.is_not(None))
    )
    return Known(
        thread_id=thread.id,
        channel_id=thread.channel.external_id,
        root=thread.external_id,
        said=said,
        gone=frozenset(ts for ts, _, deleted in messages if deleted),
        newest=max([*said, *copies, ""], key=_number),
    )


def _compare(known: Known) -> int:
    client, ourselves = clients.current(), people.ourselves()
    begun = clock.now()
    listed = {}
    pages = client.pages(
        "conversations.replies", "messages", channel=known.channel_id, ts=known.root, include_all_metadata=True, limit=200
    )
    for message in pages:
        listed[str(message.get("ts"))] = message
    missing = list(_missing(known, listed, ourselves, begun))
    new = 0
    for external_id, event, ts in missing:
        if not (event.get("subtype") or ts in known.said) and _was_heard(known, ts):
            continue
        new += inbox.accept("slack", external_id, _payload(external_id, event, ourselves))
    db.session.commit()
    return new


def _missing(known: Known, listed: dict, ourselves: events.Ourselves, begun: datetime) -> Iterator[tuple[str, dict, str]]:
    """(an id for the inbox, the event as Slack would have sent it, the ts it is about) for each thing we do not have."""
    for ts, message in listed.items():
        if ts == known.root or hearing.adopt(known.channel_id, message, ourselves, names=lambda _: None) is None:
            continue
        edited = str((message.get("edited") or {}).get("ts") or "")
        place = f"read:{known.channel_id}:{ts}"
        if ts not in known.said:
            yield place, {**message, "type": "message", "channel": known.channel_id}, ts
        elif edited and ts not in known.gone and _is_newer(edited, known.said[ts]):
            event = {"type": "message", "subtype": "message_changed", "channel": known.channel_id, "hidden": True}
            yield f"{place}:{edited}", event | {"message": message, "ts": edited}, ts
    for ts in known.said.keys() - known.gone - listed.keys():
        if _number(ts) < (begun - SETTLED).timestamp():
            event = {"type": "message", "subtype": "message_deleted", "channel": known.channel_id, "hidden": True}
            before = {"ts": ts, "thread_ts": known.root, "user": ""}
            yield f"read:{known.channel_id}:{ts}:deleted", event | {"deleted_ts": ts, "previous_message": before}, ts


def _was_heard(known: Known, ts: str) -> bool:
    """Whether an event about this message came in, whatever became of it."""
    payloads = db.session.scalars(select(Inbound.payload).where(Inbound.lane == places.lane(known.channel_id, known.root)))
    for payload in payloads:
        event = payload.get("event") or {}
        if ts in (event.get("ts"), (event.get("message") or {}).get("ts"), event.get("deleted_ts")):
            return True
    return False


def _payload(external_id: str, event: dict, ourselves: events.Ourselves) -> dict:
    users = [{"team_id": ourselves.team_id, "user_id": id, "is_bot": True} for id in sorted(ourselves.user_ids)]
    return {
        "type": "event_callback",
        "event_id": external_id,
        "team_id": ourselves.team_id,
        "api_app_id": ourselves.app_id,
        "authorizations": users,
        "event": event,
    }


def _is_newer(ts: str, known: str) -> bool:
    return _number(ts) > _number(known)


def _number(ts: str) -> float:
    try:
        return float(ts or 0)
    except ValueError:
        return 0.0
