"""Saved views: named filters of the agents' queue, private or shared with the team."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from helpdesk.domain.errors import ValidationError
from helpdesk.domain.people import permissions
from helpdesk.domain.ticket_lists import agent_queue, unknown_filters
from helpdesk.extensions import db
from helpdesk.markup.one_line import to_one_line
from helpdesk.models.saved_view import SavedView
from helpdesk.models.user import User
from helpdesk.translation import format_number, gettext

MAX_VIEWS = 30  # saved views of one user
MAX_NAME_LENGTH = 60


def save_view(name: str, filters: Mapping[str, str], *, owner: User, shared: bool = False) -> SavedView:
    """Save ``filters`` as ``name``; a view of that name is replaced.

    Raises PermissionDenied, and ValidationError, also for a filter that names nothing.
    """
    permissions.ensure(owner.is_team and owner.is_active, gettext("Only the team saves views."))
    name = to_one_line(name)
    if not name or len(name) > MAX_NAME_LENGTH:
        raise ValidationError(
            gettext(
                "A view's name has between 1 and %(most_name_length)s characters.",
                most_name_length=format_number(MAX_NAME_LENGTH),
            ),
            "name",
        )
    if unknown := unknown_filters.find_unknown(filters, is_empty=True):
        raise ValidationError(" ".join(unknown.values()), errors=unknown)
    used = {key: value for key, value in agent_queue.normalize_filters(filters).items() if value}
    named = select(SavedView).where(SavedView.owner_id == owner.id, SavedView.name == name)
    view = db.session.scalar(named)
    if view is None:
        count = db.session.scalar(select(db.func.count()).where(SavedView.owner_id == owner.id)) or 0
        if count >= MAX_VIEWS:
            raise ValidationError(
                gettext("You have %(most_views)s views; delete one first.", most_views=format_number(MAX_VIEWS)), "name"
            )
        try:
            with db.session.begin_nested():
                view = SavedView(owner_id=owner.id, name=name, filters=used, shared=shared)
                db.session.add(view)
        except IntegrityError:  # the same form was sent twice at the same time
            view = db.session.scalars(named).one()
    view.filters = used
    view.shared = shared
    db.session.flush()
    return view


def find_view(user: User, view_id: int) -> SavedView | None:
    """Return the view with this id if ``user`` is its owner or it is shared, else None."""
    view = db.session.get(SavedView, view_id)
    return view if view and user.is_team and (view.shared or view.owner_id == user.id) else None


def delete_view(view: SavedView, *, actor: User) -> None:
    """Delete a view: its owner, or an admin for a shared one. Raises PermissionDenied."""
    permissions.ensure(
        view.owner_id == actor.id or (view.shared and permissions.can_administer(actor)),
        gettext("This view is somebody else's."),
    )
    db.session.delete(view)
