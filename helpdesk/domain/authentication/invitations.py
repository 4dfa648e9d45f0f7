"""How people join the team: by a one-time link, mailed or printed. There is no other way in, and no default account."""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import select

from helpdesk import clock
from helpdesk.domain import outbox
from helpdesk.domain.administration import audit_log
from helpdesk.domain.authentication import magic_links
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import permissions, users
from helpdesk.extensions import db
from helpdesk.models.delivery import DeliveryKind
from helpdesk.models.sign_in_link import SignInLink
from helpdesk.models.user import Role, User

MAIL_TTL = timedelta(days=7)
PRINTED_ADMIN_TTL = timedelta(minutes=30)


def invite_agent(
    email: str, name: str = "", role: str = Role.agent, actor: User | None = None
) -> tuple[User, SignInLink]:
    """Make ``email`` one of the team and a link that signs them in once. Raises Invalid or Conflict.

    With ``actor`` it is mailed; without one it is for the command line to print. Inviting again replaces the earlier link.
    """
    email = users.canonical_email(email)
    if role not in (Role.agent, Role.lead, Role.admin):
        raise ValidationError("A role is agent, lead or admin.", "role")
    user = users.find_user(email)
    if user is None:
        user = users.create_user(email, name=name, role=role)
        audit_log.add_entry("invited", actor, email, role=str(role))
    elif not user.is_team:
        where = user.organization.name if user.organization else "no organization"
        raise ConflictError(f"{email} is a customer of {where}; somebody is either a customer or of the team.", "email")
    elif not user.is_active and user.email_verified_at is not None:
        raise ConflictError(f"{user.display_name} was deactivated; activate them first.", "email")
    else:
        users.activate_user(user, actor=actor)  # an invitation that was withdrawn is simply made again
        if user.role != role:
            users.set_role(user, role, actor=actor)
        if name and not user.name:
            user.name = users.clean_name(name)
        audit_log.add_entry("invited again", actor, email, role=str(role))
    printed = actor is None
    link = magic_links.create_link(
        email, magic_links.INVITATION, PRINTED_ADMIN_TTL if printed and role == Role.admin else MAIL_TTL
    )
    if not printed:
        outbox.enqueue_account_mail(DeliveryKind.invitation, link.id, inviter=actor.display_name, role=str(role))
    return user, link


def withdraw_invitation(user: User, *, actor: User) -> None:
    """End the open invitation of ``user``. Raises Conflict if there is none.

    Whoever never signed in is deactivated as well, so that no other way of signing in lets them into the team.
    """
    permissions.ensure(permissions.can_administer(actor), "Only admins withdraw invitations.")
    if not is_open(user):
        raise ConflictError(f"{user.email} has no open invitation.")
    magic_links.invalidate_all(user.email, SignInLink.purpose == magic_links.INVITATION)
    audit_log.add_entry("withdrew an invitation", actor, user.email)
    if user.email_verified_at is None and user.is_active:
        users.deactivate_user(user, actor=actor)


def is_open(user: User) -> bool:
    """Whether ``user`` holds an invitation that can still be used."""
    return user.email in open_invitations([user])


def open_invitations(users: Iterable[User]) -> set[str]:
    """The addresses of those of ``users`` whose invitation can still be used."""
    emails = [user.email for user in users]
    is_usable = SignInLink.used_at.is_(None) & (SignInLink.expires_at > clock.now())
    invited = SignInLink.email.in_(emails) & (SignInLink.purpose == magic_links.INVITATION)
    return set(db.session.scalars(select(SignInLink.email).where(invited, is_usable)))
