"""Reading in Slack what we did not hear: threads of lately active tickets are compared with what we keep of them.

Slack's list of cards says of each how many replies stand below it and when the newest came. Threads that have something newer
than we know are read first, then those that have more than we know, then, in turn, all the others.

Whatever is missing enters by the inbox, like an event. A message has the same place (thread and ts) however it came, and
that place is taken once, so nothing doubles when the event comes after all.
"""

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

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
AT_ONCE = 500  # threads of which the database is asked at once
THREADS = 25  # of one channel in one turn
MOST_WITH_MORE = 15  # of them, that have more replies than we know: some always have, such as another app's
MOST_FAILURES = 3  # threads in a row that could not be read, after which the channel is left for its next turn
SETTLED = timedelta(minutes=5)  # a message younger than this is not taken for deleted because a list leaves it out

LONG_PAST = datetime.min.replace(tzinfo=UTC)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Known:
    """What we keep of one thread: its row's id, the messages people wrote there (ts → edited), the newest ts, how many replies
    stand there, and when it was last compared."""

    thread_id: int
    channel_id: str
    root: str
    said: dict[str, str]
    gone: frozenset[str]
    newest: str
    count: int
    compared_at: datetime | None


@dataclass(frozen=True)
class Listed:
    """What Slack's list of cards says of the thread below one: the ts of its newest reply, and how many there are."""

    newest: str
    count: int


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
        thread = db.session.get(Thread, thread_id)
        known = _known([thread] if thread else [])
    return sum(_compare(each) for each in known)


def _due() -> list[int]:
    with extensions.reading():
        ids = select(Channel.id).where(Channel.kind == "slack", Channel.removed_at.is_(None))
        return list(db.session.scalars(ids.where(_is_due()).order_by(Channel.id)))


def _is_due():
    return or_(Channel.reconciled_at.is_(None), Channel.reconciled_at < clock.now() - EVERY)


def _channel(id: int) -> int:
    """One channel: claimed for this turn, its facts kept true, then its threads, those with something new first."""
    claimed = db.session.execute(
        update(Channel)
        .where(Channel.id == id, _is_due())
        .values(reconciled_at=clock.now())
        .execution_options(synchronize_session=False)
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
            _note_compared(known)
            failures += 1  # one thread's bad luck is not the others'; several in a row are an outage
            if failures == MOST_FAILURES:
                raise
    return found


def _latest(channel_id: str) -> dict[str, Listed]:
    """By the ts of each card, what Slack says of its thread."""
    since = (clock.now() - LONG_AGO).timestamp()
    roots = clients.current().pages(
        "conversations.history", "messages", channel=channel_id, oldest=f"{since:.6f}", limit=200
    )
    return {
        str(root.get("ts")): Listed(str(root.get("latest_reply") or ""), root.get("reply_count") or 0) for root in roots
    }


def _in_question(id: int, latest: dict[str, Listed]) -> list[Known]:
    """The threads of channel ``id`` to read in this turn, at most THREADS unless more have something newer than we know."""
    with extensions.reading():
        ours = (
            select(Thread)
            .join(Ticket, Ticket.id == Thread.ticket_id)
            .where(Thread.channel_id == id, Thread.external_id.is_not(None), Thread.ended_at.is_(None))
        )
        talked = [root for root, listed in latest.items() if listed.newest]
        known = []
        for some in _portions(talked):
            known += _known(db.session.scalars(ours.where(Thread.external_id.in_(some))).all())
        unheard = [each for each in known if _is_newer(latest[each.root].newest, each.newest)]
        more = [each for each in known if latest[each.root].count > each.count and each not in unheard]
        more.sort(key=lambda each: each.compared_at or LONG_PAST)
        active = ours.where(Ticket.updated_at > clock.now() - LATELY, Ticket.status != Status.closed)
        in_turn = active.order_by(Thread.compared_at.asc().nulls_first(), Thread.id).limit(THREADS)
        chosen = {each.thread_id: each for each in (*unheard, *more[:MOST_WITH_MORE])}
        others = [thread for thread in db.session.scalars(in_turn) if thread.id not in chosen]
        return [*chosen.values(), *_known(others[: max(0, THREADS - len(chosen))])]


def _known(threads: Sequence[Thread]) -> list[Known]:
    said: dict[int, dict[str, str]] = defaultdict(dict)
    gone: dict[int, set[str]] = defaultdict(set)
    copies: dict[int, set[str]] = defaultdict(set)
    threads = [thread for thread in threads if thread.external_id]
    for some in _portions([thread.id for thread in threads]):
        messages = select(
            Message.origin_thread_id, Message.origin_external_id, Message.origin_edited, Message.deleted_at
        )
        messages = messages.where(Message.origin_thread_id.in_(some), Message.origin_external_id.is_not(None))
        for thread_id, ts, edited, deleted in db.session.execute(messages):
            said[thread_id][ts] = edited or ""
            if deleted:
                gone[thread_id].add(ts)
        posted = select(Delivery.thread_id, Delivery.external_id)
        for thread_id, ts in db.session.execute(
            posted.where(Delivery.thread_id.in_(some), Delivery.external_id.is_not(None))
        ):
            copies[thread_id].add(ts)
    return [
        Known(
            thread_id=thread.id,
            channel_id=thread.channel.external_id,
            root=thread.external_id,
            said=said[thread.id],
            gone=frozenset(gone[thread.id]),
            newest=max([*said[thread.id], *copies[thread.id], ""], key=_number),
            count=len((said[thread.id].keys() | copies[thread.id]) - gone[thread.id] - {thread.external_id}),
            compared_at=thread.compared_at,
        )
        for thread in threads
    ]


def _portions(items: list) -> Iterator[list]:
    return (items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE))


def _compare(known: Known) -> int:
    client, ourselves = clients.current(), people.ourselves()
    begun = clock.now()
    listed = {}
    pages = client.pages(
        "conversations.replies",
        "messages",
        channel=known.channel_id,
        ts=known.root,
        include_all_metadata=True,
        limit=200,
    )
    for message in pages:
        listed[str(message.get("ts"))] = message
    missing = list(_missing(known, listed, ourselves, begun))
    new = 0
    for external_id, event, ts in missing:
        if not (event.get("subtype") or ts in known.said) and _was_heard(known, ts):
            continue
        new += inbox.accept("slack", external_id, _payload(external_id, event, ourselves))
    _note_compared(known)
    return new


def _note_compared(known: Known) -> None:
    """It had its turn, whatever came of it. Commits."""
    now = update(Thread).where(Thread.id == known.thread_id).values(compared_at=clock.now())
    db.session.execute(now.execution_options(synchronize_session=False))
    db.session.commit()


def _missing(
    known: Known, listed: dict, ourselves: events.Ourselves, begun: datetime
) -> Iterator[tuple[str, dict, str]]:
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
    payloads = db.session.scalars(
        select(Inbound.payload).where(Inbound.lane == places.lane(known.channel_id, known.root))
    )
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
