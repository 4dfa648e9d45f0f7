"""Load what is stored about the threads of a Slack channel, to compare it with Slack."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import select

from helpdesk.channels.slack import delivery_data, origin_threads
from helpdesk.database import transactions
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery, DeliveryKind
from helpdesk.models.message import Message
from helpdesk.models.thread import Thread

BATCH_SIZE = 500  # threads in one database query

Item = TypeVar("Item")


@dataclass(frozen=True)
class KnownThread:
    """What is stored about one thread.

    ``messages`` are those that people wrote there (ts → time of the last edit), ``gone`` the deleted ones among them;
    ``newest`` is the newest ts, ``count`` the number of replies, ``compared_at`` the time of the last comparison,
    ``card`` the ts of the card, or of the ticket where it was made in the thread: what is older is not the ticket's.
    ``is_shared``: the channel is shared with another company.
    """

    thread_id: int
    channel_id: str
    root: str
    messages: dict[str, str]
    gone: frozenset[str]
    newest: str
    count: int
    compared_at: datetime | None
    card: str = ""
    is_shared: bool = False


def load_known_threads(threads: Sequence[Thread]) -> list[KnownThread]:
    """Return what is stored about each of ``threads`` that has a card; two queries for each batch."""
    stored: dict[int, dict[str, str]] = defaultdict(dict)
    gone: dict[int, set[str]] = defaultdict(set)
    copies: dict[int, set[str]] = defaultdict(set)
    removed: dict[int, set[str]] = defaultdict(set)  # copies that we deleted in Slack: it no longer counts them
    cards: dict[int, str] = {}
    threads = [thread for thread in threads if thread.external_id]
    for some in split_batches([thread.id for thread in threads]):
        messages = select(
            Message.origin_thread_id, Message.origin_external_id, Message.origin_edited, Message.deleted_at
        )
        messages = messages.where(Message.origin_thread_id.in_(some), Message.origin_external_id.is_not(None))
        for thread_id, ts, edited, deleted in db.session.execute(messages):
            stored[thread_id][ts] = edited or ""
            if deleted:
                gone[thread_id].add(ts)
        posted = select(Delivery.thread_id, Delivery.external_id, Delivery.kind)
        is_own_post = Delivery.data[delivery_data.POST_KEY].as_string().is_(None)  # files of one post are one reply
        posted = posted.where(Delivery.thread_id.in_(some), Delivery.external_id.is_not(None), is_own_post)
        posted = posted.order_by(Delivery.id)
        for thread_id, ts, kind in db.session.execute(posted):
            (removed if kind == DeliveryKind.delete else copies)[thread_id].add(ts)
            if kind == DeliveryKind.card:
                cards[thread_id] = ts
    for thread in threads:
        card = cards.get(thread.id) or origin_threads.card_ts(thread)
        if card != thread.external_id:
            card = f"{min(origin_threads.known_ts(card or ''), origin_threads.filed_ts(thread)):.6f}"
        cards[thread.id] = card
    return [
        KnownThread(
            thread_id=thread.id,
            channel_id=thread.channel.external_id,
            root=thread.external_id,
            messages=stored[thread.id],
            gone=frozenset(gone[thread.id]),
            newest=max([*stored[thread.id], *copies[thread.id], ""], key=parse_ts),
            count=len(
                (stored[thread.id].keys() | copies[thread.id])
                - gone[thread.id]
                - removed[thread.id]
                - {thread.external_id}
            ),
            compared_at=thread.compared_at,
            card=cards[thread.id],
            is_shared=thread.channel.is_shared,
        )
        for thread in threads
    ]


def is_known_delivery(ts: str) -> bool:
    """Return whether the message ``ts`` is recorded as one that some delivery made."""
    with transactions.read_only():
        return db.session.scalar(select(Delivery.id).where(Delivery.external_id == ts).limit(1)) is not None


def split_batches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Yield ``items`` in batches of at most BATCH_SIZE, the threads of one database query."""
    return (items[start : start + BATCH_SIZE] for start in range(0, len(items), BATCH_SIZE))


def is_newer(ts: str, known: str) -> bool:
    """Return whether the Slack timestamp ``ts`` is later than ``known``."""
    return parse_ts(ts) > parse_ts(known)


def parse_ts(ts: str) -> float:
    """Convert a Slack timestamp to Unix seconds; 0 for "" and for anything that is none."""
    try:
        return float(ts or 0)
    except ValueError:
        return 0.0
