"""Import customers from a table, with a preview of the exact result of each line."""

from helpdesk import clock
from helpdesk.domain.administration import audit_log
from helpdesk.domain.errors import DomainError
from helpdesk.domain.people import admission, changes, customers, import_table, organizations, permissions, users
from helpdesk.domain.people.organization_csv_import import ImportedRow
from helpdesk.extensions import db
from helpdesk.models.organization import Organization
from helpdesk.models.user import User
from helpdesk.translation import gettext

COLUMNS = ("email", "name", "organization", "sees", "time_zone")
RENAMED = {"address": "email", "e-mail": "email", "mail": "email", "company": "organization"}
VISIBILITY = {"all": "organization", "organization": "organization", "own": "own"}


class _Rollback(Exception):
    pass


def import_people(text: str, *, actor: User, dry: bool) -> list[ImportedRow]:
    """Import the customers in ``text``, CSV with a header; wrong lines are skipped.

    With ``dry`` nothing is changed. People are found by their address or an alias; a missing column or an empty cell
    changes nothing, and nobody changes their organization this way. Raises ValueError with a sentence for a file that
    cannot be read, and PermissionDenied.
    """
    permissions.ensure(permissions.can_administer(actor), gettext("Only admins import people."))
    lines = import_table.read_table(text, COLUMNS, "email", RENAMED)
    results: list[ImportedRow] = []
    seen: dict[int, int] = {}
    try:
        with db.session.begin_nested():
            for line in lines:
                results.append(_import_row(line, actor, seen))
            if dry:
                raise _Rollback
    except _Rollback:
        db.session.expire_all()
    return results


def _import_row(line: import_table.TableLine, actor: User, seen: dict[int, int]) -> ImportedRow:
    given = line.cells["email"]
    try:
        with db.session.begin_nested():
            kind, sentence = _apply(line, actor, seen)
            return ImportedRow(line.number, given, kind, sentence)
    except DomainError as error:
        return ImportedRow(line.number, given, "wrong", error.message)
    except ValueError as error:
        return ImportedRow(line.number, given, "wrong", str(error))


def _apply(line: import_table.TableLine, actor: User, seen: dict[int, int]) -> tuple[str, str]:
    cells = line.cells
    _check_cells(cells)
    email = users.canonical_email(cells["email"])
    organization = _find_organization(cells.get("organization", ""), email)
    existing = users.find_user(email)
    if existing is None and organization is None:
        raise ValueError(gettext("Name the organization: no rule of one admits this address."))
    if existing is not None and existing.id in seen:
        raise ValueError(gettext("Line %(number)s is about this person already.", number=seen[existing.id]))
    was_admitted = organization in admission.admitting_organizations(email)
    user = existing
    if user is None or user.is_team or organization is not None:
        user = customers.add_customer(email, name=cells.get("name", ""), organization=organization, actor=actor)
    seen[user.id] = line.number
    parts = _change(user, cells, actor)
    if existing is not None:
        return ("change", " ".join(parts)) if parts else ("same", gettext("Is like this already."))
    return "add", _describe_new(user, was_admitted)


def _check_cells(cells: dict[str, str]) -> None:
    if import_table.TOO_MANY in cells:
        raise ValueError(gettext("The line has more cells than the header."))
    if cells.get("sees") and cells["sees"].lower() not in VISIBILITY:
        raise ValueError(gettext("The column “sees” holds “all” or “own”."))
    if cells.get("time_zone") and cells["time_zone"] not in clock.time_zone_names():
        raise ValueError(
            gettext("There is no time zone %(zone)s; one is written Europe/Berlin.", zone=cells["time_zone"][:40])
        )


def _find_organization(name: str, email: str) -> Organization | None:
    if not name:
        return customers.suggest_organization(email)
    organization = organizations.find_by_name(name) or organizations.find_by_slug(name)
    if organization is None or organization.merged_into_id:
        raise ValueError(gettext("There is no organization called %(name)s.", name=name[:80]))
    return organization


def _change(user: User, cells: dict[str, str], actor: User) -> list[str]:
    """Change what the cells say; returns a sentence for each change."""
    parts, changed = [], {}
    name, zone = users.clean_name(cells.get("name", "")), cells.get("time_zone", "")
    if name and name != user.name:
        parts.append(gettext("The name becomes %(name)s.", name=name))
        changed["name"] = [user.name, name]
        changes.rename(user, name)
    if zone and zone != user.time_zone:
        parts.append(gettext("The time zone becomes %(zone)s.", zone=zone))
        user.time_zone = zone
    sees = VISIBILITY.get(cells.get("sees", "").lower())
    if sees and sees != user.ticket_visibility and user.organization is not None:
        parts.append(
            gettext("Sees all tickets of the organization.")
            if sees == "organization"
            else gettext("Sees only own tickets.")
        )
        users.set_ticket_visibility(user, user.organization, sees, actor=actor)
    db.session.flush()
    if changed:
        audit_log.add_entry("changed a person", actor, user.email, user.organization_id, **changed)
    return parts


def _describe_new(user: User, was_admitted: bool) -> str:
    if user.organization is None:
        sentences = [gettext("Is added without an organization.")]
    elif user.ticket_visibility == "organization":
        sentences = [gettext("Is added to %(where)s and sees all tickets there.", where=user.organization.name)]
    else:
        sentences = [gettext("Is added to %(where)s and sees only own tickets.", where=user.organization.name)]
    if not was_admitted:
        sentences.append(gettext("The address is listed there, since no rule admits it."))
    if user.organization is not None and not admission.admitting_organizations(user.email):
        sentences.append(
            gettext("Cannot sign in: the portal of %(where)s is switched off.", where=user.organization.name)
        )
    return " ".join(sentences)
