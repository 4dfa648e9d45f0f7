"""Moves active tickets into the demo's Slack workspace, which is new at every start.

Their threads were in the former workspace, so each gets a new card and its latest messages, through the outbox.
"""

from urllib.parse import urljoin

from sqlalchemy import select, update

from helpdesk import clock, config
from helpdesk.channels.slack import message_parts
from helpdesk.channels.slack.render import blocks
from helpdesk.demo import personas
from helpdesk.domain import outbox
from helpdesk.domain.administration import settings
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import UNFINISHED_STATES, Delivery, DeliveryKind, DeliveryState
from helpdesk.models.message import Message
from helpdesk.models.statuses import Status
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User

MAX_TICKETS = 40  # the latest tickets, which get a card
MAX_MESSAGES = 6  # of them, the latest get their messages too; more would delay the first new ticket


def recreate_threads() -> None:
    """Remove the references to the former workspace and post the active tickets to this one. Does not commit."""
    _update_pictures()
    _end_old_threads()
    channels = list(db.session.scalars(select(Channel).where(Channel.kind == "slack", Channel.removed_at.is_(None))))
    latest = select(Ticket).where(Ticket.status != Status.closed, Ticket.merged_into_id.is_(None))
    tickets = list(db.session.scalars(latest.order_by(Ticket.updated_at.desc()).limit(MAX_TICKETS)))
    for place in reversed(range(len(tickets))):
        for channel in channels:
            if _belongs_in_channel(channel, tickets[place]):
                thread = _create_thread(tickets[place], channel)
                if place < MAX_MESSAGES:
                    _post_messages(thread)


def _update_pictures() -> None:
    """Set each user's picture URL to this workspace's."""
    for person in (*personas.AGENTS, *personas.REQUESTERS):
        picture = urljoin(config.current().SLACK_API_URL, f"../avatars/{person.slack or person.email}.svg")
        db.session.execute(update(User).where(User.email == person.email).values(picture_url=picture))


def _end_old_threads() -> None:
    former = select(Thread.id).join(Channel).where(Channel.kind == "slack", Thread.ended_at.is_(None))
    db.session.execute(
        update(Delivery)
        .where(Delivery.thread_id.in_(former), Delivery.state.in_(UNFINISHED_STATES))
        .values(state=DeliveryState.cancelled, reason="The demo was started anew.", finished_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    db.session.execute(
        update(Thread)
        .where(Thread.id.in_(former))
        .values(ended_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    db.session.expire_all()


def _belongs_in_channel(channel: Channel, ticket: Ticket) -> bool:
    if channel.audience == "team":
        return channel.external_id == settings.get("triage_channel")
    return channel.organization_id == ticket.organization_id and channel.is_default


def _create_thread(ticket: Ticket, channel: Channel) -> Thread:
    thread = Thread(ticket_id=ticket.id, organization_id=ticket.organization_id, channel=channel)
    db.session.add(thread)
    db.session.flush()
    outbox.enqueue_delivery(thread, DeliveryKind.card)
    return thread


def _post_messages(thread: Thread) -> None:
    query = (
        select(Message).where(Message.ticket_id == thread.ticket_id, Message.deleted_at.is_(None)).order_by(Message.seq)
    )
    for message in db.session.scalars(query):
        on_card = message.seq == 1 and len(message.body) <= message_parts.MAX_CARD_BODY_LENGTH
        if on_card or (message.is_note and thread.is_customers):
            continue
        for part, text in enumerate(blocks.split_body(message.body) if message.body else [], start=1):
            outbox.enqueue_delivery(thread, DeliveryKind.message, message=message, part=part, text=text)
