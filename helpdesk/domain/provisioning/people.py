"""Make, change and deactivate the accounts of the people and groups that a provider sends by SCIM.

A person counts once the connection may speak for their address. Whoever else a provider sends is kept as it sent them,
and is nobody here. Whoever leaves is signed out at once, and their open tickets are passed on to nobody in particular.
"""

from typing import Any

from sqlalchemy import select

from helpdesk.domain import email_address
from helpdesk.domain.administration import audit_log
from helpdesk.domain.authentication.connections import profile, roles, sign_in
from helpdesk.domain.authentication.provider_claims import ProviderClaims
from helpdesk.domain.people import addresses, admission, changes, own_domains, users
from helpdesk.domain.provisioning import former_people
from helpdesk.domain.tickets import handover
from helpdesk.extensions import db
from helpdesk.models.provisioning import ScimResource
from helpdesk.models.sign_in_connection import SignInConnection
from helpdesk.models.user import Identity, User

USER, GROUP = "User", "Group"
GROUPS_CLAIM = "groups"
MAX_NAME_LENGTH = 320


def apply(
    connection: SignInConnection,
    row: ScimResource,
    *,
    was_active: bool | None,
    has_lost_role: bool = False,
    former_address: str | None = None,
) -> None:
    """Do what the person ``row`` says, as it was written.

    ``was_active`` and ``former_address``: what it said before; None for a new one. ``has_lost_role``: they are no
    longer in a group that gives a role. Raises ConflictError, as for the last admin.
    """
    user = row.user or _find_or_create(connection, row)
    if user is None or not _decides_about(connection, user):
        return
    row.user_id = user.id
    if was_active is None:
        former_people.take_over(connection, row, user)
    db.session.flush()
    if not is_active(row):
        if was_active is not False and user.is_active:
            handover.deactivate_user(user, actor=None)
            row.has_deactivated = True
        return
    if not user.is_active and not row.has_deactivated:
        return  # somebody here deactivated them
    if not user.is_active and user.erased_at is None and user.merged_into_id is None and _has_place(connection, row):
        users.activate_user(user, actor=None)
    row.has_deactivated = not user.is_active
    if former_address == user.email:
        _follow_address(connection, user, row)
    _fill_in(connection, user, row.data)
    _apply_group_roles(connection, user, row, has_lost_role)


def apply_group(
    connection: SignInConnection,
    members: frozenset[str],
    *,
    former_name: str = "",
    former: frozenset[str] = frozenset(),
) -> None:
    """Give the people with the ids ``members``, and the ``former`` ones, what their groups now give.

    A provider sends people before groups, so that nobody loses a role by not being in one yet: only who was in
    ``former_name`` does. Raises ConflictError, as for the last admin.
    """
    gave_role = roles.find_grant(connection, {GROUPS_CLAIM: [former_name]}) is not None
    concerned = members | former
    if not concerned:
        return
    rows = db.session.scalars(
        select(ScimResource).where(
            ScimResource.connection_id == connection.id,
            ScimResource.kind == USER,
            ScimResource.resource_id.in_(sorted(concerned)),
        )
    )
    for row in list(rows):
        has_lost = gave_role and row.resource_id in former
        apply(connection, row, was_active=is_active(row), has_lost_role=has_lost)


def deprovision_person(connection: SignInConnection, row: ScimResource) -> None:
    """Deactivate the person ``row``, whom the provider has deleted; its account no longer signs them in."""
    user = row.user
    if row.kind != USER or user is None or not _decides_about(connection, user):
        return
    if user.is_active:
        handover.deactivate_user(user, actor=None)
        row.has_deactivated = True
    for identity in db.session.scalars(
        select(Identity).where(Identity.user_id == user.id, Identity.provider == connection.provider)
    ):
        db.session.delete(identity)
    audit_log.add_entry("was deleted by a provider", None, user.email, user.organization_id, provider=connection.name)


def normalize_name(name: str) -> str:
    """Return a user's or a group's name as it is looked for: case does not matter."""
    return name.replace("\x00", "").casefold()[:MAX_NAME_LENGTH]


def get_group_name(row: ScimResource) -> str:
    """The name of a group, which rules compare; "" for a person."""
    return str(row.data.get("displayName") or "") if row.kind == GROUP else ""


def is_active(row: ScimResource) -> bool:
    """Whether the provider says that the person is active; a person about whom it says nothing is."""
    return row.data.get("active") is not False


def list_members(row: ScimResource) -> frozenset[str]:
    """The ids of the members of a group; none of a person."""
    members = row.data.get("members") if row.kind == GROUP else None
    return frozenset(str(each.get("value")) for each in members or () if isinstance(each, dict))


def read_address(data: dict[str, Any]) -> str | None:
    """The address of a person: the user name if it is one, else the primary or first of its addresses."""
    emails = [each for each in data.get("emails") or () if isinstance(each, dict)]
    ordered = sorted(emails, key=lambda each: each.get("primary") is not True)
    for text in (data.get("userName"), *(each.get("value") for each in ordered)):
        try:
            return email_address.canonical_address(text) if isinstance(text, str) else None
        except ValueError:
            continue
    return None


def _decides_about(connection: SignInConnection, user: User) -> bool:
    """Whether ``connection`` still speaks for ``user``, who may be of the team now, or have another address."""
    is_of_owner = user.is_team == (connection.organization_id is None)
    return is_of_owner and sign_in.speaks_for(connection, email_address.domain_of(user.email))


def _find_or_create(connection: SignInConnection, row: ScimResource) -> User | None:
    email = read_address(row.data)
    if email is None or not sign_in.speaks_for(connection, email_address.domain_of(email)):
        return None
    user, organization = users.find_user(email), connection.organization
    if user is not None and user.email != email:
        return None  # a former address of somebody who is elsewhere now
    if organization is None:
        grant = roles.find_grant(connection, {GROUPS_CLAIM: _list_group_names(connection, row)})
        if user is None and grant in roles.TEAM_ROLES and is_active(row):
            user = users.create_user(email, role=grant)
            audit_log.add_entry("was added by a provider", None, email, provider=connection.name, role=grant)
        return user if user is not None and user.is_team else None
    if email_address.domain_of(email) in own_domains.list_own_domains():
        return None
    if organization not in admission.admitting_organizations(email) or (user is not None and user.is_team):
        return None
    if user is None and is_active(row):
        user = users.create_user(email, organization=organization)
        audit_log.add_entry("was added by a provider", None, email, organization.id, provider=connection.name)
    return user


def _follow_address(connection: SignInConnection, user: User, row: ScimResource) -> None:
    """Give ``user`` the address that the provider now has, if it may speak for it and it is nobody else's."""
    email = read_address(row.data)
    if email is None or email == user.email or not sign_in.speaks_for(connection, email_address.domain_of(email)):
        return
    if users.find_user(email) in (None, user):
        addresses.follow_provider(user, email, provider=connection.name)


def _fill_in(connection: SignInConnection, user: User, data: dict[str, Any]) -> None:
    """The name as the provider has it; language and time zone where none is chosen."""
    given = data.get("name") if isinstance(data.get("name"), dict) else {}
    parts = " ".join(filter(None, (given.get("givenName"), given.get("familyName")))) if given else ""
    name = data.get("displayName") or (given or {}).get("formatted") or parts
    if isinstance(name, str) and users.clean_name(name):
        changes.rename(user, users.clean_name(name))
    claims = {"locale": data.get("preferredLanguage") or data.get("locale"), "zoneinfo": data.get("timezone")}
    said = {key: value for key, value in claims.items() if isinstance(value, str)}
    profile.fill_in(user, ProviderClaims(connection.provider, connection.issuer, "", None, False, profile=said))


def _apply_group_roles(connection: SignInConnection, user: User, row: ScimResource, has_lost_role: bool) -> None:
    if not _asks_groups(connection):
        return
    grant = roles.find_grant(connection, {GROUPS_CLAIM: _list_group_names(connection, row)})
    if connection.organization_id is None and grant is None:
        if has_lost_role:
            handover.deactivate_user(user, actor=None)
            row.has_deactivated = True
        return
    if connection.organization is None or user.organization_id == connection.organization_id:
        roles.apply_grant(connection, user, grant)


def _has_place(connection: SignInConnection, row: ScimResource) -> bool:
    """Whether the person may be active here: of the team only with a group that gives a role, if groups do."""
    if connection.organization_id is not None or not _asks_groups(connection):
        return True
    return roles.find_grant(connection, {GROUPS_CLAIM: _list_group_names(connection, row)}) is not None


def _asks_groups(connection: SignInConnection) -> bool:
    return any(rule["claim"] == GROUPS_CLAIM for rule in connection.role_rules)


def _list_group_names(connection: SignInConnection, row: ScimResource) -> list[str]:
    """The names of the groups that ``row`` is in, of those that the connection's rules name."""
    wanted = {normalize_name(str(rule["value"])) for rule in connection.role_rules}
    groups = db.session.scalars(
        select(ScimResource).where(
            ScimResource.connection_id == connection.id,
            ScimResource.kind == GROUP,
            ScimResource.lookup_name.in_(sorted(wanted)),
        )
    )
    return [get_group_name(group) for group in groups if row.resource_id in list_members(group)]
