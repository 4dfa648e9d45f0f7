"""A list of tickets as CSV, a page at a time, in which no cell is ever a formula."""

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload, selectinload

from helpdesk.domain import paging, queues, words
from helpdesk.extensions import db
from helpdesk.models.forms import Answer, FormVersion
from helpdesk.models.people import User
from helpdesk.models.tickets import Ticket

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
PAGE = 500
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def tickets_csv(user: User, filters: Mapping[str, str]) -> Iterator[str]:
    """The whole of ``user``'s list under ``filters`` (as queues.customer_page takes them), in pieces of CSV.

    Two or three queries for each five hundred tickets; nothing is held longer than a page.
    """
    query, order, values = queues.filtered(user, filters)
    yield from of_query(user, query, order, values)


def of_query(user: User, query: Select, order: paging.Order, values: Mapping[str, Any]) -> Iterator[str]:
    """The tickets of ``query``, asked with ``values``, in ``order``, as ``user`` may read them.

    The first piece marks the text as UTF-8 for Excel.
    """
    yield "\ufeff" + _lines([HEADINGS])
    query = query.options(
        joinedload(Ticket.requester),
        joinedload(Ticket.assignee),
        joinedload(Ticket.organization),
        joinedload(Ticket.form_version).joinedload(FormVersion.form),
    )
    pages, cursor = paging.Pages(query, order), None
    while True:
        page = pages.at(cursor, PAGE, values)
        tickets = [row[0] for row in page.rows]
        answers = _answers(user, tickets)
        yield _lines([_row(user, ticket, answers.get(ticket.id, "")) for ticket in tickets])
        for ticket in tickets:
            db.session.expunge(ticket)
        cursor = page.next
        if cursor is None:
            return


def safe(cell: object) -> str:
    """``cell`` as text that a spreadsheet shows and never runs."""
    text = "" if cell is None else str(cell)
    return "'" + text if text.lstrip().startswith(DANGEROUS) or text.startswith(DANGEROUS) else text


def _lines(rows: list) -> str:
    target = io.StringIO()
    csv.writer(target, quoting=csv.QUOTE_ALL).writerows([safe(cell) for cell in row] for row in rows)
    return target.getvalue()


def _row(user: User, ticket: Ticket, answers: str) -> tuple:
    return (
        ticket.number,
        ticket.subject,
        words.status(ticket.status, user.is_team),
        words.PRIORITY[ticket.priority],
        ticket.organization.name,
        ticket.requester.display_name,
        ticket.assignee.display_name if ticket.assignee else "",
        ticket.form_version.form.name if ticket.form_version else "",
        _time(ticket.created_at),
        _time(ticket.updated_at),
        _time(ticket.solved_at),
        answers,
    )


def _answers(user: User, tickets: list[Ticket]) -> dict[int, str]:
    rows = db.session.scalars(
        select(Answer)
        .where(Answer.ticket_id.in_([ticket.id for ticket in tickets]))
        .options(selectinload(Answer.field))
        .order_by(Answer.id)
    )
    told: dict[int, list[str]] = {}
    for answer in rows:
        if user.is_team or not answer.field.team_only:
            told.setdefault(answer.ticket_id, []).append(f"{answer.field.label}: {answer.text}")
    return {ticket_id: "; ".join(lines) for ticket_id, lines in told.items()}


def _time(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC") if moment else ""
