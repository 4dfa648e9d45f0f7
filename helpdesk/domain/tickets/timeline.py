"""The timeline of a ticket: its sequence numbers, its messages and events."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, FromClause, Select, bindparam, func, select, union_all

from helpdesk import clock, live_events
from helpdesk.database import transactions
from helpdesk.database.row_ids import MAX_SEQ
from helpdesk.domain.people import permissions
from helpdesk.domain.tickets import delivery_status, shown_reactions
from helpdesk.domain.tickets.delivery_status import ThreadStatus
from helpdesk.domain.tickets.timeline_entries import TimelineEvent, TimelineFile, TimelineMessage
from helpdesk.extensions import db
from helpdesk.models.attachment import Attachment
from helpdesk.models.event import Event
from helpdesk.models.message import Message, MessageKind
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User, format_display_name

AnySelect = Select[*tuple[Any, ...]]
Rows = Iterable[Sequence[Any]]

MAX_ENTRIES = 400  # messages and events of one page, at most
FILE_COLUMNS = 6  # at the end of a row of MESSAGES_QUERY
_message, _user, _attachment, _event = (model.__table__ for model in (Message, User, Attachment, Event))
FIRST_SEQ = 1  # number of a ticket's first message


def _in_part(entries: FromClause) -> list[ColumnElement[bool]]:
    """Return the conditions of one part of a ticket's timeline."""
    return [
        entries.c.ticket_id == bindparam("ticket_id"),
        entries.c.seq >= bindparam("from_seq"),
        entries.c.seq < bindparam("before"),
    ]


_latest_ids = select(_message.c.id).where(*_in_part(_message)).order_by(_message.c.seq.desc()).limit(bindparam("most"))
_first_id = select(_message.c.id).where(
    _message.c.ticket_id == bindparam("ticket_id"), _message.c.seq == bindparam("start")
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
            "has_reactions",
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
_is_public = _message.c.kind == MessageKind.reply
ALL_MESSAGES_QUERY = MESSAGES_QUERY.where(_message.c.id.in_(union_all(_latest_ids.subquery().select(), _first_id)))
PUBLIC_MESSAGES_QUERY = MESSAGES_QUERY.where(
    _message.c.id.in_(union_all(_latest_ids.where(_is_public).subquery().select(), _first_id.where(_is_public)))
)
COUNT_QUERY = select(func.count()).select_from(_message).where(*_in_part(_message))
PUBLIC_COUNT_QUERY = COUNT_QUERY.where(_is_public)
ALL_EVENTS_QUERY = (
    select(*_event.c["id", "seq", "kind", "team_only", "actor_id", "actor_name", "data", "created_at"])
    .where(*_in_part(_event))
    .order_by(_event.c.seq.desc())
    .limit(bindparam("most"))
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


def load_timeline(
    ticket: Ticket,
    reader: User,
    *,
    from_seq: int = 0,
    before: int | None = None,
    most: int = MAX_ENTRIES,
    with_start: bool = False,
    rows: tuple[Rows, Rows] | None = None,
) -> list[TimelineMessage | TimelineEvent]:
    """Return the latest ``most`` messages and events of ``ticket`` that ``reader`` may read, oldest first.

    Only those with numbers from ``from_seq`` and below ``before``; ``with_start``: the first message, too. ``rows``: of
    the two queries for this reader and ``query_parameters``, where they were executed already.
    """
    if rows is None:
        messages_query, events_query = timeline_queries(reader)
        parameters = query_parameters(ticket, from_seq, before, most, with_start)
        rows = (
            transactions.execute_core(messages_query, parameters),
            transactions.execute_core(events_query, parameters),
        )
    message_rows, event_rows = rows
    messages = _make_messages(message_rows)
    with_reactions = [id for id, message in messages.items() if message.has_reactions]
    for id, found in (shown_reactions.load_reactions(with_reactions, reader) if with_reactions else {}).items():
        messages[id].reactions = found
    events = [TimelineEvent(*row) for row in event_rows]
    if reader.is_team:
        _attach_deliveries(messages, delivery_status.delivery_threads(ticket, of_messages=messages))
    entries: list[TimelineMessage | TimelineEvent] = [*messages.values(), *events]
    readable = sorted(
        (entry for entry in entries if permissions.can_read(reader, cast(Any, entry))),
        key=lambda entry: (entry.seq, entry.created_at),
    )
    is_cut = with_start and len(readable) > most and readable[0].seq == FIRST_SEQ
    return readable[:1] + readable[-most:] if is_cut else readable[-most:]


def timeline_queries(reader: User) -> tuple[AnySelect, AnySelect]:
    """Return the queries of the messages and of the events that ``reader`` may read."""
    if reader.is_team:
        return ALL_MESSAGES_QUERY, ALL_EVENTS_QUERY
    return PUBLIC_MESSAGES_QUERY, PUBLIC_EVENTS_QUERY


def query_parameters(
    ticket: Ticket, from_seq: int = 0, before: int | None = None, most: int = MAX_ENTRIES, with_start: bool = False
) -> dict[str, int]:
    """Return the parameters of these queries for what ``load_timeline`` returns."""
    return _part(ticket, from_seq, before) | {"most": most, "start": FIRST_SEQ if with_start else 0}


def count_messages(ticket: Ticket, reader: User, from_seq: int, before: int) -> int:
    """Return how many messages that ``reader`` may read have numbers from ``from_seq`` and below ``before``."""
    query = COUNT_QUERY if reader.is_team else PUBLIC_COUNT_QUERY
    return db.session.scalar(query, _part(ticket, from_seq, before)) or 0


def find_seq(ticket: Ticket, reader: User, message_id: int) -> int | None:
    """Return the number of a message of ``ticket`` in its timeline; None if ``reader`` may not read it."""
    mine = select(_message.c.seq).where(_message.c.id == message_id, _message.c.ticket_id == ticket.id)
    return db.session.scalar(mine if reader.is_team else mine.where(_is_public))


def _part(ticket: Ticket, from_seq: int, before: int | None) -> dict[str, int]:
    return {
        "ticket_id": ticket.id,
        "from_seq": min(from_seq, MAX_SEQ),
        "before": MAX_SEQ if before is None else min(before, MAX_SEQ),
    }


def _make_messages(rows: Rows) -> dict[int, TimelineMessage]:
    """Return messages by id. There is a row for each file of a message, and one if it has none.

    Rows are unpacked: SQLAlchemy looks a name up in a row after Python has raised an AttributeError for it.
    """
    messages: dict[int, TimelineMessage] = {}
    for row in rows:
        *shown, outside_name, outside_picture, name, email, picture_url = row[:-FILE_COLUMNS]
        message = messages.get(shown[0])
        if message is None:
            author = (format_display_name(name, email), picture_url) if email else (outside_name, outside_picture)
            message = messages[shown[0]] = TimelineMessage(*shown, *author)
        file = row[-FILE_COLUMNS:]
        if file[0] is not None:
            message.attachments.append(TimelineFile(*file))
    return messages


def _attach_deliveries(messages: dict[int, TimelineMessage], threads: list[ThreadStatus]) -> None:
    """Add each delivery to its message.

    One that needs a person although its message is not shown here, and one about the ticket as a whole, goes to the
    first message.
    """
    first = messages.get(min(messages, key=lambda id: messages[id].seq)) if messages else None
    first = first if first is not None and first.seq == FIRST_SEQ else None
    for thread in threads:
        for delivery in thread.deliveries:
            message = messages.get(delivery.message_id) if delivery.message_id else first
            if message is None and first is not None:
                message, delivery.is_of_earlier_message = first, True
            if message is not None:
                message.deliveries.append(delivery)
