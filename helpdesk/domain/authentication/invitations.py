"""Invitations to the team: one-time links, mailed or printed. There is no other way to join, and no default account."""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import select

from helpdesk import clock
from helpdesk.domain import idempotency, outbox
from helpdesk.domain.administration import audit_log, settings
from helpdesk.domain.authentication import magic_links
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import changes, permissions, users
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery, DeliveryKind, DeliveryState
from helpdesk.models.sign_in_link import SignInLink
from helpdesk.models.user import Role, User
from helpdesk.translation import gettext

MAIL_TTL = timedelta(days=7)
PRINTED_ADMIN_TTL = timedelta(minutes=30)


def invite_agent(
    email: str, name: str = "", role: str = Role.agent, actor: User | None = None, form_token: str | None = None
) -> tuple[User, SignInLink]:
    """Make ``email`` a member of the team and create a link that signs them in once.

    With ``actor`` the link is mailed; without, the command line prints it. A new invitation replaces the earlier link.
    With the ``form_token`` of a form that is sent again soon, the link that it made is returned.
    Raises ValidationError or ConflictError.
    """
    email = users.canonical_email(email)
    nonce = idempotency.bind_token(form_token, [email, actor.id if actor else None])
    if nonce and (made := _find_made(nonce)) and (user := users.find_user(email)):
        return user, made
    if role not in (Role.agent, Role.lead, Role.admin):
        raise ValidationError(gettext("A role is agent, lead or admin."), "role")
    user = users.find_user(email)
    if user is None:
        user = users.create_user(email, name=name, role=role)
        audit_log.add_entry("invited", actor, email, role=str(role))
    elif not user.is_team:
        where = user.organization.name if user.organization else gettext("no organization")
        raise ConflictError(
            gettext(
                "%(email)s is a customer of %(where)s; somebody is either a customer or of the team.",
                email=email,
                where=where,
            ),
            "email",
        )
    elif not user.is_active and user.email_verified_at is not None:
        raise ConflictError(gettext("%(user)s was deactivated; activate them first.", user=user.display_name), "email")
    else:
        users.activate_user(user, actor=actor)  # a withdrawn invitation had deactivated them
        if user.role != role:
            users.set_role(user, role, actor=actor)
        if name and not user.name:
            changes.rename(user, users.clean_name(name))
        audit_log.add_entry("invited again", actor, email, role=str(role))
    ttl = PRINTED_ADMIN_TTL if actor is None and role == Role.admin else MAIL_TTL
    link = magic_links.create_link(email, magic_links.INVITATION, ttl, nonce=nonce)
    if actor is not None:
        outbox.enqueue_account_mail(DeliveryKind.invitation, link.id, inviter=actor.display_name, role=str(role))
    return user, link


def _find_made(nonce: str) -> SignInLink | None:
    """The link that the same form has made; one that is being made in this moment is waited for."""
    settings.lock()
    made = magic_links.find_link_of_nonce(nonce)
    if made is not None:
        idempotency.ensure_repeated_soon(made.created_at, is_valid=magic_links.is_open(made))
    return made


def withdraw_invitation(user: User, *, actor: User) -> None:
    """Withdraw the open invitation of ``user``. Raises ConflictError if there is none, PermissionDenied for non-admins.

    A user who never signed in is deactivated as well, so that they cannot sign in by a provider or another link.
    """
    permissions.ensure(permissions.can_administer(actor), gettext("Only admins withdraw invitations."))
    if not is_open(user):
        raise ConflictError(gettext("%(email)s has no open invitation.", email=user.email))
    magic_links.invalidate_all(user.email, SignInLink.purpose == magic_links.INVITATION)
    audit_log.add_entry("withdrew an invitation", actor, user.email)
    if user.email_verified_at is None and user.is_active:
        users.deactivate_user(user, actor=actor)


def needs_confirmation(link: SignInLink | None) -> bool:
    """Whether ``link`` is an open invitation that was mailed: whoever holds it gets a code by mail, not a session.

    Programs that scan mail open links and press their buttons; a code is typed in the browser that requested it. An
    invitation that was printed or shown has not been read by them.
    """
    if link is None or link.purpose != magic_links.INVITATION or not magic_links.is_open(link):
        return False
    is_about_link = (Delivery.kind == DeliveryKind.invitation, Delivery.subject_id == link.id)
    untouched = (DeliveryState.pending, DeliveryState.cancelled)
    mailed = select(Delivery.id).where(*is_about_link, Delivery.state.not_in(untouched))
    return bool(db.session.scalar(select(mailed.exists())))


def is_open(user: User) -> bool:
    """Whether ``user`` has an invitation that can still be used."""
    return user.email in open_invitations([user])


def open_invitations(users: Iterable[User]) -> set[str]:
    """Return the addresses of the ``users`` who have an invitation that can still be used."""
    emails = [user.email for user in users]
    is_usable = SignInLink.used_at.is_(None) & (SignInLink.expires_at > clock.now())
    invited = SignInLink.email.in_(emails) & (SignInLink.purpose == magic_links.INVITATION)
    return set(db.session.scalars(select(SignInLink.email).where(invited, is_usable)))
