"""What an admin of an organization does about its people. Each verb locks the organization, then asks for permission.

Two admins who remove each other at the same time are one after the other that way: the second is no admin any more.
"""

from datetime import timedelta

from sqlalchemy import delete, func, select

from helpdesk import clock, live_events
from helpdesk.domain import email_address, outbox
from helpdesk.domain.administration import audit_log
from helpdesk.domain.authentication import magic_links
from helpdesk.domain.authentication.invitations import MAIL_TTL
from helpdesk.domain.colleagues import roster
from helpdesk.domain.colleagues.roster import Colleague
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import admission, memberships, permissions, session_revocation, users
from helpdesk.extensions import db
from helpdesk.models.audit_log import AuditEntry
from helpdesk.models.delivery import DeliveryKind
from helpdesk.models.organization import Organization, OrganizationAddress
from helpdesk.models.user import Membership, User
from helpdesk.translation import gettext

INVITED, REFUSED = "invited a colleague", "could not invite a colleague"
MAX_INVITATIONS = 50  # of an organization in a day, refused ones too: each is a mail to an address that somebody typed,
# or an answer that tells something about it


def invite(email: str, *, ticket_visibility: str, actor: User) -> None:
    """Admit ``email`` to the organization of ``actor``, and mail an invitation.

    It is an address at one of the organization's domains, or at a public mail domain and of nobody known elsewhere: an
    admin could otherwise draw people of other customers, and their mail, into their own organization. Somebody who was
    removed is admitted again. Raises PermissionDenied, ValidationError and ConflictError. A refused address is counted
    as well, so the caller commits then too; of the limit nobody learns anything about an address.
    """
    organization = _lock(actor)
    email = users.canonical_email(email)
    if ticket_visibility not in users.TICKET_VISIBILITY_LABELS:
        raise ValidationError(gettext("Choose what this person sees."), "ticket_visibility")
    _ensure_few_invitations(organization)
    user = users.find_user(email)
    try:
        _ensure_can_be_invited(email, user, organization)
    except (ValidationError, ConflictError):
        audit_log.add_entry(REFUSED, actor, email, organization.id)
        raise
    if user is None:
        user = users.create_user(email, organization=organization)
    if user.email == email or user.organization_id == organization.id:
        membership = memberships.get_membership(user, organization)
        membership.removed_at = None
        if user.organization_id != organization.id or user.email_verified_at is None:
            membership.invited_at = clock.now()
        db.session.flush()
        users.set_ticket_visibility(user, organization, ticket_visibility, actor=actor)
    # For another address of an account elsewhere only the address is listed: nobody here learns the account's own.
    if organization not in admission.admitting_organizations(email):
        _list_address(organization, email)
    link = magic_links.create_link(email, magic_links.INVITATION, MAIL_TTL, replaces=False)
    outbox.enqueue_account_mail(
        DeliveryKind.invitation, link.id, inviter=actor.email, role="requester", organization=organization.name
    )
    audit_log.add_entry(INVITED, actor, email, organization.id)


def remove(user_id: int, *, actor: User) -> User:
    """Remove a person from the organization of ``actor``: no rule of it admits them until they are invited again.

    Every browser in which they act for it is signed out at once. What they wrote remains, and so do their account and
    their other organizations. Returns the person. Raises PermissionDenied and ConflictError.
    """
    organization = _lock(actor)
    colleague = _find(actor, user_id)
    user = colleague.user
    if user.id == actor.id:
        raise ConflictError(gettext("You cannot remove yourself. Another admin of your organization can."))
    membership = memberships.get_membership(user, organization)
    membership.removed_at, membership.is_admin = membership.removed_at or clock.now(), False
    _unlist_address(organization, user.email)
    if colleague.is_current:
        session_revocation.revoke_user_sessions(user)
        user.organization = next(iter(admission.admitting_organizations(user.email)), None)
        if user.organization is not None:
            users.join_organization(user, user.organization)
        live_events.publish_after_commit(f"user:{user.id}")
    db.session.flush()
    audit_log.add_entry("removed a colleague", actor, user.email, organization.id)
    return user


def remove_address(email: str, *, actor: User) -> None:
    """Remove a listed address with which nobody has signed in. Raises PermissionDenied and ConflictError."""
    organization = _lock(actor)
    if email not in roster.list_unused_addresses(actor):
        raise ConflictError(gettext("This address is not listed any more."))
    _unlist_address(organization, email)
    audit_log.add_entry("removed a colleague", actor, email, organization.id)


def change(user_id: int, *, ticket_visibility: str, is_admin: bool, actor: User) -> User:
    """Set which tickets a person sees in the organization of ``actor``, and whether they are one of its admins.

    Nobody takes the role from themselves, so that an organization keeps an admin. Returns the person.
    Raises PermissionDenied, ValidationError and ConflictError.
    """
    organization = _lock(actor)
    user = _find(actor, user_id).user
    if user.id == actor.id and not is_admin:
        raise ConflictError(gettext("You cannot take this role from yourself. Another admin can."), "is_admin")
    users.set_ticket_visibility(user, organization, ticket_visibility, actor=actor)
    memberships.set_admin(user, organization, is_admin, actor=actor)
    return user


def sign_out(user_id: int, *, actor: User) -> tuple[User, int]:
    """Sign a person out of every browser in which they act for the organization. Returns them and the number.

    Raises PermissionDenied and ConflictError.
    """
    organization = _lock(actor)
    colleague = _find(actor, user_id)
    kept = actor.session.id if colleague.user.id == actor.id and actor.session else None
    count = session_revocation.revoke_user_sessions(colleague.user, except_id=kept) if colleague.is_current else 0
    audit_log.add_entry(audit_log.ENDED_SESSIONS, actor, colleague.user.email, organization.id, count=count)
    return colleague.user, count


def _lock(actor: User) -> Organization:
    """Lock the organization of ``actor`` and reload both, then ask whether they manage it.

    Nothing of the actor is locked: who removes them at the same time holds the organization, and changes their row.
    """
    locked = select(Organization).where(Organization.id == actor.organization_id).with_for_update(of=Organization)
    found = db.session.scalars(locked.execution_options(populate_existing=True)).one_or_none()
    db.session.refresh(actor)
    permissions.ensure(found is not None and actor.organization_id == found.id)
    return roster.ensure_admin(actor)


def _find(actor: User, user_id: int) -> Colleague:
    found = roster.find_colleague(actor, user_id)
    if found is None or found.is_removed:
        raise ConflictError(gettext("This person is not in your organization any more."))
    return found


def _ensure_can_be_invited(email: str, user: User | None, organization: Organization) -> None:
    domain = email_address.domain_of(email)
    is_theirs = domain in {row.domain for row in organization.domains}
    is_free = email_address.is_public_domain(domain) and not _is_known_elsewhere(email, user, organization)
    if (user is not None and user.is_team) or not (is_theirs or is_free):
        raise ValidationError(
            gettext("You can invite addresses of your organization. Ask the support team about this one."), "email"
        )
    if user is not None and not user.is_active and user.organization_id == organization.id:
        raise ConflictError(
            gettext("The support team deactivated this account. Ask them to activate it again."), "email"
        )


def _is_known_elsewhere(email: str, user: User | None, organization: Organization) -> bool:
    listed = select(OrganizationAddress.id).where(
        OrganizationAddress.email == email, OrganizationAddress.organization_id != organization.id
    )
    if db.session.scalar(listed.limit(1)) is not None:
        return True
    if user is None:
        return False
    others = select(Membership.user_id).where(
        Membership.user_id == user.id, Membership.organization_id != organization.id
    )
    is_elsewhere = user.organization_id not in (None, organization.id)
    return is_elsewhere or db.session.scalar(others.limit(1)) is not None


def _ensure_few_invitations(organization: Organization) -> None:
    since = clock.now() - timedelta(days=1)
    of_today = (AuditEntry.organization_id == organization.id, AuditEntry.action.in_((INVITED, REFUSED)))
    if (db.session.scalar(select(func.count()).where(*of_today, AuditEntry.at > since)) or 0) >= MAX_INVITATIONS:
        raise ConflictError(gettext("Many people were invited today. Invite the others tomorrow."), "email")


def _list_address(organization: Organization, email: str) -> None:
    """List an address. Where nobody was listed, the domains stay admitted: ``allowlist_only`` is another choice."""
    present = select(OrganizationAddress.id).where(
        OrganizationAddress.organization_id == organization.id, OrganizationAddress.email == email
    )
    if db.session.scalar(present) is None:
        db.session.add(OrganizationAddress(organization_id=organization.id, email=email))
        organization.version += 1
        db.session.flush()


def _unlist_address(organization: Organization, email: str) -> None:
    listed = OrganizationAddress.organization_id == organization.id, OrganizationAddress.email == email
    removed = db.session.execute(delete(OrganizationAddress).where(*listed).returning(OrganizationAddress.id)).all()
    if removed:
        db.session.expire(organization, ["addresses"])
        organization.version += 1
    db.session.flush()
