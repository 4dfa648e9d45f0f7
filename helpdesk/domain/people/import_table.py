"""Read a table to be imported: CSV as spreadsheets write it, or a workbook of Excel (XLSX).

CSV may be UTF-8 or UTF-16 with or without a byte order mark, or in the charset that Excel writes in the reader's
language: Windows-1252 in German or French, Windows-1250 in Polish, Shift_JIS in Japanese. Its separator is named by a
first line ``sep=;``, or found.
"""

import csv
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from helpdesk.translation import current_code, format_number, gettext

MAX_ROWS = 5_000
MAX_FILE_BYTES = 1024 * 1024
MAX_UNZIPPED_BYTES = 50 * 1024 * 1024
SEPARATORS = ",;\t|"
LINE_END = re.compile(r"\r\n|\r|\n")  # the second is an old Macintosh's
WESTERN_CHARSET = "cp1252"
EXCEL_CHARSETS = {"pl": "cp1250", "ja": "cp932", "ar": "cp1256"}  # by language, where it is another
ZIP_START = b"PK\x03\x04"


@dataclass(frozen=True)
class TableLine:
    """One line of a table: its number in the file, and its cells by the name of their column."""

    number: int
    cells: dict[str, str]


def decode_file(raw: bytes) -> str:
    """The text of a CSV file, or a workbook's first sheet as CSV. Raises ValueError with a sentence."""
    if len(raw) > MAX_FILE_BYTES:
        raise ValueError(gettext("The file is larger than 1 MB; import it in parts."))
    if raw.startswith(ZIP_START):
        return _workbook_to_csv(raw)
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decode(raw, "utf-16")
    if raw[1::2].count(0) > len(raw) // 8:  # text in Latin script has a zero in every second byte
        return _decode(raw, "utf-16-le")
    if raw[::2].count(0) > len(raw) // 8:
        return _decode(raw, "utf-16-be")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = _decode_of_language(raw)
    if "\x00" in text:
        raise ValueError(gettext("This is neither CSV nor a workbook of Excel (XLSX)."))
    return text


def read_table(text: str, columns: Sequence[str], needed: str, renamed: dict[str, str]) -> list[TableLine]:
    """The lines of ``text``, CSV whose first line names columns of ``columns``; ``renamed``: former names of some.

    Raises ValueError with a sentence for a file that cannot be read.
    """
    text, skipped, separator = _find_separator(text.lstrip("\ufeff"))
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        named = [(column or "").strip().lower().replace(" ", "_") for column in reader.fieldnames or ()]
        named = [renamed.get(column, column) for column in named]
        _check_columns(named, columns, needed)
        reader.fieldnames = named
        lines = [
            TableLine(reader.line_num + skipped, _clean(row, reader.line_num + skipped))
            for row in reader
            if any(row.values())
        ]
    except csv.Error as error:
        raise ValueError(
            gettext("Line %(number)s is not CSV: %(error)s.", number=reader.line_num + skipped, error=error)
        ) from None
    lines = [line for line in lines if any(cell.strip() for cell in line.cells.values())]
    if not lines:
        raise ValueError(gettext("The file has no lines below the header."))
    if len(lines) > MAX_ROWS:
        raise ValueError(
            gettext("The file has more than %(most)s lines; import it in parts.", most=format_number(MAX_ROWS))
        )
    return lines


def _decode(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding).lstrip("\ufeff")
    except UnicodeDecodeError:
        raise ValueError(
            gettext("The file is neither UTF-8, UTF-16 nor Windows-1252. Save it as “CSV UTF-8”.")
        ) from None


def _decode_of_language(raw: bytes) -> str:
    try:
        return raw.decode(EXCEL_CHARSETS.get(current_code(), WESTERN_CHARSET))
    except UnicodeDecodeError:
        return raw.decode(WESTERN_CHARSET, errors="replace").replace("\ufffd", "?")


def _find_separator(text: str) -> tuple[str, int, str]:
    """The text without a line ``sep=;``, how many lines that was, and the separator."""
    end = LINE_END.search(text)
    first, rest = (text[: end.start()], text[end.end() :]) if end else (text, "")
    if first.lower().startswith("sep=") and len(first) == 5:
        return rest, 1, first[4]
    return text, 0, max(SEPARATORS, key=first.count)


def _check_columns(named: list[str], columns: Sequence[str], needed: str) -> None:
    if needed not in named:
        raise ValueError(
            gettext("The first line must name the columns, and one of them must be “%(column)s”.", column=needed)
        )
    unknown = sorted(set(named) - set(columns) - {""})
    if unknown:
        raise ValueError(
            gettext(
                "There is no column “%(name)s”. Columns are %(columns)s.",
                name=unknown[0][:40],
                columns=", ".join(columns),
            )
        )
    twice = sorted({name for name in named if name and named.count(name) > 1})
    if twice:
        raise ValueError(gettext("The column “%(column)s” is there twice.", column=twice[0][:40]))


def _clean(row: dict[str | None, str | list[str] | None], number: int) -> dict[str, str]:
    """The cells as texts; too many or too few are an error that ``TOO_MANY`` marks."""
    cells = {name: (value or "").strip() for name, value in row.items() if isinstance(name, str) and name}  # type: ignore[union-attr]
    if any(cell.strip() for cell in row.get(None) or ()):
        cells[TOO_MANY] = gettext("Line %(number)s has more cells than the header.", number=number)
    return cells


TOO_MANY = "\x00too many"  # no column can be called that


def _workbook_to_csv(raw: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            is_too_large = sum(member.file_size for member in archive.infolist()) > MAX_UNZIPPED_BYTES
        rows = [] if is_too_large else _read_rows(raw)
    except Exception:  # the libraries raise what they like for a damaged workbook, or one with a password
        raise ValueError(gettext("This workbook cannot be read. Save it as XLSX or as CSV.")) from None
    if is_too_large:
        raise ValueError(gettext("The workbook is too large; import it in parts."))
    target = io.StringIO()
    csv.writer(target).writerows(rows)
    return target.getvalue()


def _read_rows(raw: bytes) -> list[list[str]]:
    # Here, because it takes 0.1 s to load and few processes read a workbook.
    from openpyxl import load_workbook

    workbook = load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
    rows = workbook.worksheets[0].iter_rows(values_only=True, max_row=MAX_ROWS + 2, max_col=50)
    return [[_cell_text(value) for value in row] for row in rows]


def _cell_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, datetime) else str(value)
