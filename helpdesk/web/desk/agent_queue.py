"""The team's queue: its page, its fragments, saved views, and the same change to many tickets."""

from urllib.parse import urlencode

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, stream_with_context

from helpdesk.channels.email import quarantine
from helpdesk.database import pagination
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.reporting import qa_reviews
from helpdesk.domain.ticket_lists import agent_queue, csv_export, saved_views
from helpdesk.domain.tickets import bulk_update
from helpdesk.extensions import db
from helpdesk.models.ticket import Ticket
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.request import parse_id
from helpdesk.web.templating import htmx_responses

blueprint = Blueprint("agent_queue", __name__, url_prefix="/desk")


@blueprint.get("")
@authorization.team_only
def show_queue():
    """The queue. ``?saved=`` is the address of a saved view."""
    me = authentication.get_current_user()
    offered = agent_queue.load_filter_choices(me)
    return render_template(
        "desk/index.html",
        **queue_context(),
        views=agent_queue.list_views(me),
        waiting_mail=quarantine.count_waiting(),
        agents=offered.agents,
        organizations=offered.organizations,
        forms_there=offered.forms,
        saved=offered.saved,
        ages=list(agent_queue.AGE_LABELS.items()),
        sorts=list(agent_queue.SORT_LABELS.items()),
    )


@blueprint.get("/queue")
@authorization.team_only
def show_queue_fragment():
    return render_template("desk/_queue.html", **queue_context())


@blueprint.get("/views")
@authorization.team_only
def show_views_fragment():
    me = authentication.get_current_user()
    offered = agent_queue.load_filter_choices(me)
    return render_template(
        "desk/_views.html",
        views=agent_queue.list_views(me),
        waiting_mail=quarantine.count_waiting(),
        saved=offered.saved,
        filters=parse_filters(),
    )


@blueprint.get("/export.csv")
@authorization.team_only
def export_queue():
    """What the filters describe, as CSV, sent while it is read."""
    query, values = agent_queue.filtered_query(authentication.get_current_user(), parse_filters())
    lines = csv_export.export_query(
        authentication.get_current_user(), query, pagination.Order(((Ticket.id, True),)), values
    )
    first = next(lines)

    def pieces():
        yield first
        for piece in lines:
            db.session.rollback()  # no transaction stays open while a slow reader takes a page
            yield piece

    response = Response(stream_with_context(pieces()), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="queue.csv"'
    return response


@blueprint.post("/bulk")
@authorization.team_only
def update_tickets():
    """Set status, assignee and priority of the ticked tickets, and say how many changed."""
    numbers = [number for text in request.form.getlist("tickets") if (number := parse_id(text)) is not None]
    try:
        outcome = bulk_update.update_tickets(
            numbers,
            actor=authentication.get_current_user(),
            status=request.form.get("status", ""),
            assignee=request.form.get("assignee", ""),
            priority=request.form.get("priority", ""),
        )
    except ValidationError as error:
        db.session.rollback()
        flash(error.sentence, "error")
        return htmx_responses.redirect_to(get_return_path())
    db.session.commit()
    flash(outcome.sentence, "warning" if outcome.refused else "success")
    return htmx_responses.redirect_to(get_return_path())


@blueprint.post("/views")
@authorization.team_only
def save_view():
    """Keep the filters of the page under a name."""
    chosen = {name: request.form.get(name, "") for name in agent_queue.FILTER_NAMES}
    try:
        view = saved_views.save_view(
            request.form.get("name", ""),
            chosen,
            owner=authentication.get_current_user(),
            shared="shared" in request.form,
        )
    except ValidationError as error:
        db.session.rollback()
        flash(error.sentence, "error")
        return htmx_responses.redirect_to(queue_url(agent_queue.normalize_filters(chosen)))
    db.session.commit()
    flash(f"The view {view.name} is saved.", "success")
    return htmx_responses.redirect_to(queue_url(agent_queue.normalize_filters(view.filters), saved=str(view.id)))


@blueprint.post("/views/<int:view_id>/delete")
@authorization.team_only
def delete_view(view_id: int):
    """Forget one of one's own views; admins also a shared one."""
    view = saved_views.find_view(authentication.get_current_user(), view_id) if view_id < 2**63 else None
    if view is None:
        abort(404)
    saved_views.delete_view(view, actor=authentication.get_current_user())
    db.session.commit()
    flash("The view is deleted.", "success")
    return htmx_responses.redirect_to("/desk")


@blueprint.get("/remarks")
@authorization.team_only
def list_review_comments():
    """What leads said about one's own tickets."""
    return render_template(
        "desk/review_comments.html",
        marks=qa_reviews.list_comments_for(authentication.get_current_user()),
        words=qa_reviews.RATING_LABELS,
    )


@blueprint.post("/remarks")
@authorization.team_only
def mark_review_comments_read():
    """One has read them."""
    qa_reviews.mark_read(
        qa_reviews.list_comments_for(authentication.get_current_user()), authentication.get_current_user()
    )
    db.session.commit()
    return redirect("/desk/remarks", 303)


def parse_filters() -> dict[str, str]:
    """What the address asks for, and where in the list."""
    chosen = agent_queue.normalize_filters(request.args)
    return chosen | {"after": request.args.get("after", "")[:400], "saved": request.args.get("saved", "")[:20]}


def queue_context() -> dict:
    """What desk/_queue.html needs."""
    chosen = parse_filters()
    page = agent_queue.fetch_queue_page(authentication.get_current_user(), chosen, after=chosen["after"])
    return {
        "page": {
            "tickets": page.tickets,
            "next": queue_url(chosen, after=page.next) if page.next else None,
            "previous": queue_url(chosen, after=page.previous) if page.previous else None,
        },
        "filters": chosen,
    }


def queue_url(chosen: dict[str, str], **more: str) -> str:
    """The queue under these filters."""
    wanted = {name: value for name, value in (chosen | {"after": ""} | more).items() if value}
    return "/desk" + (f"?{urlencode(wanted)}" if wanted else "")


def get_return_path() -> str:
    """The queue's page the form stood on."""
    wanted = request.form.get("back", "")
    return (authorization.get_safe_next_path(wanted) if wanted.startswith("/desk") else None) or "/desk"
