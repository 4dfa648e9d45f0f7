"""Sign-in with a proven address: find or create the user, and check whether and where they are admitted."""

from dataclasses import dataclass

from sqlalchemy import delete, update

from helpdesk import clock
from helpdesk.domain import email_address
from helpdesk.domain.authentication import ways
from helpdesk.domain.errors import PermissionDenied
from helpdesk.domain.people import admission, changes, session_revocation, users
from helpdesk.extensions import db
from helpdesk.models.organization import Organization, OrganizationDomain
from helpdesk.models.sign_in_connection import SignInConnection
from helpdesk.models.user import Identity, User
from helpdesk.translation import gettext


class NotAdmitted(PermissionDenied):
    """The address is proven, but no rule admits it."""


@dataclass(frozen=True)
class LoginResult:
    """A user who may sign in. With more than one organization they choose one."""

    user: User
    organizations: tuple[Organization, ...] = ()


def by_email(
    email: str,
    *,
    name: str = "",
    microsoft_tenant: str | None = None,
    provider: str = ways.LINK,
    connection: SignInConnection | None = None,
) -> LoginResult:
    """Sign in the person who has proven the canonical address ``email``; creates their account if there is none.

    ``email`` may be an alias of a customer, if an organization admits it as well as their own address. ``provider`` is
    how they proved it; organizations that do not let that in do not admit them, and a ``connection`` signs in to its
    own organization only. ``microsoft_tenant``: the directory that proved it; an organization that pinned another one
    does not admit them. Raises NotAdmitted.
    """
    user = users.find_user(email)
    theirs = connection.organization_id if connection is not None else None
    if user is not None and user.is_team:
        is_permitted = ways.permits_team(user, provider, theirs, is_connection=connection is not None)
        if not user.is_active or not is_permitted:
            raise refuse(email)
        _mark_email_verified(user, name)
        return LoginResult(user)
    if not admission.is_portal_enabled():
        raise NotAdmitted(gettext("The portal is switched off at the moment."))
    organizations = [
        each
        for each in admission.admitting_organizations(email)
        if _matches_tenant(each, microsoft_tenant)
        and (ways.permits(each, provider, theirs) or ways.is_emergency_customer(user, each, provider))
    ]
    is_alias = user is not None and user.email != email
    if user is not None and is_alias:  # their sessions end as soon as their own address is not admitted
        own = {organization.id for organization in admission.admitting_organizations(user.email)}
        organizations = [organization for organization in organizations if organization.id in own]
    if not organizations or (user is not None and (not user.is_active or user.erased_at)):
        raise refuse(email)
    if user is None:
        user = users.create_user(email, name=name, organization=organizations[0])
    if user.organization_id not in {organization.id for organization in organizations}:
        users.join_organization(user, organizations[0])
    if not is_alias:  # the proof of another address proves nothing about their own
        _mark_email_verified(user, name)
    _record_domain_use(user)
    return LoginResult(user, tuple(organizations))


def refuse(email: str) -> NotAdmitted:
    """Return the error for an address that may not sign in: the same sentence whatever the reason."""
    return NotAdmitted(
        gettext(
            "%(email)s may not sign in here. Ask your own administrator, or the team you want to write to.",
            email=email,
        )
    )


def by_identity(
    identity: Identity, *, microsoft_tenant: str | None = None, connection: SignInConnection | None = None
) -> LoginResult:
    """Sign in the user of a known provider account, with the address they once proved. Raises NotAdmitted."""
    result = by_email(
        identity.user.email, microsoft_tenant=microsoft_tenant, provider=identity.provider, connection=connection
    )
    identity.last_used_at = clock.now()
    return result


def _matches_tenant(organization: Organization, tenant: str | None) -> bool:
    return tenant is None or organization.microsoft_tenant is None or organization.microsoft_tenant == tenant


def _mark_email_verified(user: User, name: str) -> None:
    """Record the proof. The first one ends sessions and identities that others may have created with this address."""
    if user.email_verified_at is None:
        session_revocation.revoke_user_sessions(user)
        db.session.execute(
            delete(Identity).where(Identity.user_id == user.id).execution_options(synchronize_session=False)
        )
        user.email_verified_at = clock.now()
    if not user.name and name:
        changes.rename(user, users.clean_name(name))
    db.session.flush()


def _record_domain_use(user: User) -> None:
    db.session.execute(
        update(OrganizationDomain)
        .where(
            OrganizationDomain.organization_id == user.organization_id,
            OrganizationDomain.domain == email_address.domain_of(user.email),
        )
        .values(last_used_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def look_up_email(email: str) -> tuple[User | None, list[Organization]]:
    """The user of ``email`` and the organizations that admit it: always the same two queries, whatever they find."""
    return users.find_user(email), admission.admitting_organizations(email)
