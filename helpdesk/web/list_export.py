"""A list of tickets as a file for a spreadsheet, by what the reader chose: separator of CSV, or a workbook."""

import tempfile
from collections.abc import Mapping
from typing import Any

from flask import Response, flash, redirect, request, send_file
from flask.typing import ResponseReturnValue
from sqlalchemy import Select

from helpdesk.database import pagination
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.ticket_lists import csv_export, export_columns
from helpdesk.models.user import User
from helpdesk.translation import gettext
from helpdesk.web import csv_response

MAX_MEMORY_BYTES = 8 * 1024 * 1024  # larger workbooks are written to disk
WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def send_list(
    reader: User, query: Select[*tuple[Any, ...]], order: pagination.Order, values: Mapping[str, Any], name: str
) -> ResponseReturnValue:
    """Send the list in the format of the parameter ``format``: comma (or csv), semicolon, tab, or xlsx.

    Raises ValidationError for another one.
    """
    columns, chosen = export_columns.find_columns(reader), request.args.get("format") or "comma"
    if chosen == "xlsx":
        return _send_workbook(columns, query, order, values, name)
    separator = csv_export.SEPARATORS.get("comma" if chosen == "csv" else chosen)
    if separator is None:
        raise ValidationError(
            gettext("There is no format “%(format)s”. There are comma, semicolon, tab and xlsx.", format=chosen[:40]),
            "format",
        )
    return csv_response.stream_csv(csv_export.export_query(columns, query, order, values, separator), f"{name}.csv")


def _send_workbook(
    columns: export_columns.ExportColumns,
    query: Select[*tuple[Any, ...]],
    order: pagination.Order,
    values: Mapping[str, Any],
    name: str,
) -> Response:
    from helpdesk.domain.ticket_lists import workbook_export  # here, because it takes 0.1 s to load and few need it

    into = tempfile.SpooledTemporaryFile(max_size=MAX_MEMORY_BYTES)  # noqa: SIM115 (the response closes it once it is sent)
    try:
        workbook_export.ensure_fits(csv_export.count_rows(query, values, workbook_export.MAX_ROWS + 1))
        workbook_export.write_workbook(columns, csv_export.iterate_rows(columns, query, order, values), into)
    except ValidationError as error:
        flash(error.message, "error")
        return redirect(request.path.rpartition("/")[0] if "/desk" in request.path else "/tickets", 303)
    into.seek(0)
    return send_file(into, mimetype=WORKBOOK_TYPE, as_attachment=True, download_name=f"{name}.xlsx")
