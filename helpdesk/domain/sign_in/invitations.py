"""How people join the team: by a one-time link, mailed or printed. There is no other way in, and no default account."""

from datetime import timedelta

from sqlalchemy import func, select

from helpdesk.domain import audit, outbox, people
from helpdesk.domain.errors import Conflict, Invalid
from helpdesk.domain.sign_in import magic_links, sessions
from helpdesk.extensions import db
from helpdesk.models.people import Role, User
from helpdesk.models.sessions import SignInLink

BY_MAIL = timedelta(days=7)
PRINTED_FOR_AN_ADMIN = timedelta(minutes=30)


def invite(email: str, name: str = "", role: str = Role.agent, actor: User | None = None) -> tuple[User, SignInLink]:
    """Make ``email`` one of the team and a link that signs them in once. Raises Invalid or Conflict.

    With ``actor`` it is mailed; without one it is for the command line to print. Inviting again replaces the earlier link.
    """
    email = people.canonical(email)
    if role not in (Role.agent, Role.lead, Role.admin):
        raise Invalid("A role is agent, lead or admin.", "role")
    user = people.find(email)
    if user is None:
        user = people.create(email, name=name, role=role)
        audit.write("invited", actor, email, role=str(role))
    elif not user.is_team:
        where = user.organization.name if user.organization else "no organization"
        raise Conflict(f"{email} is a customer of {where}; somebody is either a customer or of the team.", "email")
    elif not user.is_active:
        raise Conflict(f"{user.display_name} was deactivated; activate them first.", "email")
    else:
        if user.role != role:
            people.set_role(user, role, actor=actor)
        if name and not user.name:
            user.name = people.clean_name(name)
        audit.write("invited again", actor, email, role=str(role))
    printed = actor is None
    link = magic_links.new(
        email, magic_links.INVITATION, PRINTED_FOR_AN_ADMIN if printed and role == Role.admin else BY_MAIL
    )
    if not printed:
        outbox.mail("invitation", link.id, inviter=actor.display_name, role=str(role))
    return user, link


def withdraw(user: User, *, actor: User | None) -> None:
    """End a link that was not used; the person stays in the team's list until deactivated."""
    magic_links.end_all(user.email, SignInLink.purpose == magic_links.INVITATION)
    sessions.revoke_all(user)
    audit.write("withdrew an invitation", actor, user.email)


def there_is_an_admin() -> bool:
    """Whether anybody has signed in as admin yet."""
    return bool(
        db.session.scalar(
            select(func.count()).where(
                User.role == Role.admin, User.proven_at.is_not(None), User.deactivated_at.is_(None)
            )
        )
    )
