"""Find customers' messages outside threads that we did not receive: Slack was down, or the socket was closed.

Slack's list of a channel has them. What was received is in the inbox under the same position, so that nothing is
handled twice, whichever way it comes first.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from sqlalchemy import select

from helpdesk import clock
from helpdesk.channels.slack import known_threads
from helpdesk.channels.slack.api import slack_clock
from helpdesk.channels.slack.handlers import thread_lookup
from helpdesk.channels.slack.parse import events, payload_parser
from helpdesk.channels.slack.parse.event_types import MessageEvent
from helpdesk.database import transactions
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.thread import Thread

LOOKBACK = timedelta(days=3)  # older messages are left out: an answer would come too late


def read_since(channel: Channel) -> datetime | None:
    """Return the time from which on messages of ``channel`` are looked for, in Slack's time; None where customers do
    not write.
    """
    if channel.audience != "customer" or channel.removed_at is not None:
        return None
    return slack_clock.to_slack_time(max(channel.created_at, clock.now() - LOOKBACK))


def find_missed(
    channel: Channel, listed: Iterable[dict], ourselves: events.BotIdentity
) -> Iterator[tuple[str, dict, str]]:
    """Yield (id for the inbox, the event as Slack would have sent it, ts) for each message of a person among ``listed``
    that begins no ticket's thread and was not received, oldest first.
    """
    since = read_since(channel)
    if since is None:
        return
    written = {}
    for message in listed:
        ts = str(message.get("ts") or "")
        event = payload_parser.message_to_event(channel.external_id, message, ourselves, names=lambda _: None)
        if not isinstance(event, MessageEvent) or event.kind != "message" or event.is_bot or event.thread_id:
            continue
        posted = events.parse_ts(ts)
        if posted is not None and posted >= since:
            written[ts] = message
    known = _known_positions(channel, list(written))
    for ts in sorted(written.keys() - known, key=known_threads.parse_ts):
        event = {**written[ts], "type": "message", "channel": channel.external_id}
        yield f"read:{channel.external_id}:{ts}", event, ts


def _known_positions(channel: Channel, written: list[str]) -> set[str]:
    """Return the ts among ``written`` that begin a ticket's thread or were received."""
    known: set[str] = set()
    with transactions.read_only():
        for some in known_threads.split_batches(written):
            threads = select(Thread.external_id).where(Thread.channel_id == channel.id, Thread.external_id.in_(some))
            known.update(ts for ts in db.session.scalars(threads) if ts)
            keys = [thread_lookup.ordering_key(channel.external_id, ts) for ts in some]
            payloads = select(InboundEvent.payload).where(InboundEvent.ordering_key.in_(keys))
            for payload in db.session.scalars(payloads):
                known.add(str((payload.get("event") or {}).get("ts") or ""))
    return known
