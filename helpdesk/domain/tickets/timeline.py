"""The timeline of a ticket: its sequence numbers, its messages and events."""

from typing import Any, cast

from sqlalchemy import Select, bindparam, select

from helpdesk import clock, live_events
from helpdesk.domain.people import permissions
from helpdesk.domain.tickets import delivery_status
from helpdesk.domain.tickets.delivery_status import ThreadStatus
from helpdesk.domain.tickets.timeline_entries import TimelineEvent, TimelineFile, TimelineMessage
from helpdesk.extensions import db
from helpdesk.models.attachment import Attachment
from helpdesk.models.event import Event
from helpdesk.models.message import Message, MessageKind
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User, format_display_name

MAX_ENTRIES = 400  # messages and events of one page, at most
_message, _user, _attachment, _event = (model.__table__ for model in (Message, User, Attachment, Event))
_latest_ids = (
    select(_message.c.id)
    .where(_message.c.ticket_id == bindparam("ticket_id"))
    .order_by(_message.c.seq.desc())
    .limit(MAX_ENTRIES)
)
# Built once: every page of a ticket executes these.
MESSAGES_QUERY = (
    select(
        *_message.c[
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
        *_user.c["name", "email", "picture_url"],
        *_attachment.c["key", "name", "size", "media_type", "state", "reason"],
    )
    .select_from(
        _message.outerjoin(_user, _user.c.id == _message.c.author_id).outerjoin(
            _attachment, _attachment.c.message_id == _message.c.id
        )
    )
    .order_by(_message.c.seq, _attachment.c.id)
)
ALL_MESSAGES_QUERY = MESSAGES_QUERY.where(_message.c.id.in_(_latest_ids))
PUBLIC_MESSAGES_QUERY = MESSAGES_QUERY.where(_message.c.id.in_(_latest_ids.where(_message.c.kind == MessageKind.reply)))
ALL_EVENTS_QUERY = (
    select(*_event.c["id", "seq", "kind", "team_only", "actor_name", "data", "created_at"])
    .where(_event.c.ticket_id == bindparam("ticket_id"))
    .order_by(_event.c.seq.desc())
    .limit(MAX_ENTRIES)
)
PUBLIC_EVENTS_QUERY = ALL_EVENTS_QUERY.where(_event.c.team_only.is_(False))
TEAM_ONLY_EVENT_KINDS = {"assigned", "priority", "merged_here", "moved", "channel", "noted", "linked"}


def take_next_seq(ticket: Ticket) -> int:
    """Return the next number in a locked ticket's timeline, and count it."""
    seq = ticket.next_seq
    ticket.next_seq = seq + 1
    return seq


def add_event(
    ticket: Ticket,
    kind: str,
    actor: User | None,
    *,
    actor_name: str = "",
    team_only: bool | None = None,
    **data: object,
) -> Event:
    """Add an event to a locked ticket's timeline and publish it to open pages. ``actor`` None: the system."""
    event = Event(
        ticket_id=ticket.id,
        organization_id=ticket.organization_id,
        seq=take_next_seq(ticket),
        kind=kind,
        team_only=kind in TEAM_ONLY_EVENT_KINDS if team_only is None else team_only,
        actor_id=actor.id if actor else None,
        actor_name=actor.display_name if actor else actor_name,
        data=data,
        created_at=clock.now(),
    )
    db.session.add(event)
    live_events.bump_version_and_publish(ticket, team_only=event.team_only)
    return event


def load_timeline(ticket: Ticket, reader: User) -> list[TimelineMessage | TimelineEvent]:
    """Return the latest messages and events of ``ticket`` that ``reader`` may read, oldest first."""
    messages = _load_messages(ALL_MESSAGES_QUERY if reader.is_team else PUBLIC_MESSAGES_QUERY, ticket)
    events = [
        TimelineEvent(*row)
        for row in db.session.execute(
            ALL_EVENTS_QUERY if reader.is_team else PUBLIC_EVENTS_QUERY, {"ticket_id": ticket.id}
        )
    ]
    if reader.is_team:
        _attach_deliveries(messages, delivery_status.delivery_threads(ticket, deliveries=True))
    entries: list[TimelineMessage | TimelineEvent] = [*messages.values(), *events]
    readable = (entry for entry in entries if permissions.can_read(reader, cast(Any, entry)))
    return sorted(readable, key=lambda entry: (entry.seq, entry.created_at))[-MAX_ENTRIES:]


def _load_messages(query: Select[*tuple[Any, ...]], ticket: Ticket) -> dict[int, TimelineMessage]:
    """Return messages by id. The query has a row for each file of a message, and one row if it has none."""
    messages: dict[int, TimelineMessage] = {}
    for row in db.session.execute(query, {"ticket_id": ticket.id}):
        message = messages.get(row.id)
        if message is None:
            name, picture = (
                (format_display_name(row.name, row.email), row.picture_url)
                if row.author_id
                else (row.author_name, row.author_picture)
            )
            message = messages[row.id] = TimelineMessage(*(*row[:13], name, picture))
        if row.key is not None:
            message.attachments.append(TimelineFile(*row[-6:]))
    return messages


def _attach_deliveries(messages: dict[int, TimelineMessage], threads: list[ThreadStatus]) -> None:
    """Add each delivery to its message; one about the ticket as a whole to the first message that is shown."""
    first = min(messages.values(), key=lambda message: message.seq, default=None)
    for thread in threads:
        for delivery in thread.deliveries:
            message = messages.get(delivery.message_id) if delivery.message_id else first
            if message is not None:
                message.deliveries.append(delivery)
