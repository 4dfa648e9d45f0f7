"""Fetch what we did not receive from Slack: threads of recently active tickets are compared with the stored messages.

Slack's list of cards has the number of replies of each and the time of the newest. Threads that have something newer
than we know are read first, then those that have more replies than we know, then, in turn, all the others. Customers'
messages outside threads are in the same list.

Whatever is missing enters through the inbox, like an event. A message has the same position (thread and ts) whichever
way it arrives, and a position is stored only once, so nothing is doubled when the event arrives after all.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, or_, select, update

from helpdesk import clock, config
from helpdesk.channels.slack import channels, duplicates, known_threads, missed_messages, unthreaded
from helpdesk.channels.slack.api import client as clients
from helpdesk.channels.slack.api import directory, rate_limits
from helpdesk.channels.slack.handlers import deleted_cards, thread_lookup
from helpdesk.channels.slack.parse import events, message_content, payload_parser
from helpdesk.database import transactions
from helpdesk.domain import inbox
from helpdesk.domain.outbox import errors
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.statuses import Status
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket

SYNC_INTERVAL = timedelta(minutes=3)  # a channel is not read again sooner
LOOKBACK = timedelta(days=3)  # threads of tickets that changed within it are read
MAX_LOOKBACK = timedelta(days=30)  # cards older than it are not looked at
MAX_THREADS = 25  # of one channel in one turn
MAX_CHANGED_THREADS = 15  # of them, that have more replies than we know: some always have, such as another app's
MAX_IDLE_THREADS = 6  # of them, that have nothing new: only edits and deletions that we missed can be found there
PAGE_SIZE = 200  # messages of one call, as Slack recommends
MAX_FAILURES = 3  # threads in a row that could not be read, after which the channel is left for its next turn

DISTANT_PAST = datetime.min.replace(tzinfo=UTC)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ListedThread:
    """One thread in Slack's list of cards: the ts of its newest reply, and the number of replies."""

    newest: str
    count: int


def sync_channels() -> int:
    """Compare every channel that is due. Returns how many things were missing. Commits; never raises ChannelError."""
    if not config.current().SLACK_BOT_TOKEN:
        return 0
    found = 0
    for id in _due_channels():
        try:
            found += _sync_channel(id)
        except errors.ChannelError as error:
            db.session.rollback()
            log.info("A channel could not be compared with Slack: %s", error.reason)
            if rate_limits.is_rate_limit(error):
                _postpone_channel(id)
                break  # the limit is the workspace's, so other channels wait as well
    return found


def _due_channels() -> list[int]:
    with transactions.read_only():
        ids = select(Channel.id).where(Channel.kind == "slack", Channel.removed_at.is_(None))
        return list(db.session.scalars(ids.where(_due_condition()).order_by(Channel.id)))


def _due_condition() -> ColumnElement[bool]:
    return or_(Channel.synced_at.is_(None), Channel.synced_at < clock.now() - SYNC_INTERVAL)


def _sync_channel(id: int) -> int:
    """Compare one channel: claim it for this turn, update its state, then compare its threads, those with something new
    first.
    """
    claimed = db.session.execute(
        update(Channel)
        .where(Channel.id == id, _due_condition())
        .values(synced_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    channel_id = db.session.scalar(select(Channel.external_id).where(Channel.id == id))
    db.session.commit()
    if claimed.rowcount != 1:
        return 0
    directory.clear_cache(channel_id)
    now = directory.get_channel(channel_id)
    channels.update_channel_facts(db.session.get(Channel, id), now)
    db.session.commit()
    if now.is_archived:
        return 0
    listed = _list_messages(channel_id)
    found, failures = _store_missed(id, listed), 0
    for known in _threads_to_compare(id, _latest_replies(listed)):
        try:
            found += _sync_known_thread(known)
            failures = 0
        except errors.ChannelError as error:
            db.session.rollback()
            if rate_limits.is_rate_limit(error):
                raise
            _mark_compared(known)
            failures += 1  # one failing thread must not stop the others; several in a row are an outage
            if failures == MAX_FAILURES:
                raise
    return found


def _postpone_channel(id: int) -> None:
    """Let the channel's next turn begin as soon as Slack allows it again: its threads keep their place. Commits."""
    sooner = update(Channel).where(Channel.id == id).values(synced_at=None)
    db.session.execute(sooner.execution_options(synchronize_session=False))
    db.session.commit()


def _list_messages(channel_id: str) -> list[dict]:
    """Return what Slack lists of the channel outside threads, the newest first, without answers that should be in one.

    Where the list breaks off after its first page, that is what there is for this turn: of a channel with more pages
    than Slack gives in a minute no turn would ever end. Nothing is concluded from what is not listed.
    """
    since = (clock.now() - MAX_LOOKBACK).timestamp()
    messages = clients.current().pages(
        "conversations.history",
        "messages",
        channel=channel_id,
        oldest=f"{since:.6f}",
        include_all_metadata=True,
        limit=PAGE_SIZE,
    )
    listed: list[dict] = []
    try:
        for each in messages:
            if not unthreaded.delete_if_unthreaded(channel_id, each):
                listed.append(each)
    except errors.ChannelError as error:
        if not listed:
            raise
        log.info("Of a channel only the newest %d messages were compared with Slack: %s", len(listed), error.reason)
    return listed


def _latest_replies(listed: list[dict]) -> dict[str, ListedThread]:
    """Return what Slack lists about each thread, by the ts of its card."""
    return {
        str(root.get("ts")): ListedThread(str(root.get("latest_reply") or ""), root.get("reply_count") or 0)
        for root in listed
    }


def _store_missed(id: int, listed: list[dict]) -> int:
    """Store what customers wrote outside threads and we did not receive. Returns how much it was. Commits.

    Of what cannot be fetched because nobody knows whose it is, the team is notified.
    """
    ourselves, channel = directory.get_bot_identity(), db.session.get_one(Channel, id)
    is_shared = channel.is_shared
    missed = list(missed_messages.find_missed(channel, listed, ourselves))
    new = sum(
        inbox.store_event("slack", name, _event_payload(name, event, ourselves, is_shared)) for name, event, _ in missed
    )
    deleted_cards.report_unannounced(channel, listed)
    db.session.commit()
    return new


def _threads_to_compare(id: int, latest: dict[str, ListedThread]) -> list[known_threads.KnownThread]:
    """Return the threads of channel ``id`` to read in this turn, at most MAX_THREADS unless more have something newer
    than we know.
    """
    with transactions.read_only():
        ours = (
            select(Thread)
            .join(Ticket, Ticket.id == Thread.ticket_id)
            .join(Channel, Channel.id == Thread.channel_id)
            .where(Thread.channel_id == id, Thread.external_id.is_not(None))
            # Where a ticket has left, its threads are read to notify who wrote there that it reached nobody.
            .where(or_(thread_lookup.is_active_condition(), thread_lookup.has_left_condition(clock.now() - LOOKBACK)))
        )
        answered = [root for root, listed in latest.items() if listed.newest]
        known = []
        for some in known_threads.split_batches(answered):
            known += known_threads.load_known_threads(
                db.session.scalars(ours.where(Thread.external_id.in_(some))).all()
            )
        newer = [each for each in known if known_threads.is_newer(latest[each.root].newest, each.newest)]
        more = [each for each in known if latest[each.root].count > each.count and each not in newer]
        more.sort(key=lambda each: each.compared_at or DISTANT_PAST)
        active = ours.where(Ticket.updated_at > clock.now() - LOOKBACK, Ticket.status != Status.closed)
        in_turn = active.order_by(Thread.compared_at.asc().nulls_first(), Thread.id).limit(MAX_THREADS)
        chosen = {each.thread_id: each for each in (*newer, *more[:MAX_CHANGED_THREADS])}
        others = [thread for thread in db.session.scalars(in_turn) if thread.id not in chosen]
        idle = others[: max(0, min(MAX_IDLE_THREADS, MAX_THREADS - len(chosen)))]
        return [*chosen.values(), *known_threads.load_known_threads(idle)]


def _sync_known_thread(known: known_threads.KnownThread) -> int:
    client, ourselves = clients.current(), directory.get_bot_identity()
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
    missing = list(_missing_events(known, listed, ourselves))
    duplicates.remove_duplicates(client, known, listed.values())
    new = 0
    for external_id, event, ts in missing:
        if not (event.get("subtype") or ts in known.messages) and _was_received(known, ts):
            continue
        payload = _event_payload(external_id, event, ourselves, known.is_shared)
        new += inbox.store_event("slack", external_id, payload)
    _mark_compared(known)
    return new


def _mark_compared(known: known_threads.KnownThread) -> None:
    """Store that the thread had its turn, whatever the result. Commits."""
    now = update(Thread).where(Thread.id == known.thread_id).values(compared_at=clock.now())
    db.session.execute(now.execution_options(synchronize_session=False))
    db.session.commit()


def _missing_events(
    known: known_threads.KnownThread, listed: dict, ourselves: events.BotIdentity
) -> Iterator[tuple[str, dict, str]]:
    """Yield (id for the inbox, the event as Slack would have sent it, ts of the message) for everything that is missing
    here.

    A message that Slack no longer lists was not deleted by anybody: a workspace's retention removes messages without an
    event. Only an event or a tombstone deletes.
    """
    for ts, message in listed.items():
        is_before = ts == known.root or known_threads.is_newer(known.card, ts)
        if (
            (is_before and ts not in known.messages)  # a message that was filed is the ticket's
            or payload_parser.message_to_event(known.channel_id, message, ourselves, names=lambda _: None) is None
        ):
            continue
        edited = str((message.get("edited") or {}).get("ts") or "")
        place = f"read:{known.channel_id}:{ts}"
        if ts not in known.messages:
            yield place, {**message, "type": "message", "channel": known.channel_id}, ts
        elif edited and ts not in known.gone and known_threads.is_newer(edited, known.messages[ts]):
            event = {"type": "message", "subtype": "message_changed", "channel": known.channel_id, "hidden": True}
            yield f"{place}:{edited}", event | {"message": message, "ts": edited}, ts
        elif gone := message_content.deleted_files(message, {}):
            event = {"type": "message", "subtype": "message_changed", "channel": known.channel_id, "hidden": True}
            event |= {"message": message, "previous_message": {**message, "files": []}, "ts": ts}
            yield f"{place}:files:{':'.join(sorted(gone))}"[:255], event, ts
    for ts in known.messages.keys() - known.gone:
        if listed.get(ts, {}).get("subtype") == "tombstone":
            event = {"type": "message", "subtype": "message_deleted", "channel": known.channel_id, "hidden": True}
            before = {"ts": ts, "thread_ts": known.root, "user": ""}
            yield f"read:{known.channel_id}:{ts}:deleted", event | {"deleted_ts": ts, "previous_message": before}, ts


def _was_received(known: known_threads.KnownThread, ts: str) -> bool:
    """Return whether an event about this message was received, whatever its outcome."""
    payloads = db.session.scalars(
        select(InboundEvent.payload).where(
            InboundEvent.ordering_key == thread_lookup.ordering_key(known.channel_id, known.root)
        )
    )
    for payload in payloads:
        event = payload.get("event") or {}
        if ts in (event.get("ts"), (event.get("message") or {}).get("ts"), event.get("deleted_ts")):
            return True
    return False


def _event_payload(external_id: str, event: dict, ourselves: events.BotIdentity, is_shared: bool) -> dict:
    users = [{"team_id": ourselves.team_id, "user_id": id, "is_bot": True} for id in sorted(ourselves.user_ids)]
    return {
        "type": "event_callback",
        "event_id": external_id,
        "team_id": ourselves.team_id,
        "api_app_id": ourselves.app_id,
        "authorizations": users,
        "event": event,
        **({"is_ext_shared_channel": True} if is_shared else {}),
    }
