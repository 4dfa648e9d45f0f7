"""Find the ticket of a card whose answer was lost and which somebody deleted in Slack before it was looked for.

Another card took its place, and no thread is known below the first one. Slack keeps what people typed there: each event
names the author of the root (``parent_user_id``), and that of the deletion quotes the card, whose text begins with the
number of its ticket. Without the quotation it is the only one that it can have been by the times, or it stays open.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, or_, select

from helpdesk import clock
from helpdesk.channels.slack import known_threads, notifications
from helpdesk.channels.slack.api import slack_clock
from helpdesk.channels.slack.handlers import thread_lookup
from helpdesk.channels.slack.parse import events, json_access
from helpdesk.channels.slack.parse.event_types import SlackEvent
from helpdesk.channels.slack.ticket_rows import WORKSPACE_URL
from helpdesk.database.row_ids import parse_id
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import BEGINS_THREAD, Delivery, DeliveryKind
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.thread import Thread
from helpdesk.translation import gettext

AnySelect = Select[*tuple[Any, ...]]

UNMATCHED = "Below a deleted card of which nobody knows whose it was."  # the outcome of an event
MAX_EVENTS = 100  # of a thread: the first are those from before the deletion
LONGEST_WAIT = timedelta(days=30)  # from when something is to be posted until its last attempt that is looked at
WAS_IN_DOUBT = Delivery.attempts > 1
NUMBER_PATTERN = re.compile(r"#(\d+) ")  # how the text of a card begins


@dataclass(frozen=True)
class DeletedCard:
    """A card of ours, or what may have been one, below which no thread is known.

    ``replacement`` is the thread of the card that took its place, None where that is unknown.
    """

    replacement: Thread | None


def is_possible(payload: dict) -> bool:
    """Return whether the event occurred below a message of ours or a deleted one, according to itself."""
    about = thread_lookup.message_of(json_access.object_in(payload, "event"))
    authors = events.bot_identity_of(payload).user_ids | {events.SLACKBOT_USER_ID}
    return (
        about.get("subtype") == thread_lookup.TOMBSTONE
        or json_access.text_or_empty(about.get("parent_user_id")) in authors
    )


def find(channel_id: str, root: str) -> DeletedCard | None:
    """Return the card that ``root`` was, or may have been; None where it was none, or one that was never in doubt."""
    is_ours, quoted = _read_events(channel_id, root)
    number = NUMBER_PATTERN.match(quoted) if quoted else None
    posted, channel = events.parse_ts(root), thread_lookup.find_channel(channel_id)
    if is_ours is False or (quoted and not number) or posted is None or channel is None or _is_recorded(channel, root):
        return None
    posts = _possible_posts(channel, root, slack_clock.to_our_time(posted))
    if number:
        card = db.session.scalar(posts.where(Thread.ticket_id == parse_id(number[1])).limit(1))
        found = card or db.session.scalar(posts.limit(1))
        return DeletedCard(card.thread if card is not None else None) if found is not None else None
    if is_ours is None:
        return DeletedCard(None) if db.session.scalar(posts.where(WAS_IN_DOUBT).limit(1)) is not None else None
    some = db.session.scalars(posts.limit(2)).all()
    is_certain = len(some) == 1 and some[0].attempts > 1
    return DeletedCard(some[0].thread if is_certain else None) if some else None


def find_replacement(event: SlackEvent) -> Thread | None:
    """Return the thread of the card that took the place of the one below which ``event`` occurred; None where its
    ticket has left the customer.
    """
    return _find_replacement(event.channel_id, event.thread_id) if event.thread_id else None


def find_or_record_thread(event: SlackEvent) -> Thread | None:
    """Return the ticket's thread in which ``event`` occurred; that below a deleted card is recorded."""
    known = thread_lookup.find_thread_of_event(event)
    return known or (record_thread(event.channel_id, event.thread_id) if event.thread_id else None)


def record_thread(channel_id: str, root: str) -> Thread | None:
    """Record the thread below the deleted card ``root``, as one that another has replaced. Returns it, None where it is
    no ticket's.
    """
    place = _find_replacement(channel_id, root)
    if place is None:
        return None
    db.session.add(
        Thread(
            ticket_id=place.ticket_id,
            organization_id=place.organization_id,
            channel=place.channel,
            external_id=root,
            ended_at=clock.now(),
        )
    )
    db.session.flush()
    return thread_lookup.find_thread(channel_id, root)


def report_unannounced(channel: Channel, listed: Iterable[dict]) -> None:
    """Notify the team of each deleted message among ``listed`` that may have been a card, where no event has come that
    says whose it was.
    """
    roots = [
        json_access.text_or_empty(each.get("ts")) for each in listed if each.get("subtype") == thread_lookup.TOMBSTONE
    ]
    for root in _list_unexplained(channel, roots):
        card = None if thread_lookup.may_be_card(channel.external_id, root) else find(channel.external_id, root)
        if card is not None and card.replacement is None and notify_team(channel, root):
            now = clock.now()
            key = thread_lookup.ordering_key(channel.external_id, root)
            notice = {"source": "slack", "external_id": f"read:{key}:card", "ordering_key": key, "position": root}
            db.session.add(InboundEvent(**notice, state="ignored", result=UNMATCHED, due_at=now, finished_at=now))


def notify_team(channel: Channel, root: str) -> bool:
    """Post a line in the triage channel with the address of what nobody can put on a ticket. Returns whether it is the
    first about this thread.
    """
    key = thread_lookup.ordering_key(channel.external_id, root)
    earlier = select(InboundEvent.id).where(InboundEvent.ordering_key == key, InboundEvent.result == UNMATCHED)
    if db.session.scalar(earlier.limit(1)) is not None:
        return False
    notifications.notify_team(
        gettext(
            "Something was written below a deleted message in %(channel)s that may have been a ticket's card. "
            "It is on no ticket: %(address)s",
            channel=channel.label,
            address=f"{WORKSPACE_URL}/archives/{channel.external_id}/p{root.replace('.', '')}",
        )
    )
    return True


def _read_events(channel_id: str, root: str) -> tuple[bool | None, str]:
    """Return whether ``root`` was ours according to what was received about its thread, None where nothing says it, and
    its text if the event of its deletion came.
    """
    key = thread_lookup.ordering_key(channel_id, root)
    is_ours: bool | None = None
    received = select(InboundEvent.payload).where(InboundEvent.ordering_key == key).order_by(InboundEvent.id)
    for payload in db.session.scalars(received.limit(MAX_EVENTS)):
        event, ourselves = json_access.object_in(payload, "event"), events.bot_identity_of(payload)
        about, before = thread_lookup.message_of(event), json_access.object_in(event, "previous_message")
        if about.get("subtype") == thread_lookup.TOMBSTONE:
            if before.get("ts") == root:
                return events.is_own_message(before, ourselves), json_access.text_or_empty(before.get("text"))
        elif about.get("ts") == root:
            is_ours = events.is_own_message(about, ourselves)
        elif (author := json_access.text_or_empty(about.get("parent_user_id"))) not in {"", events.SLACKBOT_USER_ID}:
            is_ours = author in ourselves.user_ids
    return is_ours, ""


def _find_replacement(channel_id: str, root: str) -> Thread | None:
    card = find(channel_id, root)
    place = card.replacement if card is not None else None
    return None if place is None or thread_lookup.has_left(place) else place


def _list_unexplained(channel: Channel, roots: list[str]) -> list[str]:
    """Return those of the deleted messages ``roots`` of which the team was not notified and that may have been cards:
    an event about them came, or something of ours was in doubt at their time.

    Two statements for up to 500, so that a comparison does not look at each message that anybody deleted.
    """
    times = {root: slack_clock.to_our_time(at) for root in roots if (at := events.parse_ts(root)) is not None}
    if not times:
        return []
    keys = {root: thread_lookup.ordering_key(channel.external_id, root) for root in times}
    received: set[str] = set()
    notified: set[str] = set()
    for some in known_threads.split_batches([*keys.values()]):
        is_notice = (InboundEvent.result == UNMATCHED).label("is_notice")
        known = select(InboundEvent.ordering_key, is_notice).where(InboundEvent.ordering_key.in_(some)).distinct()
        for row in db.session.execute(known):
            (notified if row.is_notice else received).add(row.ordering_key or "")
    times_of_posts = select(Delivery.created_at, Delivery.finished_at)
    posts = _posts_of(channel, times_of_posts, min(times.values()), max(times.values()))
    in_doubt = [tuple(row) for row in db.session.execute(posts.where(WAS_IN_DOUBT))]
    return [
        root
        for root, at in times.items()
        if keys[root] not in notified
        and (keys[root] in received or any(_is_possible_at(at, *post_times) for post_times in in_doubt))
    ]


def _is_possible_at(at: datetime, created_at: datetime, finished_at: datetime | None) -> bool:
    margin = slack_clock.MARGIN
    return created_at <= at + margin and (finished_at is None or finished_at >= at - margin)


def _possible_posts(channel: Channel, root: str, at: datetime) -> AnySelect:
    """Return the query of the cards, and the lines for the team, of which an earlier attempt that was not found can be
    ``root``, posted ``at``; the newest first.
    """
    is_posted = and_(
        Delivery.external_id > root,  # Slack's times are texts of one length
        or_(Delivery.thread_id.is_(None), Thread.external_id == Delivery.external_id),
    )
    was_tried = or_(Delivery.attempts > 0, Delivery.possibly_sent_since.is_not(None))
    is_open = and_(Delivery.external_id.is_(None), Thread.external_id.is_(None), was_tried)
    posts = _posts_of(channel, select(Delivery), at, at).where(or_(is_posted, is_open))
    return posts.order_by(Delivery.created_at.desc(), Delivery.id.desc())


def _posts_of(channel: Channel, query: AnySelect, first: datetime, last: datetime) -> AnySelect:
    """Restrict ``query`` to what may have begun a thread in ``channel`` between two times."""
    is_card = and_(Delivery.kind == DeliveryKind.card, Thread.channel_id == channel.id)
    is_line = and_(Delivery.kind == DeliveryKind.line, Delivery.thread_id.is_(None), Delivery.subject_id.is_(None))
    created = Delivery.created_at.between(first - LONGEST_WAIT, last + slack_clock.MARGIN)
    return (
        query.outerjoin(Thread, Thread.id == Delivery.thread_id)
        .where(BEGINS_THREAD, created, or_(is_card, is_line))
        .where(or_(Delivery.finished_at.is_(None), Delivery.finished_at >= first - slack_clock.MARGIN))
    )


def _is_recorded(channel: Channel, root: str) -> bool:
    thread = select(Thread.id).where(Thread.channel_id == channel.id, Thread.external_id == root)
    copy = select(Delivery.id).where(Delivery.external_id == root)
    return any(db.session.scalar(query.limit(1)) is not None for query in (thread, copy))
