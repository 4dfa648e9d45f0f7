"""Export of ticket lists as CSV or as a workbook, in batches; no cell is a formula to a spreadsheet."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import joinedload, undefer

from helpdesk.database import pagination
from helpdesk.domain.ticket_lists import customer_list, export_columns
from helpdesk.domain.ticket_lists.export_columns import Cell, ExportColumns
from helpdesk.extensions import db
from helpdesk.models.form import FormVersion
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import use_language

BATCH_SIZE = 500
SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t"}
FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def export_customer_list(user: User, filters: Mapping[str, str], separator: str = ",") -> Iterator[str]:
    """Return ``user``'s whole list under ``filters`` (see ``customer_list.FILTER_NAMES``) as pieces of CSV.

    Two or three queries for each BATCH_SIZE tickets, which are released before the next ones are loaded.
    """
    query, order, values = customer_list.filtered_query(user, filters)
    return export_query(export_columns.find_columns(user), query, order, values, separator)


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
        page = paged_query.at(cursor, BATCH_SIZE, values)
        tickets = [row[0] for row in page.rows]
        answers = export_columns.load_answers(columns, tickets)
        with use_language(columns.language):
            rows = [export_columns.make_row(columns, ticket, answers.get(ticket.id, {})) for ticket in tickets]
        yield rows
        for ticket in tickets:
            db.session.expunge(ticket)
        cursor = page.next
        if cursor is None:
            return


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
