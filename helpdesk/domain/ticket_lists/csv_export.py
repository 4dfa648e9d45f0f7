"""Export of ticket lists as CSV or as a workbook, in batches; no cell is a formula to a spreadsheet."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload, undefer

from helpdesk.database import pagination, transactions
from helpdesk.domain.ticket_lists import export_columns
from helpdesk.domain.ticket_lists.export_columns import Cell, ExportColumns
from helpdesk.extensions import db
from helpdesk.models.form import FormVersion
from helpdesk.models.ticket import Ticket
from helpdesk.translation import use_language

BATCH_SIZE = 500
SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t"}
FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def export_query(
    columns: ExportColumns,
    query: Select[*tuple[Any, ...]],
    order: pagination.Order,
    values: Mapping[str, Any],
    separator: str = ",",
) -> Iterator[str]:
    """Yield the tickets of ``query`` with parameter ``values``, in ``order``, as pieces of CSV.

    The first piece begins with a byte order mark, so that Excel reads the text as UTF-8. Times are ISO 8601 with their
    offset. No loaded object is kept from one piece to the next, so that each may be read in another transaction.
    """
    head = "\ufeff" + csv_lines([columns.headings], separator)
    for rows in iterate_rows(columns, query, order, values):
        yield head + csv_lines(rows, separator)
        head = ""


def iterate_rows(
    columns: ExportColumns, query: Select[*tuple[Any, ...]], order: pagination.Order, values: Mapping[str, Any]
) -> Iterator[list[list[Cell]]]:
    """Yield the rows of the tickets, BATCH_SIZE at a time; a list without tickets is one empty batch."""
    query = query.options(
        joinedload(Ticket.requester),
        joinedload(Ticket.assignee),
        joinedload(Ticket.organization),
        joinedload(Ticket.form_version).joinedload(FormVersion.form),
        *([undefer(Ticket.tag_text)] if columns.for_team else []),
    )
    paged_query = pagination.PagedQuery(query, order)
    cursor: str | None = None
    while True:
        page = paged_query.fetch_page(cursor, BATCH_SIZE, values, is_planned_anew=True)  # one plan may read all
        tickets = [row[0] for row in page.rows]
        answers = export_columns.load_answers(columns, tickets)
        with use_language(columns.language):
            rows = [export_columns.make_row(columns, ticket, answers.get(ticket.id, {})) for ticket in tickets]
        for ticket in tickets:  # not after the piece: a server has ended the session by then
            db.session.expunge(ticket)
        yield rows
        cursor = page.next
        if cursor is None:
            return


def count_rows(query: Select[*tuple[Any, ...]], values: Mapping[str, Any], most: int) -> int:
    """How many tickets ``query`` finds, ``most`` of them counted at most. One query."""
    some = query.with_only_columns(Ticket.id, maintain_column_froms=True).order_by(None).limit(most).subquery()
    return transactions.execute_core(select(func.count()).select_from(some), values, is_planned_anew=True).scalar() or 0


def escape_cell(cell: object) -> str:
    """Return ``cell`` as text that a spreadsheet shows and never evaluates; a time as ISO 8601 with its offset."""
    if isinstance(cell, datetime):
        return cell.isoformat(timespec="seconds")
    text = "" if cell is None else str(cell)
    return "'" + text if text.lstrip().startswith(FORMULA_PREFIXES) or text.startswith(FORMULA_PREFIXES) else text


def csv_lines(rows: Sequence[Sequence[object]], separator: str = ",") -> str:
    """The rows as lines of CSV, every cell quoted."""
    target = io.StringIO()
    writer = csv.writer(target, quoting=csv.QUOTE_ALL, delimiter=separator)
    writer.writerows([escape_cell(cell) for cell in row] for row in rows)
    return target.getvalue()
