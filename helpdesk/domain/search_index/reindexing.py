"""Index tickets anew, in batches: after an upgrade that changed the index, or when a person asks for it.

The table ``ticket_search_reindexing`` has one row while tickets remain: those with a smaller number than ``below`` are
still to be indexed. The newest are first, and what is filed meanwhile is indexed as always.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, text

from helpdesk.domain.search_index import entries
from helpdesk.models.attachment import Attachment
from helpdesk.models.form import Answer, Field
from helpdesk.models.message import Message, MessageKind
from helpdesk.models.ticket import Ticket

BATCH_SIZE = 100  # tickets of one transaction, which are locked meanwhile
AnyRow = Row[*tuple[Any, ...]]

_ticket, _message, _answer, _field, _file = (model.__table__ for model in (Ticket, Message, Answer, Field, Attachment))
_NEXT_TICKETS = (
    select(*_ticket.c["id", "organization_id", "subject"])
    .where(_ticket.c.id < bindparam("below"))
    .order_by(_ticket.c.id.desc())
    .limit(bindparam("most"))
    .with_for_update()
)
_TICKETS = (
    select(*_ticket.c["id", "organization_id", "subject"])
    .where(_ticket.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(_ticket.c.id)
    .with_for_update()
)
_MESSAGES = (
    select(*_message.c["id", "ticket_id", "seq", "kind", "body"], _file.c.name)
    .select_from(_message.outerjoin(_file, _file.c.message_id == _message.c.id))
    .where(_message.c.ticket_id.in_(bindparam("ids", expanding=True)), _message.c.deleted_at.is_(None))
    .order_by(_message.c.id, _file.c.id)
)
_ANSWERS = (
    select(*_answer.c["ticket_id", "text"], _field.c.team_only)
    .select_from(_answer.join(_field))
    .where(_answer.c.ticket_id.in_(bindparam("ids", expanding=True)))
    .order_by(_answer.c.ticket_id, _answer.c.id)
)


def reindex_tickets(ids: Sequence[int], connection: Connection) -> None:
    """Write the entries of the tickets ``ids`` anew from what they say now."""
    if ids:
        _write_tickets(connection.execute(_TICKETS, {"ids": list(ids)}).all(), connection)


def start_reindexing(connection: Connection) -> None:
    """Let all tickets be indexed anew, batch by batch."""
    connection.execute(text("DELETE FROM ticket_search_reindexing"))
    connection.execute(
        text("INSERT INTO ticket_search_reindexing (below) SELECT max(id) + 1 FROM tickets HAVING count(*) > 0")
    )


def reindex_next_batch(connection: Connection) -> int:
    """Index the next batch of those that remain; returns its number of tickets, 0 when nothing remains."""
    below = connection.scalar(text("SELECT below FROM ticket_search_reindexing"))
    if below is None:
        return 0
    rows = connection.execute(_NEXT_TICKETS, {"below": below, "most": BATCH_SIZE}).all()
    _write_tickets(rows, connection)
    if rows:
        connection.execute(text("UPDATE ticket_search_reindexing SET below = :below"), {"below": rows[-1].id})
    else:
        connection.execute(text("DELETE FROM ticket_search_reindexing"))
    return len(rows)


def _write_tickets(rows: Sequence[AnyRow], connection: Connection) -> None:
    organizations: dict[int, int] = {row.id: row.organization_id for row in rows}
    if not rows:
        return
    ids = {"ids": list(organizations)}
    entries.delete_entries(ids["ids"], connection)
    found = [entries.subject_entry(row.id, row.organization_id, row.subject) for row in rows]
    for _, group in groupby(connection.execute(_MESSAGES, ids), key=lambda row: row.id):
        parts = list(group)
        first = parts[0]
        names = [row.name for row in parts if row.name]
        owner, is_note = organizations[first.ticket_id], first.kind != MessageKind.reply
        found += entries.message_entries(first.ticket_id, owner, first.seq, first.body, names, is_note)
    for ticket_id, answers in groupby(connection.execute(_ANSWERS, ids), key=lambda row: row.ticket_id):
        texts = [(row.text, row.team_only) for row in answers]
        found += entries.answer_entries(ticket_id, organizations[ticket_id], texts)
    entries.write_entries(found, connection)
