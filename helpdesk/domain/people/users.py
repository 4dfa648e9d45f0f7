"""Users: creation, deactivation, roles and visibility."""

from sqlalchemy import bindparam, func, select, union_all, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from helpdesk import clock, live_events
from helpdesk.database.row_ids import is_id
from helpdesk.domain import email_address
from helpdesk.domain.administration import audit_log, settings
from helpdesk.domain.errors import ConflictError, PermissionDenied, ValidationError
from helpdesk.domain.people import admission, changes, session_revocation
from helpdesk.domain.people.name_conditions import is_named
from helpdesk.extensions import db
from helpdesk.markup.name_order import sort_by_name
from helpdesk.markup.one_line import to_one_line
from helpdesk.models.organization import Organization
from helpdesk.models.user import Identity, Membership, Role, User, UserAlias
from helpdesk.translation import gettext, lazy_gettext

MAX_NAME_LENGTH = 200
TICKET_VISIBILITY_LABELS = {
    "organization": lazy_gettext("All tickets of the organization"),
    "own": lazy_gettext("Only their own tickets"),
}
IS_PRESENT = (User.erased_at.is_(None), User.merged_into_id.is_(None))  # for lists of people


# Built once; one query, whether the address is a person's own, another one of theirs, or nobody's.
_own, _alias = User.__table__, UserAlias.__table__
USER_BY_ADDRESS_QUERY = select(User).where(
    User.id.in_(
        union_all(
            select(_own.c.id).where(_own.c.email == bindparam("email")),
            select(_alias.c.user_id).where(_alias.c.email == bindparam("email")),
        )
    )
)


def find_user(email: str) -> User | None:
    """Return the user with the canonical address ``email``, or with this alias."""
    return db.session.scalars(USER_BY_ADDRESS_QUERY, {"email": email}).first()


def get_user(user_id: int) -> User | None:
    """Return the user with this id; None if there is none."""
    return db.session.get(User, user_id) if is_id(user_id) else None


def list_team(only_active: bool = True) -> list[User]:
    """Return the members of the team, sorted by name."""
    query = select(User).where(User.role != Role.requester, *IS_PRESENT).order_by(User.email)
    found = db.session.scalars(query.where(User.deactivated_at.is_(None)) if only_active else query)
    return sort_by_name(found, lambda user: user.display_name)


def list_members(organization: Organization) -> list[User]:
    """Return the customers whose current organization this is, sorted by name."""
    query = select(User).where(User.organization_id == organization.id, *IS_PRESENT)
    return sort_by_name(db.session.scalars(query.order_by(User.email)), lambda user: user.display_name)


def search_customers(words: str = "", after: int = 0, size: int = 50) -> list[User]:
    """Customers whose name or address contains ``words``, newest first; ``after`` is the last id already listed."""
    query = select(User).where(User.role == Role.requester, *IS_PRESENT).options(joinedload(User.organization))
    if words:
        by_address = User.email.icontains(words, autoescape=True)
        query = query.where(by_address if "@" in words else is_named(User, words) | by_address)
    if after:
        query = query.where(User.id < after)
    return list(db.session.scalars(query.order_by(User.id.desc()).limit(size)))


def list_memberships(user: User, admitting: list[Organization]) -> list[tuple[Organization, str]]:
    """Return the organizations of a customer, each with their ticket visibility there."""
    stored = {
        row.organization_id: row.ticket_visibility
        for row in db.session.scalars(select(Membership).where(Membership.user_id == user.id))
    }
    if user.organization and user.organization not in admitting:
        admitting = [user.organization, *admitting]
    current = {user.organization_id: user.ticket_visibility}
    return [(each, current.get(each.id) or stored.get(each.id) or each.default_ticket_visibility) for each in admitting]


def create_user(
    email: str, *, name: str = "", role: str = Role.requester, organization: Organization | None = None
) -> User:
    """Create a user with the canonical address ``email``, or return the one that another request created meanwhile."""
    try:
        with db.session.begin_nested():
            user = User(email=email, name=clean_name(name), role=role, organization=organization)
            user.ticket_visibility = organization.default_ticket_visibility if organization else "organization"
            db.session.add(user)
    except IntegrityError:
        return db.session.scalars(select(User).where(User.email == email)).one()
    changes.notify_listeners("added", user)
    if organization:
        db.session.add(
            Membership(user_id=user.id, organization_id=organization.id, ticket_visibility=user.ticket_visibility)
        )
        db.session.flush()
    return user


def join_organization(user: User, organization: Organization) -> None:
    """Make ``organization`` the current one of a requester, with their ticket visibility there."""
    membership = db.session.get(Membership, (user.id, organization.id))
    if membership is None:
        membership = Membership(
            user_id=user.id, organization_id=organization.id, ticket_visibility=organization.default_ticket_visibility
        )
        db.session.add(membership)
    _end_invitations(user, organization)
    user.organization = organization
    user.ticket_visibility = membership.ticket_visibility
    db.session.flush()
    live_events.publish_after_commit(f"user:{user.id}")


def choose_organization(user: User, organization_id: int, choices: list[Organization] | None = None) -> Organization:
    """Switch to another organization: one of ``choices``, by default of those that admit the user.

    Raises PermissionDenied.
    """
    for organization in admission.admitting_organizations(user.email) if choices is None else choices:
        if organization.id == organization_id and not user.is_team:
            join_organization(user, organization)
            return organization
    raise PermissionDenied(gettext("This organization does not let you in."))


def set_ticket_visibility(
    user: User, organization: Organization, ticket_visibility: str, *, actor: User | None
) -> None:
    """Let a customer see all tickets of the organization ("organization") or only their own ("own").

    Raises ValidationError.
    """
    if ticket_visibility not in TICKET_VISIBILITY_LABELS:
        raise ValidationError(gettext("Choose what this person sees."), "ticket_visibility")
    membership = db.session.get(Membership, (user.id, organization.id))
    if membership is None:
        membership = Membership(user_id=user.id, organization_id=organization.id, ticket_visibility=ticket_visibility)
        db.session.add(membership)
    before, membership.ticket_visibility = membership.ticket_visibility, ticket_visibility
    if user.organization_id == organization.id:
        before, user.ticket_visibility = user.ticket_visibility, ticket_visibility
    db.session.flush()
    if before != ticket_visibility:
        live_events.publish_after_commit(f"user:{user.id}")
        audit_log.add_entry(
            "changed what a customer sees", actor, user.email, organization.id, old=before, new=ticket_visibility
        )
        changes.notify_listeners("changed", user, changes={"ticket_visibility": [before, ticket_visibility]})


def set_role(user: User, role: str, *, actor: User | None) -> None:
    """Change the role of a member of the team, who has to sign in again. Raises ValidationError or ConflictError."""
    if role not in (Role.agent, Role.lead, Role.admin):
        raise ValidationError(gettext("Choose agent, lead or admin."), "role")
    if not user.is_team:
        raise ConflictError(
            gettext(
                "%(user)s is a customer; invite them to the team with an address of the team.", user=user.display_name
            )
        )
    if user.role == role:
        return
    if user.is_admin:
        ensure_another_admin(user)
    before, user.role = user.role, role
    db.session.flush()
    session_revocation.revoke_user_sessions(user)
    audit_log.add_entry("changed role", actor, user.email, old=before, new=role)
    changes.notify_listeners("changed", user, changes={"role": [before, role]})


def deactivate_user(user: User, *, actor: User | None) -> None:
    """Deactivate a user and sign them out at once; what they wrote remains. Raises ConflictError."""
    if not user.is_active:
        return
    if user.is_admin:
        ensure_another_admin(user)
    if actor is not None and actor.id == user.id:
        raise ConflictError(gettext("You cannot deactivate yourself."))
    user.deactivated_at = clock.now()
    db.session.flush()
    session_revocation.revoke_user_sessions(user)
    audit_log.add_entry("deactivated", actor, user.email, user.organization_id)
    changes.notify_listeners("changed", user, changes={"is_active": [True, False]})


def activate_user(user: User, *, actor: User | None) -> None:
    """Activate a deactivated user. Raises ConflictError if they were erased."""
    if user.is_active:
        return
    if user.erased_at:
        raise ConflictError(gettext("This person was erased."))
    if user.merged_into_id:
        raise ConflictError(gettext("This person was merged into another."))
    user.deactivated_at = None
    db.session.flush()
    audit_log.add_entry("activated", actor, user.email, user.organization_id)
    changes.notify_listeners("changed", user, changes={"is_active": [False, True]})


def ensure_another_admin(leaving: User) -> None:
    """Raise ConflictError if the admin ``leaving`` is the last one, or the one for emergencies."""
    others = select(func.count()).where(User.role == Role.admin, User.deactivated_at.is_(None), User.id != leaving.id)
    if not db.session.scalar(others):
        raise ConflictError(gettext("This is the last admin; make somebody else admin first."))
    if settings.get("team_sign_in") != "any" and leaving.email == settings.get("emergency_admin"):
        raise ConflictError(gettext("This is the admin for emergencies; choose another one first."))


def remove_identity(user: User, identity_id: int, *, actor: User | None) -> None:
    """Remove a provider's account from ``user``, who can no longer sign in with it. Raises ConflictError."""
    identity = db.session.get(Identity, identity_id)
    if identity is None or identity.user_id != user.id:
        raise ConflictError(gettext("This way of signing in is gone already."))
    db.session.delete(identity)
    session_revocation.revoke_user_sessions(
        user, provider=identity.provider, except_id=actor.session.id if actor and actor.session else None
    )
    db.session.flush()
    audit_log.add_entry(
        "removed a way of signing in", actor, user.email, user.organization_id, provider=identity.provider
    )


def clean_name(name: str) -> str:
    """Return a name on one line, without what nobody sees of it, at most MAX_NAME_LENGTH characters."""
    return to_one_line(name)[:MAX_NAME_LENGTH].rstrip()


def canonical_email(text: str, field: str = "email") -> str:
    """Return the canonical address of what a person typed into ``field``. Raises ValidationError."""
    try:
        return email_address.canonical_address(text)
    except ValueError as error:
        raise ValidationError(str(error), field) from None


def _end_invitations(user: User, organization: Organization) -> None:
    """Record that the person acts for ``organization``, and did for the one that was their current one."""
    acted = Membership.organization_id.in_((organization.id, user.organization_id))
    db.session.execute(
        update(Membership)
        .where(Membership.user_id == user.id, acted, Membership.invited_at.is_not(None))
        .values(invited_at=None)
        .execution_options(synchronize_session=False)
    )
