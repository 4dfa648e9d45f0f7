"""Export of ticket lists as CSV, in batches; no cell is a formula to a spreadsheet."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload, selectinload

from helpdesk.database import pagination
from helpdesk.domain import labels
from helpdesk.domain.administration import settings
from helpdesk.domain.ticket_lists import customer_list
from helpdesk.extensions import db
from helpdesk.models.form import Answer, FormVersion
from helpdesk.models.priorities import Priority
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import current_code, lazy_gettext, use_language

HEADINGS = (
    lazy_gettext("Number"),
    lazy_gettext("Subject"),
    lazy_gettext("Status"),
    lazy_gettext("Priority"),
    lazy_gettext("Organization"),
    lazy_gettext("Requester"),
    lazy_gettext("Assignee"),
    lazy_gettext("Form"),
    lazy_gettext("Filed"),
    lazy_gettext("Last activity"),
    lazy_gettext("Solved"),
    lazy_gettext("Answers"),
)
BATCH_SIZE = 500
FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20")


@dataclass(frozen=True)
class _Reader:
    """For whom a file is written."""

    is_team: bool
    zone: ZoneInfo
    language: str


def export_customer_list(user: User, filters: Mapping[str, str]) -> Iterator[str]:
    """Return ``user``'s whole list under ``filters`` (see ``customer_list.FILTER_NAMES``) as pieces of CSV.

    Two or three queries for each BATCH_SIZE tickets, which are released before the next ones are loaded.
    """
    query, order, values = customer_list.filtered_query(user, filters)
    return export_query(user, query, order, values)


def export_query(
    reader: User, query: Select[*tuple[Any, ...]], order: pagination.Order, values: Mapping[str, Any]
) -> Iterator[str]:
    """Return the tickets of ``query`` with parameter ``values``, in ``order``, as pieces of CSV for ``reader``.

    Times are ISO 8601 on the reader's clock, with its distance from UTC. The language is the present one, also for the
    pieces that are read later.
    """
    zone = ZoneInfo(reader.time_zone or settings.get("time_zone"))
    return _export(_Reader(reader.is_team, zone, current_code()), query, order, values)


def _export(
    reader: "_Reader", query: Select[*tuple[Any, ...]], order: pagination.Order, values: Mapping[str, Any]
) -> Iterator[str]:
    """Yield the pieces.

    The first piece begins with a byte order mark, so that Excel reads the text as UTF-8. No loaded object is kept from
    one piece to the next, so that each may be read in another transaction.
    """
    with use_language(reader.language):
        head = "\ufeff" + _csv_lines([HEADINGS])
    query = query.options(
        joinedload(Ticket.requester),
        joinedload(Ticket.assignee),
        joinedload(Ticket.organization),
        joinedload(Ticket.form_version).joinedload(FormVersion.form),
    )
    paged_query = pagination.PagedQuery(query, order)
    cursor: str | None = None
    while True:
        page = paged_query.at(cursor, BATCH_SIZE, values)
        tickets = [row[0] for row in page.rows]
        answers = _load_answers(reader.is_team, tickets)
        with use_language(reader.language):
            rows = [_ticket_row(reader, ticket, answers.get(ticket.id, "")) for ticket in tickets]
        yield head + _csv_lines(rows)
        head = ""
        for ticket in tickets:
            db.session.expunge(ticket)
        cursor = page.next
        if cursor is None:
            return


def escape_cell(cell: object) -> str:
    """Return ``cell`` as text that a spreadsheet shows and never evaluates."""
    text = "" if cell is None else str(cell)
    return "'" + text if text.lstrip().startswith(FORMULA_PREFIXES) or text.startswith(FORMULA_PREFIXES) else text


def _csv_lines(rows: Sequence[Sequence[object]]) -> str:
    target = io.StringIO()
    csv.writer(target, quoting=csv.QUOTE_ALL).writerows([escape_cell(cell) for cell in row] for row in rows)
    return target.getvalue()


def _ticket_row(reader: "_Reader", ticket: Ticket, answers: str) -> tuple[object, ...]:
    return (
        ticket.number,
        ticket.subject,
        labels.status_label(ticket.status, reader.is_team),
        str(labels.PRIORITY_LABELS[Priority(ticket.priority)]),
        ticket.organization.name,
        ticket.requester.display_name,
        ticket.assignee.display_name if ticket.assignee else "",
        ticket.form_version.form.name if ticket.form_version else "",
        _format_time(ticket.created_at, reader.zone),
        _format_time(ticket.updated_at, reader.zone),
        _format_time(ticket.solved_at, reader.zone),
        answers,
    )


def _load_answers(for_team: bool, tickets: list[Ticket]) -> dict[int, str]:
    rows = db.session.scalars(
        select(Answer)
        .where(Answer.ticket_id.in_([ticket.id for ticket in tickets]))
        .options(selectinload(Answer.field))
        .order_by(Answer.id)
    )
    lines_by_ticket: dict[int, list[str]] = {}
    for answer in rows:
        if for_team or not answer.field.team_only:
            lines_by_ticket.setdefault(answer.ticket_id, []).append(f"{answer.field.label}: {answer.text}")
    return {ticket_id: "; ".join(lines) for ticket_id, lines in lines_by_ticket.items()}


def _format_time(time: datetime | None, zone: ZoneInfo) -> str:
    return time.astimezone(zone).isoformat(timespec="seconds") if time else ""
