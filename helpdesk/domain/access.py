"""By which rule an address is let in, and to which organizations (design.md §9)."""

from sqlalchemy import or_, select

from helpdesk.channels.email import address
from helpdesk.extensions import db
from helpdesk.models.people import Organization, OrganizationAddress, OrganizationDomain, User
from helpdesk.models.tickets import Follower, Ticket


def organizations_for(email: str) -> list[Organization]:
    """The organizations that let the canonical address ``email`` into their portal, by name."""
    by_domain = select(OrganizationDomain.organization_id).where(OrganizationDomain.domain == address.domain_of(email))
    by_address = select(OrganizationAddress.organization_id).where(OrganizationAddress.email == email)
    admitted = or_(Organization.id.in_(by_address), Organization.id.in_(by_domain) & Organization.specific_users_only.is_(False))
    return list(
        db.session.scalars(select(Organization).where(Organization.portal_enabled, admitted).order_by(Organization.name))
    )


def may_receive(user: User, ticket: Ticket) -> bool:
    """Whether ``user`` may be sent ``ticket``'s public messages now, wherever they are signed in."""
    if not user.is_active or user.erased_at:
        return False
    if user.is_team:
        return True
    if ticket.organization_id not in {organization.id for organization in organizations_for(user.email)}:
        return False
    if user.sees == "organization" or ticket.requester_id == user.id:
        return True
    return db.session.get(Follower, (ticket.id, user.id)) is not None
