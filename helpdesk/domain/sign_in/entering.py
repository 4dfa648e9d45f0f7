"""What happens once somebody has proven an address: who they are here, and whether and where they are let in."""

from dataclasses import dataclass

from sqlalchemy import delete, select, update

from helpdesk import clock
from helpdesk.channels.email import address
from helpdesk.domain import access, people
from helpdesk.domain.errors import NotAllowed
from helpdesk.domain.sign_in import sessions
from helpdesk.extensions import db
from helpdesk.models.people import Identity, Organization, OrganizationDomain, User


class NotAdmitted(NotAllowed):
    """The address is proven, and no rule lets it in."""


@dataclass(frozen=True)
class Entry:
    """Somebody who may come in. More than one organization means they choose."""

    user: User
    organizations: tuple[Organization, ...] = ()


def by_address(email: str, *, name: str = "", microsoft_tenant: str | None = None) -> Entry:
    """Let in whoever has proven the canonical address ``email``; their account is made now if there is none.

    ``microsoft_tenant``: whose directory proved it; an organization that pinned another one does not let in by it.
    Raises NotAdmitted.
    """
    user = people.find(email)
    if user is not None and user.is_team:
        if not user.is_active:
            raise NotAdmitted(f"{email} may not sign in here.")
        _prove(user, name)
        return Entry(user)
    if not access.portal_is_on():
        raise NotAdmitted("The portal is switched off at the moment.")
    organizations = [o for o in access.organizations_for(email) if _tenant_fits(o, microsoft_tenant)]
    if not organizations or (user is not None and (not user.is_active or user.erased_at)):
        raise NotAdmitted(
            f"{email} may not sign in here. Ask your own administrator, or the team you want to write to."
        )
    if user is None:
        user = people.create(email, name=name, organization=organizations[0])
    if user.organization_id not in {organization.id for organization in organizations}:
        people.join(user, organizations[0])
    _prove(user, name)
    _note_use(user)
    return Entry(user, tuple(organizations))


def by_identity(identity: Identity, *, microsoft_tenant: str | None = None) -> Entry:
    """Let in whom we know by a provider's subject, at the address they once proved. Raises NotAdmitted."""
    entry = by_address(identity.user.email, microsoft_tenant=microsoft_tenant)
    identity.last_used_at = clock.now()
    return entry


def _tenant_fits(organization: Organization, tenant: str | None) -> bool:
    return tenant is None or organization.microsoft_tenant is None or organization.microsoft_tenant == tenant


def _prove(user: User, name: str) -> None:
    """The first proof ends whatever anybody else may have prepared under this address (security.md 1.4.3)."""
    if user.proven_at is None:
        sessions.revoke_all(user)
        db.session.execute(
            delete(Identity).where(Identity.user_id == user.id).execution_options(synchronize_session=False)
        )
        user.proven_at = clock.now()
    if not user.name and name:
        user.name = people.clean_name(name)
    db.session.flush()


def _note_use(user: User) -> None:
    db.session.execute(
        update(OrganizationDomain)
        .where(
            OrganizationDomain.organization_id == user.organization_id,
            OrganizationDomain.domain == address.domain_of(user.email),
        )
        .values(last_used_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def is_known(email: str) -> tuple[User | None, list[Organization]]:
    """The user of ``email`` and the organizations that let it in: the same two queries whatever they find."""
    user = db.session.scalar(select(User).where(User.email == email))
    return user, access.organizations_for(email)
