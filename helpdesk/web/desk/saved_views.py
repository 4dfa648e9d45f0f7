"""The saved views of the agent queue: list, save and delete."""

from flask import Blueprint, abort, flash, render_template, request
from flask.typing import ResponseReturnValue

from helpdesk.channels.email import quarantine
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.ticket_lists import agent_queue, saved_views
from helpdesk.extensions import db
from helpdesk.translation import gettext
from helpdesk.web.desk.agent_queue import list_views, parse_filters, queue_url
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.templating import htmx_responses

blueprint = Blueprint("saved_views", __name__, url_prefix="/desk")


@blueprint.get("/views")
@authorization.team_only
def show_views_fragment() -> ResponseReturnValue:
    """Render the list of saved views alone."""
    user = authentication.get_current_user()
    choices = agent_queue.load_filter_choices(user, quarantine.COUNT_QUERY)
    filters = parse_filters()
    return htmx_responses.unless_known(
        render_template(
            "desk/_views.html",
            views=list_views(filters),
            waiting_mail=choices.number,
            saved=choices.saved,
            filters=filters,
        )
    )


@blueprint.post("/views")
@authorization.team_only
def save_view() -> ResponseReturnValue:
    """Save the page's filters under a name."""
    filters = {name: request.form.get(name, "") for name in agent_queue.FILTER_NAMES}
    try:
        view = saved_views.save_view(
            request.form.get("name", ""),
            filters,
            owner=authentication.get_current_user(),
            shared="shared" in request.form,
        )
    except ValidationError as error:
        db.session.rollback()
        flash(error.message, "error")
        typed = {"view_name": request.form.get("name", "")[:200], "view_shared": request.form.get("shared", "")[:1]}
        return htmx_responses.redirect_to(queue_url(agent_queue.normalize_filters(filters), **typed))
    db.session.commit()
    flash(gettext("The view %(view)s is saved.", view=view.name), "success")
    return htmx_responses.redirect_to(queue_url(agent_queue.normalize_filters(view.filters), saved=str(view.id)))


@blueprint.post("/views/<int:view_id>/delete")
@authorization.team_only
def delete_view(view_id: int) -> ResponseReturnValue:
    """Delete one of one's own views; admins also a shared one."""
    view = saved_views.find_view(authentication.get_current_user(), view_id)
    if view is None:
        abort(404)
    saved_views.delete_view(view, actor=authentication.get_current_user())
    db.session.commit()
    flash(gettext("The view is deleted."), "success")
    return htmx_responses.redirect_to("/desk")
