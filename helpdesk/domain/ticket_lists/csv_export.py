"""Export of ticket lists as CSV, in batches; no cell is a formula to a spreadsheet."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload, selectinload

from helpdesk.database import pagination
from helpdesk.domain import labels
from helpdesk.domain.ticket_lists import customer_list
from helpdesk.extensions import db
from helpdesk.models.form import Answer, FormVersion
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User

HEADINGS = (
    "Number",
    "Subject",
    "Status",
    "Priority",
    "Organization",
    "Requester",
    "Assignee",
    "Form",
    "Filed",
    "Last activity",
    "Solved",
    "Answers",
)
PRIORITY_LABELS = dict(labels.priority_choices())
BATCH_SIZE = 500
FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def export_customer_list(user: User, filters: Mapping[str, str]) -> Iterator[str]:
    """Return ``user``'s whole list under ``filters`` (see ``customer_list.FILTER_NAMES``) as pieces of CSV.

    Two or three queries for each BATCH_SIZE tickets, which are released before the next ones are loaded.
    """
    query, order, values = customer_list.filtered_query(user, filters)
    return export_query(user.is_team, query, order, values)


def export_query(
    for_team: bool, query: Select[*tuple[Any, ...]], order: pagination.Order, values: Mapping[str, Any]
) -> Iterator[str]:
    """Yield the tickets of ``query`` with parameter ``values``, in ``order``; ``for_team``: with what only it reads.

    The first piece begins with a byte order mark, so that Excel reads the text as UTF-8. No loaded object is kept from
    one piece to the next, so that each may be read in another transaction.
    """
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
        answers = _load_answers(for_team, tickets)
        rows = [_ticket_row(for_team, ticket, answers.get(ticket.id, "")) for ticket in tickets]
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


def _ticket_row(for_team: bool, ticket: Ticket, answers: str) -> tuple[object, ...]:
    return (
        ticket.number,
        ticket.subject,
        labels.status_label(ticket.status, for_team),
        PRIORITY_LABELS[ticket.priority],
        ticket.organization.name,
        ticket.requester.display_name,
        ticket.assignee.display_name if ticket.assignee else "",
        ticket.form_version.form.name if ticket.form_version else "",
        _format_time(ticket.created_at),
        _format_time(ticket.updated_at),
        _format_time(ticket.solved_at),
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


def _format_time(time: datetime | None) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC") if time else ""
