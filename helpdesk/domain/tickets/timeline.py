"""The order of things on a ticket: its lock, its next place, what stands in it."""

from sqlalchemy import Select, bindparam, select

from helpdesk import after_commit, clock
from helpdesk.domain import permissions
from helpdesk.domain.tickets import places
from helpdesk.domain.tickets.entries import File, Happened, Said
from helpdesk.domain.tickets.places import Place
from helpdesk.extensions import db
from helpdesk.models.people import User, shown_name
from helpdesk.models.tickets import Attachment, Event, Kind, Message, Ticket

SHOWN = 400  # messages and events at the most on a page
_message, _user, _attachment, _event = (noun.__table__ for noun in (Message, User, Attachment, Event))
_latest = (
    select(_message.c.id)
    .where(_message.c.ticket_id == bindparam("ticket_id"))
    .order_by(_message.c.seq.desc())
    .limit(SHOWN)
)
# Put together once: everything said on a ticket asks for its lock, every look at one for the others.
LOCKED = (
    select(Ticket)
    .where(Ticket.id == bindparam("ticket_id"))
    .with_for_update(of=Ticket)
    .execution_options(populate_existing=True)
)
MESSAGES = (
    select(
        _message.c[
            "id",
            "seq",
            "kind",
            "from_team",
            "author_id",
            "body",
            "rendered",
            "rendered_version",
            "created_at",
            "edited_at",
            "deleted_at",
            "revision",
            "quoted",
            "author_name",
            "author_picture",
        ],
        _user.c["name", "email", "picture_url"],
        _attachment.c["key", "name", "size", "media_type", "state", "reason"],
    )
    .select_from(
        _message.outerjoin(_user, _user.c.id == _message.c.author_id).outerjoin(
            _attachment, _attachment.c.message_id == _message.c.id
        )
    )
    .order_by(_message.c.seq, _attachment.c.id)
)
ALL_MESSAGES = MESSAGES.where(_message.c.id.in_(_latest))
PUBLIC_MESSAGES = MESSAGES.where(_message.c.id.in_(_latest.where(_message.c.kind == Kind.reply)))
ALL_EVENTS = (
    select(_event.c["id", "seq", "kind", "team_only", "actor_name", "data", "created_at"])
    .where(_event.c.ticket_id == bindparam("ticket_id"))
    .order_by(_event.c.seq.desc())
    .limit(SHOWN)
)
PUBLIC_EVENTS = ALL_EVENTS.where(_event.c.team_only.is_(False))
SPEAKS_OF_TEAM_ONLY = {"assigned", "priority", "merged_here", "moved", "channel", "noted", "linked"}


def lock(ticket: Ticket) -> Ticket:
    """Hold the ticket's row until the transaction ends, with its columns as they are now."""
    return db.session.scalars(LOCKED, {"ticket_id": ticket.id}).one()


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


def say_event(
    ticket: Ticket, kind: str, actor: User | None, *, actor_name: str = "", team_only: bool | None = None, **data
) -> Event:
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


def timeline(ticket: Ticket, reader: User) -> list[Said | Happened]:
    """The latest messages and events of ``ticket`` that ``reader`` may read, oldest first, with all a page shows."""
    messages = _messages(ALL_MESSAGES if reader.is_team else PUBLIC_MESSAGES, ticket)
    events = [
        Happened(*row)
        for row in db.session.execute(ALL_EVENTS if reader.is_team else PUBLIC_EVENTS, {"ticket_id": ticket.id})
    ]
    if reader.is_team:
        _hang_deliveries(messages, places.places(ticket, deliveries=True))
    entries = (entry for entry in (*messages.values(), *events) if permissions.can_read(reader, entry))
    return sorted(entries, key=lambda entry: (entry.seq, entry.created_at))[-SHOWN:]


def _messages(query: Select, ticket: Ticket) -> dict[int, Said]:
    """By id. There is a row for each of a message's files, and one where it has none."""
    found: dict[int, Said] = {}
    for row in db.session.execute(query, {"ticket_id": ticket.id}):
        said = found.get(row.id)
        if said is None:
            name, picture = (
                (shown_name(row.name, row.email), row.picture_url)
                if row.author_id
                else (row.author_name, row.author_picture)
            )
            said = found[row.id] = Said(*row[:13], name, picture)
        if row.key is not None:
            said.attachments.append(File(*row[-6:]))
    return found


def _hang_deliveries(messages: dict[int, Said], places: list[Place]) -> None:
    for place in places:
        for each in place.deliveries:
            if each.message_id in messages:
                messages[each.message_id].deliveries.append(each)
