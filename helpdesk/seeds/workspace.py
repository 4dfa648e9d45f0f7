"""The demo's Slack workspace is new at every start: the tickets that still live move into it.

Their former threads are gone with the former workspace, so each gets a new card and what was said on it. They leave through
the outbox like everything else.
"""

from urllib.parse import urljoin

from sqlalchemy import select, update

from helpdesk import clock, config
from helpdesk.channels.slack import blocks
from helpdesk.demo import cast
from helpdesk.domain import outbox, settings
from helpdesk.domain.outbox import destinations
from helpdesk.extensions import db
from helpdesk.models.channels import Channel, Thread
from helpdesk.models.people import User
from helpdesk.models.sync import UNFINISHED, Delivery, State
from helpdesk.models.tickets import Message, Status, Ticket

MOST = 40  # tickets, the latest ones, get a card
TOLD = 6  # of them, the latest, get their conversation too; more would keep the first visitor's ticket waiting


def move_in() -> None:
    """End what hung on the former workspace and put the living tickets into this one. Does not commit."""
    _show_faces()
    _end_former_threads()
    channels = list(db.session.scalars(select(Channel).where(Channel.kind == "slack", Channel.removed_at.is_(None))))
    latest = select(Ticket).where(Ticket.status != Status.closed, Ticket.merged_into_id.is_(None))
    tickets = list(db.session.scalars(latest.order_by(Ticket.updated_at.desc()).limit(MOST)))
    for place in reversed(range(len(tickets))):
        for channel in channels:
            if _belongs(channel, tickets[place]):
                thread = _put(tickets[place], channel)
                if place < TOLD:
                    _tell(thread)


def _show_faces() -> None:
    """Everybody's picture, from where the workspace is now."""
    for person in (*cast.AGENTS, *cast.REQUESTERS):
        picture = urljoin(config.current().SLACK_API_URL, f"../avatars/{person.slack or person.email}.svg")
        db.session.execute(update(User).where(User.email == person.email).values(picture_url=picture))


def _end_former_threads() -> None:
    former = select(Thread.id).join(Channel).where(Channel.kind == "slack", Thread.ended_at.is_(None))
    db.session.execute(
        update(Delivery)
        .where(Delivery.thread_id.in_(former), Delivery.state.in_(UNFINISHED))
        .values(state=State.skipped, reason="The demo was started anew.", finished_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    db.session.execute(
        update(Thread)
        .where(Thread.id.in_(former))
        .values(ended_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    db.session.expire_all()


def _belongs(channel: Channel, ticket: Ticket) -> bool:
    if channel.audience == "team":
        return channel.external_id == settings.get("triage_channel")
    return channel.organization_id == ticket.organization_id and channel.is_default


def _put(ticket: Ticket, channel: Channel) -> Thread:
    thread = Thread(ticket_id=ticket.id, organization_id=ticket.organization_id, channel=channel)
    db.session.add(thread)
    db.session.flush()
    outbox.put(thread, "card")
    return thread


def _tell(thread: Thread) -> None:
    query = (
        select(Message).where(Message.ticket_id == thread.ticket_id, Message.deleted_at.is_(None)).order_by(Message.seq)
    )
    for message in db.session.scalars(query):
        on_card = message.seq == 1 and len(message.body) <= destinations.FITS_ON_CARD
        if on_card or (message.is_note and thread.is_customers):
            continue
        for part, text in enumerate(blocks.split(message.body) if message.body else [], start=1):
            outbox.put(thread, "message", message=message, part=part, text=text)
