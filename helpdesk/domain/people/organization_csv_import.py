"""Import organizations from a CSV file, with a preview of the result of each line."""

import csv
import io
from dataclasses import dataclass
from typing import Any

from helpdesk.domain.errors import DomainError
from helpdesk.domain.people import organizations
from helpdesk.extensions import db
from helpdesk.models.user import User
from helpdesk.translation import gettext

LIST_COLUMNS = ("domains", "addresses", "slack_channels")
BOOLEAN_COLUMNS = ("allowlist_only", "portal_enabled")
COLUMNS = ("name", *LIST_COLUMNS, *BOOLEAN_COLUMNS, "default_ticket_visibility", "microsoft_tenant")
HEADERS_OF_1_0 = {"specific_users_only": "allowlist_only", "default_sees": "default_ticket_visibility"}
MAX_ROWS = 5_000


@dataclass(frozen=True)
class ImportedRow:
    """The result of one line. ``kind``: add, change, same or wrong; ``sentence`` explains it."""

    line: int
    name: str
    kind: str
    sentence: str


class _Rollback(Exception):
    pass


def import_csv(text: str, *, actor: User | None, dry: bool) -> list[ImportedRow]:
    """Import the organizations in ``text``, CSV with a header; wrong lines are skipped.

    With ``dry`` nothing is changed. Existing organizations are found by name; a missing column or an empty cell changes
    nothing. Raises ValueError with a sentence for a file that cannot be read.
    """
    lines = _parse_csv(text)
    results: list[ImportedRow] = []
    try:
        with db.session.begin_nested():
            results = [_import_row(number, values, actor) for number, values in lines]
            if dry:
                raise _Rollback
    except _Rollback:
        db.session.expire_all()
    return results


def _parse_csv(text: str) -> list[tuple[int, dict[str, Any]]]:
    text = text.lstrip("\ufeff")
    first = text.split("\n", 1)[0]
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True)
    try:
        named = [(column or "").strip().lower().replace(" ", "_") for column in reader.fieldnames or ()]
        named = [HEADERS_OF_1_0.get(column, column) for column in named]
        if "name" not in named:
            raise ValueError("The first line must name the columns, and one of them must be “name”.")
        unknown = sorted(set(named) - set(COLUMNS) - {""})
        if unknown:
            raise ValueError(f"There is no column “{unknown[0][:40]}”. Columns are {', '.join(COLUMNS)}.")
        reader.fieldnames = named
        lines = [
            (reader.line_num, row)
            for row in reader
            if any(isinstance(cell, str) and cell.strip() for cell in row.values())
        ]
    except csv.Error as error:
        raise ValueError(f"This is not CSV: {error} (line {reader.line_num}).") from None
    if not lines:
        raise ValueError("The file has no lines below the header.")
    if len(lines) > MAX_ROWS:
        raise ValueError(f"The file has more than {MAX_ROWS:,} lines; import it in parts.")
    return lines


def _import_row(number: int, row: dict[str, Any], actor: User | None) -> ImportedRow:
    name = (row.get("name") or "").strip()
    try:
        with db.session.begin_nested():
            values = _parse_row(row)
            organization = organizations.find_by_name(name) if name else None
            if organization is None:
                organizations.create_organization(name, actor=actor, **_creation_values(values))
                return ImportedRow(number, name, "add", gettext("Will be added."))
            before = organization.version
            organizations.update_organization(organization, version=before, actor=actor, **values)
            if organization.version == before:
                return ImportedRow(number, name, "same", gettext("Is like this already."))
            return ImportedRow(number, name, "change", gettext("Will be changed."))
    except DomainError as error:
        return ImportedRow(number, name, "wrong", error.message)
    except ValueError as error:
        return ImportedRow(number, name, "wrong", str(error))


def _parse_row(row: dict[str, Any]) -> dict[str, Any]:
    if None in row:
        raise ValueError("The line has more cells than the header.")
    values: dict[str, Any] = {}
    for column in COLUMNS[1:]:
        cell = (row.get(column) or "").strip()
        if not cell:
            continue
        if column in LIST_COLUMNS:
            values[column] = cell.replace(";", " ").replace(",", " ").split()
        elif column in BOOLEAN_COLUMNS:
            if cell.lower() not in ("yes", "no", "true", "false", "1", "0"):
                raise ValueError(f"{column} is either yes or no.")
            values[column] = cell.lower() in ("yes", "true", "1")
        else:
            values[column] = cell
    return values


def _creation_values(values: dict[str, Any]) -> dict[str, Any]:
    values = dict(values)
    addresses = values.pop("addresses", [])
    return {"allowlist_only": False} | values | {"specific_users": addresses}
