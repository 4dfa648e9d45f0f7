"""What a customer is in an organization: one of its admins, or removed from it by one of them."""

from sqlalchemy import select

from helpdesk import live_events
from helpdesk.domain.administration import audit_log
from helpdesk.domain.errors import ConflictError
from helpdesk.domain.people import changes, permissions, users
from helpdesk.extensions import db
from helpdesk.models.organization import Organization
from helpdesk.models.user import Membership, User
from helpdesk.translation import gettext


def set_admin(user: User, organization: Organization, is_admin: bool, *, actor: User) -> None:
    """Make a customer an admin of ``organization``, or no longer; by an admin of it, or of the help desk.

    Raises PermissionDenied.
    """
    is_theirs = permissions.can_manage_people(actor, organization.id)
    permissions.ensure(is_theirs or permissions.can_administer(actor))
    _set_admin(get_membership(user, organization), user, is_admin, actor)


def set_admin_by_provider(user: User, organization: Organization, is_admin: bool) -> None:
    """As ``set_admin``, as the organization's own provider says. Raises ConflictError for the last admin."""
    membership = get_membership(user, organization)
    if membership.is_admin and not is_admin:
        db.session.scalars(select(Organization.id).where(Organization.id == organization.id).with_for_update()).one()
        others = (
            select(Membership.user_id)
            .join(User, User.id == Membership.user_id)
            .where(
                Membership.organization_id == organization.id,
                Membership.user_id != user.id,
                Membership.is_admin,
                Membership.removed_at.is_(None),
                User.deactivated_at.is_(None),
                User.erased_at.is_(None),
            )
        )
        if db.session.scalar(others.limit(1)) is None:
            raise ConflictError(gettext("An organization needs at least one admin."))
    _set_admin(membership, user, is_admin, None)


def _set_admin(membership: Membership, user: User, is_admin: bool, actor: User | None) -> None:
    if membership.is_admin == is_admin:
        return
    membership.is_admin, membership.is_emergency_admin = is_admin, False
    db.session.flush()
    action = "gave the role of organization admin" if is_admin else "withdrew the role of organization admin"
    audit_log.add_entry(action, actor, user.email, membership.organization_id)
    live_events.publish_after_commit(f"user:{user.id}")
    changes.notify_listeners("changed", user, changes={"is_admin": [not is_admin, is_admin]})


def restore(user: User, organization: Organization, *, actor: User) -> None:
    """Let the rules of ``organization`` admit a person again whom its admin removed; by the team.

    Raises PermissionDenied.
    """
    permissions.ensure(actor.is_team and actor.is_active)
    membership = db.session.get(Membership, (user.id, organization.id))
    if membership is None or membership.removed_at is None:
        return
    membership.removed_at = None
    if user.organization_id is None:
        users.join_organization(user, organization)
    db.session.flush()
    audit_log.add_entry("admitted a person again", actor, user.email, organization.id)


def list_memberships(user: User) -> dict[int, Membership]:
    """Return what is stored about a customer in each organization, by its id."""
    rows = db.session.scalars(select(Membership).where(Membership.user_id == user.id))
    return {row.organization_id: row for row in rows}


def get_membership(user: User, organization: Organization) -> Membership:
    """Return what is stored about a customer in ``organization``; a new row with the defaults if there is none."""
    found = db.session.get(Membership, (user.id, organization.id), populate_existing=True)
    if found is None:
        found = Membership(
            user_id=user.id,
            organization_id=organization.id,
            ticket_visibility=user.ticket_visibility
            if user.organization_id == organization.id
            else organization.default_ticket_visibility,
            is_admin=False,
        )
        db.session.add(found)
        db.session.flush()
    return found
