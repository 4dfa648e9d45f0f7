"""Import organizations from a table, with a preview of the exact result of each line."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from helpdesk import clock
from helpdesk.domain.errors import DomainError
from helpdesk.domain.people import admission, import_table, organization_channels, organizations
from helpdesk.extensions import db
from helpdesk.models.organization import Organization
from helpdesk.models.session import Session
from helpdesk.models.user import User
from helpdesk.translation import format_list, gettext, ngettext

BOOLEAN_COLUMNS = ("allowlist_only", "portal_enabled")
HEADERS_OF_1_0 = {"specific_users_only": "allowlist_only", "default_sees": "default_ticket_visibility"}
MAX_NAMED = 8  # values that a sentence lists


@dataclass(frozen=True)
class ImportedRow:
    """The result of one line. ``kind``: add, change, same or wrong; ``sentence`` says exactly what becomes of it."""

    line: int
    name: str
    kind: str
    sentence: str


class _Rollback(Exception):
    pass


def list_columns() -> tuple[str, ...]:
    """Return the columns that a table may have, in the order in which a page shows them."""
    return ("name", *_list_columns(), *BOOLEAN_COLUMNS, "default_ticket_visibility", "microsoft_tenant")


def _list_columns() -> tuple[str, ...]:
    """Return the columns whose cells list several values."""
    return ("domains", "addresses", *organization_channels.list_fields())


def import_csv(text: str, *, actor: User | None, dry: bool) -> list[ImportedRow]:
    """Import the organizations in ``text``, CSV with a header; wrong lines are skipped.

    With ``dry`` nothing is changed. Existing organizations are found by name; a missing column or an empty cell changes
    nothing. Raises ValueError with a sentence for a file that cannot be read.
    """
    lines = import_table.read_table(text, list_columns(), "name", HEADERS_OF_1_0)
    results: list[ImportedRow] = []
    seen: dict[str, int] = {}
    try:
        with db.session.begin_nested():
            for line in lines:
                name = line.cells["name"]
                first = seen.setdefault(name.lower(), line.number)
                if name and first != line.number:
                    sentence = gettext("Line %(first)s is about this organization already.", first=first)
                    results.append(ImportedRow(line.number, name, "wrong", sentence))
                else:
                    results.append(_import_row(line, actor))
            if dry:
                raise _Rollback
    except _Rollback:
        db.session.expire_all()
    return results


def _import_row(line: import_table.TableLine, actor: User | None) -> ImportedRow:
    name = line.cells["name"]
    try:
        with db.session.begin_nested():
            values = _parse_row(line.cells)
            organization = organizations.find_by_name(name) if name else None
            if organization is None:
                organizations.create_organization(name, actor=actor, **_creation_values(values))
                details = [_describe_added(key, values[key]) for key in _list_columns() if values.get(key)]
                return ImportedRow(
                    line.number, name, "add", " ".join([gettext("The organization will be added."), *details])
                )
            return _change(line.number, organization, values, actor)
    except DomainError as error:
        return ImportedRow(line.number, name, "wrong", error.message)
    except ValueError as error:
        return ImportedRow(line.number, name, "wrong", str(error))


def _change(number: int, organization: Organization, values: dict[str, Any], actor: User | None) -> ImportedRow:
    name, version = organization.name, organization.version
    lists, former = _read_lists(organization), {key: getattr(organization, key, None) for key in values}
    admitted, signed_in = _read_admitted(organization), _read_signed_in(organization)
    organizations.update_organization(organization, version=version, actor=actor, **values)
    if organization.version == version:
        return ImportedRow(number, name, "same", gettext("Is like this already."))
    parts = []
    for key, words in _read_lists(organization).items():
        parts += [_describe_added(key, sorted(words - lists[key]))] if words - lists[key] else []
        parts += [_describe_removed(key, sorted(lists[key] - words))] if lists[key] - words else []
    for key in values:
        if key not in _list_columns() and former[key] != getattr(organization, key):
            value = _describe_value(getattr(organization, key))
            parts.append(gettext("“%(column)s” becomes %(value)s.", column=key, value=value))
    lost, ended = admitted - _read_admitted(organization), signed_in - _read_signed_in(organization)
    if lost:
        parts.append(
            ngettext("%(num)s person can no longer sign in.", "%(num)s people can no longer sign in.", len(lost))
        )
    if ended:
        parts.append(ngettext("Signs %(num)s person out.", "Signs %(num)s people out.", len(ended)))
    return ImportedRow(number, name, "change", " ".join(parts) or gettext("Will be changed."))


def _read_lists(organization: Organization) -> dict[str, set[str]]:
    return {
        "domains": {row.domain for row in organization.domains},
        "addresses": {row.email for row in organization.addresses},
    } | {
        field: set(organization_channels.list_channel_ids(field, organization))
        for field in organization_channels.list_fields()
    }


def _read_admitted(organization: Organization) -> set[int]:
    """The people of the organization whom its rules admit."""
    rule = User.organization_id == organization.id, admission.admission_condition()
    return set(db.session.scalars(select(User.id).where(*rule)))


def _read_signed_in(organization: Organization) -> set[int]:
    """The people of the organization who are signed in somewhere."""
    live = Session.revoked_at.is_(None), Session.expires_at > clock.now()
    query = select(Session.user_id).join(User, User.id == Session.user_id)
    return set(db.session.scalars(query.where(User.organization_id == organization.id, *live)))


def _parse_row(row: dict[str, str]) -> dict[str, Any]:
    if import_table.TOO_MANY in row:
        raise ValueError(gettext("The line has more cells than the header."))
    values: dict[str, Any] = {}
    for column in list_columns()[1:]:
        cell = row.get(column) or ""
        if not cell:
            continue
        if column in _list_columns():
            values[column] = cell.replace(";", " ").replace(",", " ").split()
        elif column in BOOLEAN_COLUMNS:
            if cell.lower() not in ("yes", "no", "true", "false", "1", "0"):
                raise ValueError(gettext("%(setting)s is either yes or no.", setting=column))
            values[column] = cell.lower() in ("yes", "true", "1")
        else:
            values[column] = cell
    return values


def _creation_values(values: dict[str, Any]) -> dict[str, Any]:
    values = dict(values)
    addresses = values.pop("addresses", [])
    return {"allowlist_only": False} | values | {"specific_users": addresses}


def _describe_added(key: str, values: Iterable[str]) -> str:
    names, count = _name_values(values)
    match key:
        case "domains":
            return ngettext("Adds the domain %(names)s.", "Adds the domains %(names)s.", count, names=names)
        case "addresses":
            return ngettext("Lists the address %(names)s.", "Lists the addresses %(names)s.", count, names=names)
    return organization_channels.get_kind(key).describe_added(names, count)


def _describe_removed(key: str, values: Iterable[str]) -> str:
    names, count = _name_values(values)
    match key:
        case "domains":
            return ngettext("Removes the domain %(names)s.", "Removes the domains %(names)s.", count, names=names)
        case "addresses":
            return ngettext(
                "No longer lists the address %(names)s.", "No longer lists the addresses %(names)s.", count, names=names
            )
    return organization_channels.get_kind(key).describe_removed(names, count)


def _name_values(values: Iterable[str]) -> tuple[str, int]:
    """The values as a list, not all of many; how many there are."""
    listed = list(values)
    named, rest = listed[:MAX_NAMED], len(listed) - MAX_NAMED
    if rest > 0:
        named.append(ngettext("%(num)s more", "%(num)s more", rest))
    return format_list(named), len(listed)


def _describe_value(value: Any) -> str:
    words = {True: gettext("yes"), False: gettext("no"), None: gettext("empty")}
    return words[value] if value is None or isinstance(value, bool) else str(value)
