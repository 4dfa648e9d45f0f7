"""Read who belongs to an organization, and where they are signed in, for the admins of that organization."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, exists, literal, or_, select

from helpdesk.database.row_ids import is_id
from helpdesk.domain.authentication import sessions
from helpdesk.domain.people import permissions, users
from helpdesk.extensions import db
from helpdesk.markup import search_words
from helpdesk.models.organization import Organization, OrganizationAddress, OrganizationDomain
from helpdesk.models.session import Session
from helpdesk.models.user import Membership, Role, User


@dataclass(frozen=True)
class Colleague:
    """A person in one organization.

    ``is_current``: they act for it at the moment; only then its admins see where they are signed in.
    ``is_waiting``: they were invited, and have not acted for it since; then its admins see the address only, for the
    account may be one of another organization. ``is_removed``: an admin removed them.
    """

    user: User
    ticket_visibility: str
    is_admin: bool
    is_current: bool
    is_waiting: bool
    is_removed: bool
    sessions: tuple[Session, ...] = ()


def list_colleagues(
    actor: User, *, words: str = "", after: int = 0, size: int = 50, is_removed: bool = False
) -> list[Colleague]:
    """Return people of the organization for which ``actor``, one of its admins, acts; the newest first.

    Those whose name and address contain all ``words``; ``after``: the last id already listed. ``is_removed``: those
    whom an admin removed instead. Raises PermissionDenied.
    """
    organization = ensure_admin(actor)
    query = _query(organization, is_removed=is_removed)
    for word in search_words.join_words(words).split():
        by_name = and_(~_is_waiting(organization), User.search_words.contains(word, autoescape=True))
        query = query.where(or_(by_name, User.email.contains(word, autoescape=True)))
    if after:
        query = query.where(User.id < after)
    rows = db.session.execute(query.order_by(User.id.desc()).limit(size)).all()
    current = [user for user, _ in rows if user.organization_id == organization.id]
    found = sessions.list_sessions_of(current)
    return [
        _describe(organization, user, membership, [each for each in found if each.user_id == user.id])
        for user, membership in rows
    ]


def find_colleague(actor: User, user_id: int) -> Colleague | None:
    """Return one person of that organization, removed or not; None for everybody else. Raises PermissionDenied."""
    organization = ensure_admin(actor)
    if not is_id(user_id):
        return None
    for is_removed in (False, True):
        row = db.session.execute(_query(organization, is_removed=is_removed).where(User.id == user_id)).first()
        if row is not None:
            is_current = row[0].organization_id == organization.id
            return _describe(organization, row[0], row[1], sessions.list_sessions(row[0]) if is_current else [])
    return None


def list_unused_addresses(actor: User) -> list[str]:
    """Return the listed addresses of that organization that are not those of people in it. Raises PermissionDenied."""
    organization = ensure_admin(actor)
    in_it = or_(
        User.organization_id == organization.id,
        exists(Membership.user_id).where(Membership.user_id == User.id, Membership.organization_id == organization.id),
    )
    known = exists(User.id).where(User.email == OrganizationAddress.email, in_it).correlate(OrganizationAddress)
    listed = select(OrganizationAddress.email).where(OrganizationAddress.organization_id == organization.id, ~known)
    return list(db.session.scalars(listed.order_by(OrganizationAddress.email)))


def ensure_admin(actor: User) -> Organization:
    """Return the organization that ``actor`` manages. Raises PermissionDenied for everybody who manages none."""
    permissions.ensure(permissions.can_manage_people(actor, actor.organization_id))
    return db.session.get_one(Organization, actor.organization_id)


def _query(organization: Organization, *, is_removed: bool) -> Select[User, Membership]:
    """Active customers who act for the organization, or who have a membership in it and are admitted by it."""
    is_theirs = and_(Membership.user_id == User.id, Membership.organization_id == organization.id)
    belongs: ColumnElement[bool] = Membership.removed_at.is_not(None)
    if not is_removed:
        belongs = and_(
            Membership.removed_at.is_(None),
            or_(User.organization_id == organization.id, and_(Membership.user_id.is_not(None), _admits(organization))),
        )
    return (
        select(User, Membership)
        .outerjoin(Membership, is_theirs)
        .where(User.role == Role.requester, User.deactivated_at.is_(None), *users.IS_PRESENT, belongs)
    )


def _admits(organization: Organization) -> ColumnElement[bool]:
    """Whether the organization's rules admit a person by their address."""
    listed = exists(OrganizationAddress.id).where(
        OrganizationAddress.organization_id == organization.id, OrganizationAddress.email == User.email
    )
    by_domain = exists(OrganizationDomain.id).where(
        OrganizationDomain.organization_id == organization.id,
        User.email.like(literal("%@").concat(OrganizationDomain.domain)),
    )
    rules = (listed, by_domain)
    return listed.correlate(User) if organization.allowlist_only else or_(*(each.correlate(User) for each in rules))


def _is_waiting(organization: Organization) -> ColumnElement[bool]:
    has_come = and_(User.organization_id == organization.id, User.email_verified_at.is_not(None))
    return and_(Membership.invited_at.is_not(None), ~has_come)


def _describe(organization: Organization, user: User, membership: Membership | None, found: list[Session]) -> Colleague:
    is_current = user.organization_id == organization.id
    stored = membership.ticket_visibility if membership else organization.default_ticket_visibility
    return Colleague(
        user=user,
        ticket_visibility=user.ticket_visibility if is_current else stored,
        is_admin=membership is not None and membership.is_admin,
        is_current=is_current,
        is_waiting=membership is not None
        and membership.invited_at is not None
        and not (is_current and user.email_verified_at is not None),
        is_removed=membership is not None and membership.removed_at is not None,
        sessions=tuple(found),
    )
