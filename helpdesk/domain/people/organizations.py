"""Organizations and their admission rules. Changes are audited and end the sessions of people no longer admitted."""

import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.attributes import flag_modified
from sqlalchemy.orm.exc import StaleDataError

from helpdesk import slugs
from helpdesk.database.row_ids import is_id
from helpdesk.domain import email_address
from helpdesk.domain.administration import audit_log
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import organization_channels, own_domains, session_revocation, users
from helpdesk.domain.people.name_conditions import ORGANIZATIONS_BY_NAME, comes_after, has_words, is_named
from helpdesk.extensions import db
from helpdesk.models.organization import Organization, OrganizationAddress, OrganizationDomain
from helpdesk.models.user import Identity, User
from helpdesk.translation import LANGUAGES, gettext, lazy_gettext

MAX_NAME_LENGTH = 200
EXAMPLE_TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47"
STALE_MESSAGE = lazy_gettext("Somebody else changed this organization meanwhile. Reload the page and change it again.")
IS_PRESENT = Organization.merged_into_id.is_(None)  # for lists of organizations
UNCHECKED_FIELDS = ("portal_enabled", "allowlist_only", "notes")


def get_organization(organization_id: int) -> Organization | None:
    """The organization with this id, with its domains and addresses."""
    if not is_id(organization_id):
        return None
    rules = (selectinload(Organization.domains), selectinload(Organization.addresses))
    return db.session.scalar(select(Organization).where(Organization.id == organization_id).options(*rules))


def find_by_slug(slug: str) -> Organization | None:
    """The organization with this slug."""
    slug = slug.replace("\x00", "")
    return db.session.scalar(select(Organization).where(Organization.slug == slug)) if slug else None


def find_by_name(name: str) -> Organization | None:
    """The organization with this name in any case."""
    wanted = name.strip()
    is_alike = has_words(Organization, wanted, whole=True) | (func.lower(Organization.name) == wanted.lower())
    found = db.session.scalars(select(Organization).where(is_alike).order_by(Organization.id))
    return next((each for each in found if each.name.casefold() == wanted.casefold()), None)


def search_organizations(words: str = "", after: int = 0, size: int = 50) -> list[Organization]:
    """Organizations whose name or domain contains ``words``, by name; ``after`` is the id of the last one listed."""
    query = select(Organization).where(IS_PRESENT).options(selectinload(Organization.domains))
    query = query.order_by(*ORGANIZATIONS_BY_NAME).limit(size)
    if words:
        is_similar = OrganizationDomain.domain.icontains(words, autoescape=True)
        by_domain = select(OrganizationDomain.organization_id).where(is_similar)
        query = query.where(is_named(Organization, words) | Organization.id.in_(by_domain))
    return list(db.session.scalars(query.where(comes_after(after)) if after else query))


def count_people(organizations: list[Organization]) -> dict[int, int]:
    """The number of active customers of each organization, by organization id."""
    ids = [organization.id for organization in organizations]
    query = select(User.organization_id, func.count()).where(
        User.organization_id.in_(ids), User.deactivated_at.is_(None)
    )
    return {row[0]: row[1] for row in db.session.execute(query.group_by(User.organization_id)) if row[0] is not None}


def create_organization(
    name: str,
    domains: Iterable[str] = (),
    specific_users: Iterable[str] = (),
    actor: User | None = None,
    **rules: Any,
) -> Organization:
    """Create an organization. ``specific_users`` are listed addresses; if there are any, only they are admitted.

    ``rules`` as for ``update_organization``. Raises ValidationError, with a sentence per field, or ConflictError.
    """
    values = {
        "name": name,
        "domains": domains,
        "addresses": specific_users,
        "allowlist_only": bool(specific_users),
    } | rules
    checked = _validate(values, None)
    organization = Organization(name=checked.pop("name"), slug=_make_slug(name))
    _flush_new(organization)
    _apply_changes(organization, checked, actor)
    audit_log.add_entry("added an organization", actor, organization.name, organization.id, **_audit_details(checked))
    return organization


def update_organization(organization: Organization, *, version: int, actor: User | None, **changes: Any) -> None:
    """Change fields of an organization and sign out at once everybody who is no longer admitted.

    ``changes`` may be name, domains, addresses, portal_enabled, allowlist_only,
    default_ticket_visibility, microsoft_tenant, from_address, language, notes and the fields that list channels
    (``organization_channels.list_fields``). ``version`` is the version that the
    editor saw.
    Raises ValidationError, or ConflictError if the organization has changed meanwhile.
    """
    if organization.version != version:
        raise ConflictError(STALE_MESSAGE)
    checked = _validate(changes, organization)
    before = _current_values(organization, checked)
    if "name" in checked:
        organization.name = checked.pop("name")
    _apply_changes(organization, checked, actor)
    changed = {
        key: [before[key], value]
        for key, value in _current_values(organization, before).items()
        if before[key] != value
    }
    if not changed:
        return
    flag_modified(organization, "name")  # a change of domains alone counts as a new version too
    try:
        db.session.flush()
    except StaleDataError:
        raise ConflictError(STALE_MESSAGE) from None
    if changed.get("microsoft_tenant", [None, None])[1]:
        session_revocation.revoke_organization(organization, provider="microsoft")
    session_revocation.revoke_not_admitted(organization)
    audit_log.add_entry("changed an organization", actor, organization.name, organization.id, **changed)


def validate_rules(values: dict[str, Any]) -> None:
    """Check values of ``update_organization`` for a new organization. Raises ValidationError with all sentences."""
    _validate(values, None)


def list_microsoft_tenants(organization: Organization) -> list[str]:
    """The ids of the Microsoft directories from which people of the organization have signed in."""
    query = (
        select(Identity.issuer)
        .join(Identity.user)
        .where(User.organization_id == organization.id, Identity.provider == "microsoft")
    )
    found = (
        re.search(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", issuer)
        for issuer in db.session.scalars(query.distinct())
    )
    return sorted(match.group() for match in found if match)


def _validate(values: dict[str, Any], organization: Organization | None) -> dict[str, Any]:
    """Return ``values`` as they are stored. Raises ValidationError with the sentences of all fields."""
    errors: dict[str, str] = {}
    checked = {key: values[key] for key in UNCHECKED_FIELDS if key in values}
    checks: dict[str, Callable[[Any, Organization | None], Any]] = {
        "name": _validated_name,
        "domains": _validated_domains,
        "addresses": _validated_addresses,
        "microsoft_tenant": _validated_tenant,
        "from_address": _validated_from_address,
        "default_ticket_visibility": _validated_visibility,
        "language": lambda given, _: given if given in LANGUAGES else None,
    }
    checks |= {field: partial(_validated_channels, field) for field in organization_channels.list_fields()}
    unknown = set(values) - set(checks) - set(UNCHECKED_FIELDS)
    if unknown:
        raise TypeError(f"an organization has no {sorted(unknown)[0]}")
    for field, check in checks.items():
        if field in values:
            try:
                checked[field] = check(values[field], organization)
            except ValueError as error:
                errors[field] = str(error)
    if errors:
        raise ValidationError(next(iter(errors.values())), next(iter(errors)), errors)
    return checked


def _validated_name(given: str, organization: Organization | None) -> str:
    name = users.clean_name(given)
    if not name:
        raise ValueError(gettext("Enter the organization's name."))
    other = find_by_name(name)
    if other is not None and other is not organization:
        raise ValueError(gettext("There is an organization called %(name)s already.", name=other.name))
    return name


def _validated_domains(given: Iterable[str], organization: Organization | None) -> list[str]:
    present = {row.domain for row in organization.domains} if organization else set()
    domains = sorted({email_address.canonical_domain(domain) for domain in given})
    ours = own_domains.list_own_domains()
    for domain in domains:
        if domain in present:
            continue
        if email_address.is_public_domain(domain):
            raise ValueError(gettext("Anybody can have an address at %(domain)s. List people instead.", domain=domain))
        if domain in ours:
            raise ValueError(gettext("%(domain)s is our own domain, so it cannot be a customer's.", domain=domain))
        having = select(Organization).join(OrganizationDomain).where(OrganizationDomain.domain == domain)
        other = db.session.scalar(having)
        if other is not None:
            raise ValueError(gettext("%(domain)s belongs to %(name)s already.", domain=domain, name=other.name))
    return domains


def _validated_addresses(given: Iterable[str], _organization: Organization | None) -> list[str]:
    addresses = []
    for text in given:
        try:
            addresses.append(email_address.canonical_address(text))
        except ValueError as error:
            raise ValueError(f"{text[:80]}: {error}") from None
    return sorted(set(addresses))


def _validated_visibility(given: str, _organization: Organization | None) -> str:
    if given not in users.TICKET_VISIBILITY_LABELS:
        raise ValueError(gettext("Choose what new people see."))
    return given


def _validated_channels(field: str, given: Iterable[str], _organization: Organization | None) -> list[str]:
    return organization_channels.parse_channel_ids(field, given)


def _validated_tenant(given: str | None, _organization: Organization | None) -> str | None:
    text = (given or "").strip()
    if not text:
        return None
    try:
        return str(UUID(text))
    except ValueError:
        raise ValueError(gettext("A Microsoft tenant id looks like %(id)s.", id=EXAMPLE_TENANT)) from None


def _validated_from_address(given: str | None, _organization: Organization | None) -> str | None:
    return email_address.canonical_address(given) if given and given.strip() else None


def _apply_changes(organization: Organization, checked: dict[str, Any], actor: User | None) -> None:
    for key in (*UNCHECKED_FIELDS, "default_ticket_visibility", "microsoft_tenant", "from_address", "language"):
        if key in checked and getattr(organization, key) != checked[key]:
            setattr(organization, key, checked[key])
    if "domains" in checked:
        _replace_rows(organization.domains, "domain", checked["domains"], OrganizationDomain)
    if "addresses" in checked:
        _replace_rows(organization.addresses, "email", checked["addresses"], OrganizationAddress)
    for field in organization_channels.list_fields():
        if field in checked:
            organization_channels.set_channels(field, organization, checked[field])
    try:
        db.session.flush()
    except IntegrityError:
        raise ConflictError(
            gettext("One of the domains was given to another organization just now."), "domains"
        ) from None


def _replace_rows(rows: list[Any], key: str, wanted: list[str], kind: type) -> None:
    """Make ``rows`` contain exactly ``wanted``; rows that remain are not changed."""
    for row in [row for row in rows if getattr(row, key) not in wanted]:
        rows.remove(row)
        db.session.delete(row)
    present = {getattr(row, key) for row in rows}
    rows.extend(kind(**{key: value}) for value in wanted if value not in present)


def _flush_new(organization: Organization) -> None:
    try:
        with db.session.begin_nested():
            db.session.add(organization)
    except IntegrityError:
        raise ConflictError(
            gettext("There is an organization called %(organization)s already.", organization=organization.name), "name"
        ) from None


def _make_slug(name: str) -> str:
    base = slugs.slugify(name)[:60] or "organization"
    same = select(Organization.slug).where(Organization.slug.startswith(base, autoescape=True))
    return slugs.find_free(base, set(db.session.scalars(same)))


def _current_values(organization: Organization, keys: Iterable[str]) -> dict[str, Any]:
    """The current values of ``keys``, as they are compared and audited."""
    lists: dict[str, Callable[[], list[str]]] = {
        "domains": lambda: sorted(row.domain for row in organization.domains),
        "addresses": lambda: sorted(row.email for row in organization.addresses),
    }
    for field in organization_channels.list_fields():
        lists[field] = partial(organization_channels.list_channel_ids, field, organization)
    return {key: lists[key]() if key in lists else getattr(organization, key) for key in keys}


def _audit_details(checked: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in checked.items() if value not in (None, "", [], ())}
