"""The order of things on a ticket: its lock, its next place, what stands in it."""

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from helpdesk import after_commit, clock
from helpdesk.domain import permissions
from helpdesk.extensions import db
from helpdesk.models import tickets as nouns
from helpdesk.models.channels import Thread
from helpdesk.models.people import User
from helpdesk.models.sync import Delivery
from helpdesk.models.tickets import Event, Message, Ticket

SPEAKS_OF_TEAM_ONLY = {"assigned", "priority", "merged_here", "moved", "channel", "noted", "linked"}


def lock(ticket: Ticket) -> Ticket:
    """Hold the ticket's row until the transaction ends, with its columns as they are now."""
    return db.session.execute(
        select(Ticket).where(Ticket.id == ticket.id).with_for_update(of=Ticket).execution_options(populate_existing=True)
    ).scalar_one()


def living(ticket: Ticket) -> Ticket:
    """The ticket that goes on in place of ``ticket`` where it was merged; never one of another organization."""
    while ticket.merged_into is not None and ticket.merged_into.organization_id == ticket.organization_id:
        ticket = ticket.merged_into
    return ticket


def next_seq(ticket: Ticket) -> int:
    """The next place in a locked ticket's timeline."""
    seq = ticket.next_seq
    ticket.next_seq = seq + 1
    return seq


def say_event(ticket: Ticket, kind: str, actor: User | None, *, actor_name: str = "", team_only: bool | None = None, **data) -> Event:
    """Write down that ``kind`` happened to a locked ticket, and tell its open pages. ``actor`` None is the helpdesk itself."""
    event = Event(
        ticket_id=ticket.id,
        organization_id=ticket.organization_id,
        seq=next_seq(ticket),
        kind=kind,
        team_only=kind in SPEAKS_OF_TEAM_ONLY if team_only is None else team_only,
        actor_id=actor.id if actor else None,
        actor_name=actor.display_name if actor else actor_name,
        data=data,
        created_at=clock.now(),
    )
    db.session.add(event)
    after_commit.touch(ticket, team_only=event.team_only)
    return event


def timeline(ticket: Ticket, reader: User, limit: int = 400) -> list[Message | Event]:
    """The latest ``limit`` messages and events of ``ticket`` that ``reader`` may read, oldest first, with all a page shows."""
    messages = (
        select(Message)
        .where(Message.ticket_id == ticket.id)
        .options(joinedload(Message.author), selectinload(Message.attachments))
        .order_by(Message.seq.desc())
        .limit(limit)
    )
    events = select(Event).where(Event.ticket_id == ticket.id).order_by(Event.seq.desc()).limit(limit)
    if reader.is_team:
        messages = messages.options(selectinload(Message.deliveries).joinedload(Delivery.thread).joinedload(Thread.user))
    else:
        messages = messages.where(Message.kind == nouns.Kind.reply)
        events = events.where(Event.team_only.is_(False))
    entries = [*db.session.scalars(messages), *db.session.scalars(events)]
    return sorted((entry for entry in entries if permissions.can_read(reader, entry)), key=nouns.place_in_timeline)[-limit:]
