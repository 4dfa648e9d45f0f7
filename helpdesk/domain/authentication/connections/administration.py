"""What admins do with connections: add, change and delete them, and read what became of the last sign-ins."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Literal
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from helpdesk import clock, encryption
from helpdesk.database.row_ids import is_id
from helpdesk.domain.administration import audit_log
from helpdesk.domain.authentication import provider_claims, ways
from helpdesk.domain.authentication.connections import domain_proofs, failures, provider_address, roles
from helpdesk.domain.authentication.connections.values import ConnectionValues
from helpdesk.domain.errors import ConflictError, FieldRule, ValidationError, ensure_fields
from helpdesk.domain.people import permissions, session_revocation, users
from helpdesk.extensions import db
from helpdesk.key_derivation import Purpose
from helpdesk.markup.name_order import name_key
from helpdesk.models.organization import Organization
from helpdesk.models.session import Session
from helpdesk.models.sign_in_connection import PRESETS, SignInConnection
from helpdesk.models.user import Identity, User
from helpdesk.translation import gettext, lazy_gettext

PRESET_LABELS = {
    "oidc": lazy_gettext("Any OpenID Connect provider"),
    "google": lazy_gettext("Google Workspace"),
    "microsoft": lazy_gettext("Microsoft Entra ID, one directory"),
    "slack": lazy_gettext("Sign in with Slack, for the team"),
}
PRESET_ISSUERS = {"google": "https://accounts.google.com", "slack": "https://slack.com"}
# Issuers with accounts of everybody: what proves an address there is what their preset asks for.
PRESETS_BY_HOST = {
    "accounts.google.com": "google",
    "slack.com": "slack",
    "login.microsoftonline.com": "microsoft",
    "sts.windows.net": "microsoft",
}
LOCKED_SENTENCE = lazy_gettext("The support team switched this connection off. Ask them to switch it on.")
MAX_CONNECTIONS = 10  # of an organization, that its own admins set up
MAX_SESSION_HOURS = 14 * 24
PLAIN_FIELDS: tuple[Literal["is_active", "redirects_at_once", "logs_out_at_provider"], ...] = (
    "is_active",
    "redirects_at_once",
    "logs_out_at_provider",
)


def list_connections(organization: Organization | None = None) -> list[SignInConnection]:
    """All connections, or those of ``organization``; the team's first."""
    query = select(SignInConnection).options(
        selectinload(SignInConnection.domains), selectinload(SignInConnection.organization)
    )
    if organization is not None:
        query = query.where(SignInConnection.organization_id == organization.id)
    found = db.session.scalars(query.order_by(SignInConnection.id))
    return sorted(found, key=lambda each: (each.organization_id is not None, name_key(each.name)))


def get_connection(connection_id: int) -> SignInConnection | None:
    """The connection with this id."""
    return db.session.get(SignInConnection, connection_id) if is_id(connection_id) else None


def find_by_slug(slug: str) -> SignInConnection | None:
    """The connection with this slug, if it is switched on."""
    if not 0 < len(slug) <= 40 or not slug.isascii() or "\x00" in slug:
        return None
    found = select(SignInConnection).where(SignInConnection.slug == slug, SignInConnection.is_active)
    return db.session.scalar(found)


def create_connection(organization: Organization | None, values: ConnectionValues, *, actor: User) -> SignInConnection:
    """Add a connection of ``organization``, or of the team with None. ``values`` as for ``update_connection``, and
    preset, issuer and domains. An admin of the organization sets up at most MAX_CONNECTIONS, whose provider is on the
    public internet. Raises PermissionDenied, ValidationError and ConflictError.
    """
    ensure_permission(actor, organization.id if organization is not None else None)
    is_own_admin = not permissions.can_administer(actor)
    theirs = list_connections(organization) if is_own_admin else []
    if len(theirs) >= MAX_CONNECTIONS:
        raise ConflictError(gettext("The maximum number of connections is reached. Delete one first."))
    preset = values.get("preset") or "oidc"
    connection = SignInConnection(
        organization=organization,
        organization_id=organization.id if organization else None,
        preset=preset if preset in PRESETS else "oidc",
        issuer=PRESET_ISSUERS.get(preset, "").strip() or str(values.get("issuer", "")).strip(),
        role_rules=[],
    )
    if any(each.is_locked and each.issuer == connection.issuer for each in theirs):
        raise ConflictError(str(LOCKED_SENTENCE), "issuer")
    fits = preset in PRESETS and (preset != "slack" or organization is None) and _fits_issuer(preset, connection.issuer)
    issuer_error = provider_address.url_error(connection.issuer, is_private_allowed=not is_own_admin)
    _apply(
        connection,
        values,
        ("preset", fits, gettext("Choose what kind of provider it is.")),
        ("issuer", not issuer_error, issuer_error or ""),
        ("client_secret", values.get("client_secret"), gettext("This is needed.")),
    )
    db.session.add(connection)
    db.session.flush()
    connection.is_locked = organization is not None and not connection.is_active and not is_own_admin
    domain_proofs.set_domains(connection, values.get("domains", ()))
    audit_log.add_entry(
        "added a sign-in connection",
        actor,
        connection.name,
        connection.organization_id,
        issuer=connection.issuer,
        client_id=connection.client_id,
    )
    return connection


def update_connection(connection: SignInConnection, values: ConnectionValues, *, actor: User) -> None:
    """Change name, client_id, client_secret ("" keeps it), domains, rules and switches of ``connection``.

    The issuer stays: accounts are of one issuer, and another one would be other people. What an admin of the help desk
    switched off, the organization's own cannot switch on. Raises PermissionDenied, ValidationError and ConflictError.
    """
    ensure_permission(actor, connection.organization_id)
    before, was_active = _describe(connection), connection.is_active
    switches_on = connection.is_locked and values.get("is_active") and not permissions.can_administer(actor)
    _apply(connection, values, ("is_active", not switches_on, str(LOCKED_SENTENCE)))
    if was_active and not connection.is_active:
        _ensure_not_required(connection, actor)
    if permissions.can_administer(actor) and connection.organization_id is not None:
        connection.is_locked = not connection.is_active
    if "domains" in values:
        domain_proofs.set_domains(connection, values["domains"])
    db.session.flush()
    changed = {key: [before[key], value] for key, value in _describe(connection).items() if before[key] != value}
    if values.get("client_secret"):
        changed["client_secret"] = ["…", "…"]
    if not connection.is_active:
        session_revocation.revoke_sessions(Session.connection_id == connection.id)
    if "session_hours" in changed and connection.session_hours:
        _shorten_sessions(connection, timedelta(hours=connection.session_hours))
    if changed:
        audit_log.add_entry(
            "changed a sign-in connection", actor, connection.name, connection.organization_id, **changed
        )


def delete_connection(connection: SignInConnection, *, actor: User) -> None:
    """Delete ``connection`` with its accounts, and end the sessions it began.

    Raises PermissionDenied and ConflictError.
    """
    ensure_permission(actor, connection.organization_id)
    if connection.is_locked and not permissions.can_administer(actor):
        raise ConflictError(str(LOCKED_SENTENCE))
    _ensure_not_required(connection, actor)
    session_revocation.revoke_sessions(Session.connection_id == connection.id)
    for identity in db.session.scalars(select(Identity).where(Identity.provider == connection.provider)):
        db.session.delete(identity)
    audit_log.add_entry("deleted a sign-in connection", actor, connection.name, connection.organization_id)
    db.session.flush()
    db.session.delete(connection)
    db.session.flush()


def ensure_permission(actor: User, organization_id: int | None) -> None:
    """Raise PermissionDenied unless ``actor`` may set up connections of the organization; None is the team."""
    allowed = permissions.can_connect_providers(actor, organization_id)
    permissions.ensure(allowed, gettext("Only admins can do this."))


def record_failure(connection: SignInConnection, reason: str, detail: str = "") -> None:
    """Keep why the last sign-in failed, and how often it now failed in a way that is everybody's."""
    connection.last_failure_at = clock.now()
    connection.last_failure, connection.last_failure_detail = reason[:40], detail[:255]
    if reason in failures.OF_EVERYBODY:
        connection.failed_in_a_row += 1
    db.session.flush()


def renew_encryption() -> None:
    """Encrypt the secrets with the present SECRET_KEY, before a former one is given up."""
    for row in db.session.scalars(select(SignInConnection).where(SignInConnection.client_secret != "")):
        row.client_secret = encryption.renew(Purpose.PROVIDER_SECRET, row.client_secret)


def _shorten_sessions(connection: SignInConnection, lasts: timedelta) -> None:
    """Let no session that ``connection`` began last longer than ``lasts``."""
    began = Session.connection_id == connection.id, Session.revoked_at.is_(None)
    for session in db.session.scalars(select(Session).where(*began)):
        session.expires_at = min(session.expires_at, session.created_at + lasts)
    db.session.flush()


def _fits_issuer(preset: str, issuer: str) -> bool:
    """Whether the ``preset`` knows whose accounts ``issuer`` has, at which anybody may have one."""
    known = PRESETS_BY_HOST.get(urlsplit(issuer).hostname or "")
    return known in (None, preset) and provider_claims.PERSONAL_ACCOUNTS_TENANT_ID not in issuer


def _ensure_not_required(connection: SignInConnection, actor: User) -> None:
    """An organization's own admin does not take away the last provider where nothing else is let in.

    Raises ConflictError.
    """
    organization = connection.organization
    if organization is None or permissions.can_administer(actor):
        return
    others = [each for each in list_connections(organization) if each.is_active and each.id != connection.id]
    if ways.list_permitted(organization.sign_in_rules) == (ways.OWN,) and not others:
        raise ConflictError(gettext("Your own provider is required. Let your people sign in another way first."))


def _apply(connection: SignInConnection, values: ConnectionValues, *rules: FieldRule) -> None:
    """Set ``values``, then check them and ``rules``. Raises ValidationError with the sentences of all fields."""
    if "name" in values:
        connection.name = users.clean_name(str(values["name"]))
    if "client_id" in values:
        connection.client_id = str(values["client_id"]).strip()
    if secret := str(values.get("client_secret") or "").strip():
        connection.client_secret = encryption.encrypt(Purpose.PROVIDER_SECRET, secret)
    if "tenant" in values or connection.preset == "slack":
        connection.tenant = users.clean_name(str(values.get("tenant", connection.tenant or "")))[:64]
    for name in PLAIN_FIELDS:
        if name in values:
            setattr(connection, name, bool(values[name]))
    if "session_hours" in values:
        connection.session_hours = values["session_hours"]
    if "secret_expires_at" in values:
        connection.secret_expires_at = values["secret_expires_at"]
    ensure_fields(
        gettext("Some answers need another look."),
        *rules,
        *_list_rules(connection, values),
        *_set_role_rules(connection, values),
    )


def _list_rules(connection: SignInConnection, values: ConnectionValues) -> list[FieldRule]:
    """Return the rules of the fields that ``values`` set."""
    name, client_id, hours = connection.name or "", connection.client_id or "", connection.session_hours
    needs_tenant = connection.preset == "slack"
    return [
        ("name", "name" not in values or 0 < len(name) <= 80, gettext("A name has between 1 and 80 characters.")),
        (
            "client_id",
            "client_id" not in values or (0 < len(client_id) <= 255 and client_id.isprintable()),
            gettext("This is needed."),
        ),
        (
            "tenant",
            connection.tenant or not needs_tenant,
            gettext("Enter the id of your workspace, like T0123ABCD."),
        ),
        (
            "session_hours",
            "session_hours" not in values or hours is None or 0 < hours <= MAX_SESSION_HOURS,
            gettext("Write a number of hours between 1 and 336, or nothing."),
        ),
    ]


def _set_role_rules(connection: SignInConnection, values: ConnectionValues) -> list[FieldRule]:
    """Set the rules that give roles, if ``values`` have some; return what is wrong with them."""
    if "role_rules" not in values:
        return []
    try:
        connection.role_rules = roles.parse_rules(values["role_rules"], roles.list_choices(connection))
    except ValidationError as error:
        return [(name, False, sentence) for name, sentence in error.errors.items()]
    return []


def _describe(connection: SignInConnection) -> dict[str, Any]:
    """The values that the audit log compares."""
    names: Iterable[str] = ("name", "client_id", "tenant", "session_hours", *PLAIN_FIELDS)
    return {name: getattr(connection, name) for name in names} | {
        "domains": sorted(row.domain for row in connection.domains),
        "role_rules": roles.format_rules(connection.role_rules),
        "secret_expires_at": str(connection.secret_expires_at or ""),
    }
