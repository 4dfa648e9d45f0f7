"""Find the ticket of a card whose answer was lost and which somebody deleted in Slack before it was looked for.

Another card took its place, and no thread is known below the first one. Slack keeps what people typed there: each event
names the author of the root (``parent_user_id``), and that of the deletion quotes the card, whose text begins with the
number of its ticket. Without the quotation it is the only one that it can have been by the times, or it stays open.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import and_, or_, select

from helpdesk import clock
from helpdesk.channels.slack import known_threads, notifications
from helpdesk.channels.slack.api import slack_clock
from helpdesk.channels.slack.handlers import thread_lookup
from helpdesk.channels.slack.parse import events, json_access
from helpdesk.channels.slack.parse.event_types import SlackEvent
from helpdesk.channels.slack.ticket_rows import WORKSPACE_URL
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery, DeliveryKind
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.thread import Thread
from helpdesk.translation import gettext

UNMATCHED = "Below a deleted card of which nobody knows whose it was."  # the outcome of an event
TOMBSTONE = "tombstone"  # what a deleted message with answers becomes
MAX_EVENTS = 100  # of a thread: the first are those from before the deletion
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
    return about.get("subtype") == TOMBSTONE or json_access.text_or_empty(about.get("parent_user_id")) in authors


def find(channel_id: str, root: str) -> DeletedCard | None:
    """Return the card that ``root`` was, or may have been; None where it was none, or one that was never in doubt."""
    is_ours, quoted = _read_events(channel_id, root)
    number = NUMBER_PATTERN.match(quoted) if quoted else None
    posts = [] if is_ours is False or (quoted and not number) else _list_possible_posts(channel_id, root)
    if number:
        cards = [post for post in posts if post.thread is not None and post.thread.ticket.number == int(number[1])]
        return DeletedCard(cards[-1].thread if cards else None) if posts else None
    if not posts or (is_ours is None and not any(map(_was_in_doubt, posts))):
        return None
    is_certain = is_ours is True and len(posts) == 1 and _was_in_doubt(posts[0])
    return DeletedCard(posts[0].thread if is_certain else None)


def find_replacement(event: SlackEvent) -> Thread | None:
    """Return the thread of the card that took the place of the one below which ``event`` occurred."""
    card = find(event.channel_id, event.thread_id) if event.thread_id else None
    return card.replacement if card is not None else None


def find_or_record_thread(event: SlackEvent) -> Thread | None:
    """Return the ticket's thread in which ``event`` occurred; that below a deleted card is recorded."""
    known = thread_lookup.find_thread_of_event(event)
    return known or (record_thread(event.channel_id, event.thread_id) if event.thread_id else None)


def record_thread(channel_id: str, root: str) -> Thread | None:
    """Record the thread below the deleted card ``root``, as one that another has replaced. Returns it, None where it is
    no ticket's.
    """
    card = find(channel_id, root)
    if card is None or card.replacement is None:
        return None
    place = card.replacement
    if place.is_customers and place.organization_id != place.channel.organization_id:
        return None  # the ticket has left this customer
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
    for message in listed:
        root = json_access.text_or_empty(message.get("ts"))
        if message.get("subtype") != TOMBSTONE or thread_lookup.may_be_card(channel.external_id, root):
            continue
        card = find(channel.external_id, root)
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
        if about.get("subtype") == TOMBSTONE:
            if before.get("ts") == root:
                return events.is_own_message(before, ourselves), json_access.text_or_empty(before.get("text"))
        elif about.get("ts") == root:
            is_ours = events.is_own_message(about, ourselves)
        elif (author := json_access.text_or_empty(about.get("parent_user_id"))) not in {"", events.SLACKBOT_USER_ID}:
            is_ours = author in ourselves.user_ids
    return is_ours, ""


def _list_possible_posts(channel_id: str, root: str) -> list[Delivery]:
    """Return the cards, and the lines for the team, of which an earlier attempt that was not found can be ``root``."""
    posted, channel = events.parse_ts(root), thread_lookup.find_channel(channel_id)
    if posted is None or channel is None or _is_recorded(channel, root):
        return []
    at = slack_clock.to_our_time(posted)
    is_card = and_(Delivery.kind == DeliveryKind.card, Thread.channel_id == channel.id)
    is_line = and_(Delivery.kind == DeliveryKind.line, Delivery.thread_id.is_(None), Delivery.subject_id.is_(None))
    posts = (
        select(Delivery)
        .outerjoin(Thread, Thread.id == Delivery.thread_id)
        .where(or_(is_card, is_line), Delivery.created_at <= at + slack_clock.MARGIN)
        .where(or_(Delivery.finished_at.is_(None), Delivery.finished_at >= at - slack_clock.MARGIN))
        .order_by(Delivery.id)
    )
    return [post for post in db.session.scalars(posts) if _may_be_earlier_attempt(root, post)]


def _is_recorded(channel: Channel, root: str) -> bool:
    thread = select(Thread.id).where(Thread.channel_id == channel.id, Thread.external_id == root)
    copy = select(Delivery.id).where(Delivery.external_id == root)
    return any(db.session.scalar(query.limit(1)) is not None for query in (thread, copy))


def _may_be_earlier_attempt(root: str, post: Delivery) -> bool:
    """Whether ``root`` is older than what is known of ``post``, which begins a thread."""
    known = post.thread.external_id if post.thread is not None else post.external_id
    if post.external_id:
        return post.external_id == known and known_threads.is_newer(post.external_id, root)
    return known is None and (post.attempts > 0 or post.possibly_sent_since is not None)


def _was_in_doubt(post: Delivery) -> bool:
    return post.attempts > 1
