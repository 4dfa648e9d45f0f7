"""The team's queue: its page, its fragments, saved views, and the same change to many tickets."""

from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request, stream_with_context

from helpdesk.database import pagination
from helpdesk.domain.inbox import quarantine
from helpdesk.domain.ticket_lists import agent_queue, csv_export
from helpdesk.extensions import db
from helpdesk.models.ticket import Ticket
from helpdesk.web.middleware import authentication, authorization

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
