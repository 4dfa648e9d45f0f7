"""The order of things on a ticket: its lock, its next place, what stands in it."""

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import contains_eager, joinedload
from sqlalchemy.orm.attributes import set_committed_value

from helpdesk import after_commit, clock
from helpdesk.domain import permissions
from helpdesk.extensions import db
from helpdesk.models import tickets as nouns
from helpdesk.models.channels import Thread
from helpdesk.models.people import User
from helpdesk.models.sync import Delivery
from helpdesk.models.tickets import Event, Message, Ticket

SHOWN = 400  # messages and events at the most on a page
# Put together once: every look at a ticket asks these.
ALL_MESSAGES = (
    select(Message)
    .where(Message.ticket_id == bindparam("ticket_id"))
    .options(joinedload(Message.author), joinedload(Message.attachments))
    .order_by(Message.seq.desc())
    .limit(SHOWN)
)
PUBLIC_MESSAGES = ALL_MESSAGES.where(Message.kind == nouns.Kind.reply)
ALL_EVENTS = select(Event).where(Event.ticket_id == bindparam("ticket_id")).order_by(Event.seq.desc()).limit(SHOWN)
PUBLIC_EVENTS = ALL_EVENTS.where(Event.team_only.is_(False))
THREADS = (
    select(Thread)
    .where(Thread.ticket_id == bindparam("ticket_id"))
    .outerjoin(Delivery, and_(Delivery.thread_id == Thread.id, Delivery.message_id.is_not(None)))
    .options(contains_eager(Thread.deliveries), joinedload(Thread.user))
    .order_by(Thread.id, Delivery.id)
)
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


def timeline(ticket: Ticket, reader: User) -> list[Message | Event]:
    """The latest messages and events of ``ticket`` that ``reader`` may read, oldest first, with all a page shows."""
    asked = {"ticket_id": ticket.id}
    if reader.is_team:
        messages = db.session.scalars(ALL_MESSAGES, asked).unique().all()
        _hang_deliveries(messages, threads(ticket))
        events = db.session.scalars(ALL_EVENTS, asked)
    else:
        messages = db.session.scalars(PUBLIC_MESSAGES, asked).unique()
        events = db.session.scalars(PUBLIC_EVENTS, asked)
    entries = (entry for entry in (*messages, *events) if permissions.can_read(reader, entry))
    return sorted(entries, key=nouns.place_in_timeline)[-SHOWN:]


def threads(ticket: Ticket) -> list[Thread]:
    """Where ``ticket`` lives and lived, with what was delivered there of its messages; read once for one look at it."""
    read = ticket.__dict__.get("_threads_read")
    if read is None:
        read = ticket.__dict__["_threads_read"] = db.session.scalars(THREADS, {"ticket_id": ticket.id}).unique().all()
    return read


def _hang_deliveries(messages: list[Message], threads: list[Thread]) -> None:
    by_message: dict[int, list[Delivery]] = {message.id: [] for message in messages}
    for thread in threads:
        for delivery in thread.deliveries:
            set_committed_value(delivery, "thread", thread)
            by_message.get(delivery.message_id, []).append(delivery)
    for message in messages:
        set_committed_value(message, "deliveries", by_message[message.id])
