"""What the team does about customers: add one before they first sign in, and see whether they may."""

from helpdesk.domain import email_address
from helpdesk.domain.administration import audit_log
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import admission, memberships, own_domains, permissions, users
from helpdesk.models.organization import Organization, OrganizationAddress
from helpdesk.models.user import User
from helpdesk.translation import gettext


def add_customer(email: str, *, name: str, organization: Organization | None, actor: User) -> User:
    """Add a person to ``organization``, or return the one who is there.

    Somebody whom the organization's rules do not admit is listed by their address and sees only their own tickets. One
    whom an admin of the organization had removed is admitted again.
    Raises PermissionDenied, ValidationError and ConflictError.
    """
    permissions.ensure(actor.is_team and actor.is_active, gettext("Only the team adds people."))
    email = users.canonical_email(email)
    if organization is None:
        raise ValidationError(gettext("Choose the organization this person belongs to."), "organization")
    if email_address.domain_of(email) in own_domains.list_own_domains():
        raise ValidationError(
            gettext("This is an address of our own. Customers have addresses of their organization."), "email"
        )
    user = users.find_user(email)
    if user is not None:
        memberships.restore(user, organization, actor=actor)
        return _existing_customer(user, organization)
    is_admitted = organization in admission.admitting_organizations(email)
    if not is_admitted:
        organization.addresses.append(OrganizationAddress(email=email))
        organization.version += 1
    user = users.create_user(email, name=name, organization=organization)
    if not is_admitted:
        users.set_ticket_visibility(user, organization, "own", actor=actor)
    audit_log.add_entry("added a person", actor, email, organization.id, listed=not is_admitted)
    return user


def suggest_organization(email: str) -> Organization | None:
    """Return the organization whose rules admit the address ``email``, if there is exactly one."""
    admitting = admission.admitting_organizations(email)
    return admitting[0] if len(admitting) == 1 else None


def _existing_customer(user: User, organization: Organization) -> User:
    if user.is_team:
        raise ConflictError(gettext("%(user)s is a member of the team.", user=user.display_name), "email")
    if not user.is_active:
        raise ConflictError(
            gettext("%(user)s was deactivated. An admin can activate them again.", user=user.display_name), "email"
        )
    if user.organization_id != organization.id:
        where = user.organization.name if user.organization else gettext("no organization")
        raise ConflictError(
            gettext("%(user)s is known already, at %(where)s.", user=user.display_name, where=where), "email"
        )
    return user
