"""Export of ticket lists as a workbook of Excel (XLSX): numbers and dates are such, texts are never formulas."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import IO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from helpdesk.domain.errors import ValidationError
from helpdesk.domain.ticket_lists.export_columns import TIME_COLUMNS, Cell, ExportColumns
from helpdesk.translation import format_number, gettext

MAX_ROWS = 20_000  # a workbook is sent when it is complete, which takes seconds for more
MAX_CELL_LENGTH = 32_767  # units of UTF-16
UNUSABLE_PATTERN = re.compile("[\ud800-\udfff\ufffe\uffff]")  # which XML has not, beside the library's
ESCAPE_PATTERN = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
DATE_FORMAT = "yyyy-mm-dd hh:mm:ss"


def ensure_fits(count: int) -> None:
    """Raise ValidationError if ``count`` tickets are more than MAX_ROWS."""
    if count > MAX_ROWS:
        most = format_number(MAX_ROWS)
        raise ValidationError(
            gettext("A workbook has at most %(most)s tickets. Narrow the list, or take CSV.", most=most)
        )


def write_workbook(columns: ExportColumns, batches: Iterator[list[list[Cell]]], into: IO[bytes]) -> None:
    """Write the rows of ``batches`` into ``into``. Raises ValidationError for more than MAX_ROWS.

    Excel knows no time zones: times are those of the columns' zone, which stands in their headings.
    """
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("Tickets")
    sheet.freeze_panes = "A2"
    sheet.append([_make_cell(sheet, heading) for heading in _headings(columns)])
    count = 0
    for rows in batches:
        count += len(rows)
        if count > MAX_ROWS:  # since they were counted
            sheet.close()  # else its writer fails when it is collected, on a file that is closed
        ensure_fits(count)
        for row in rows:
            sheet.append([_make_cell(sheet, value) for value in row])
    workbook.save(into)


def _headings(columns: ExportColumns) -> list[str]:
    return [
        f"{heading} ({columns.zone.key})" if position in TIME_COLUMNS else heading
        for position, heading in enumerate(columns.headings)
    ]


def _make_cell(sheet: object, value: Cell) -> WriteOnlyCell:
    if isinstance(value, datetime):
        cell = WriteOnlyCell(sheet, value.replace(tzinfo=None, microsecond=0))
        cell.number_format = DATE_FORMAT
        return cell
    if not isinstance(value, str):
        return WriteOnlyCell(sheet, value)
    cell = WriteOnlyCell(sheet, _to_cell_text(value))
    cell.data_type = "s"  # else a text that begins with = would be a formula
    return cell


def _to_cell_text(text: str) -> str:
    """Return as much of ``text`` as a cell holds, in the characters that XML can have.

    Excel counts UTF-16's units, of which an emoji has two, and reads "_x0041_" as A unless its _ is written so itself.
    """
    text = UNUSABLE_PATTERN.sub("", ILLEGAL_CHARACTERS_RE.sub("", text))
    if len(text) * 2 > MAX_CELL_LENGTH:
        text = text.encode("utf-16-le")[: MAX_CELL_LENGTH * 2].decode("utf-16-le", "ignore")
    return ESCAPE_PATTERN.sub("_x005F_", text)
