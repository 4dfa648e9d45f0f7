"""The agent queue: its page, its fragment, its CSV export, and its filters."""

import secrets
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, make_response, render_template, request
from flask.typing import ResponseReturnValue

from helpdesk.channels.email import quarantine
from helpdesk.database import pagination
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.ticket_lists import agent_queue, agent_queue_queries, unknown_filters
from helpdesk.models.ticket import Ticket
from helpdesk.web import list_export, page_numbers
from helpdesk.web.desk import queue_columns, queue_order, shown_queue, undo_offer
from helpdesk.web.middleware import authentication, authorization, replica_reads
from helpdesk.web.templating import htmx_responses, page_rendering, ticket_rows

blueprint = Blueprint("agent_queue", __name__, url_prefix="/desk")
blueprint.add_app_template_filter(agent_queue.is_narrowed)
blueprint.add_app_template_filter(agent_queue.is_by_need)
blueprint.add_app_template_global(queue_order.get_remembered_order, "remembered_order")


@blueprint.get("")
@authorization.team_only
@replica_reads.from_replica
def show_queue() -> ResponseReturnValue:
    """The queue; ``?saved=`` names a saved view."""
    user = authentication.get_current_user()
    choices = agent_queue.load_filter_choices(user, quarantine.COUNT_QUERY)
    filters = queue_order.apply_remembered_order(parse_filters())
    views = list_views(filters)
    page = page_rendering.render_page(
        "desk/index.html",
        **queue_context(filters, views),
        undo=undo_offer.describe_bulk_change(request.args.get("changed", "")[:20], user, queue_url(filters)),
        waiting_mail=choices.number,
        form_token=secrets.token_hex(16),
        view_name=request.args.get("view_name", "")[:200],
        view_shared="view_shared" in request.args,
        **shown_queue.describe_queue(choices, views, filters),
    )
    response = make_response(page)
    queue_order.remember_order(response, filters)
    return response


@blueprint.get("/queue")
@authorization.team_only
@replica_reads.from_replica
def show_queue_fragment() -> ResponseReturnValue:
    """The list of tickets: of the rows that the page has, only the places; 304 where nothing changed.

    It is asked for after every change of any ticket, by every page of the team.
    """
    context = queue_context(parse_filters(), known_rows=request.headers.get("Known-Rows", ""))
    html = render_template("desk/_queue.html", **context)
    return htmx_responses.unless_known(html, version_of=html.replace(context["rows"].html, ""))


@blueprint.get("/export.csv")
@authorization.team_only
@replica_reads.from_replica
def export_queue() -> ResponseReturnValue:
    """The filtered queue as a file for a spreadsheet; CSV is streamed while it is read."""
    user = authentication.get_current_user()
    if unknown := unknown_filters.find_unknown(request.args, is_empty=True):
        raise ValidationError(next(iter(unknown.values())), errors=unknown)
    query, values = agent_queue.filtered_query(user, parse_filters())
    order = pagination.Order(((Ticket.id, True),))
    return list_export.send_list(user, query, order, values, "queue")


def parse_filters() -> dict[str, str]:
    """The filters and the cursor in the URL."""
    filters = agent_queue.normalize_filters(request.args)
    return filters | {"after": request.args.get("after", "")[:400], "saved": request.args.get("saved", "")[:20]}


def queue_context(
    filters: dict[str, str], views: list[agent_queue.QueueView] | None = None, known_rows: str = ""
) -> dict[str, Any]:
    """The context of desk/_queue.html. ``views``: with their counts, if these were asked for already."""
    page = agent_queue.fetch_queue_page(authentication.get_current_user(), filters, after=filters["after"])
    rows = _count_rows(filters, views) if page.next or page.previous else None
    hidden = queue_columns.read_hidden_columns()
    place = page_numbers.read_page_number(rows, agent_queue_queries.MAX_COUNT)
    return {
        "page": {
            "tickets": page.tickets,
            "misspelt": page.misspelt,
            "next": queue_url(filters, after=page.next, page=place.next) if page.next else None,
            "previous": queue_url(filters, after=page.previous, page=place.previous) if page.previous else None,
            "place": place,
        },
        "filters": filters,
        "unknown": tuple(unknown_filters.find_unknown(request.args, is_empty=not page.tickets).values()),
        "hidden_columns": hidden,
        "rows": ticket_rows.render_queue_rows(page.tickets, f"?view={filters['view']}", hidden, known_rows),
    }


def _count_rows(filters: dict[str, str], views: list[agent_queue.QueueView] | None) -> int | None:
    """Return how many tickets the list has, None if its view is not counted."""
    if views is None or filters["saved"]:
        user, is_narrowed = authentication.get_current_user(), agent_queue.is_narrowed(filters)
        views = agent_queue.list_views(user, filters if is_narrowed else None)
    return next((view.count for view in views if view.key == filters["view"]), None)


def list_views(filters: dict[str, str]) -> list[agent_queue.QueueView]:
    """The views; with filters that are not those of a saved view, their counts and addresses follow these."""
    is_narrowed = agent_queue.is_narrowed(filters) and not filters["saved"]
    return agent_queue.list_views(authentication.get_current_user(), filters if is_narrowed else None)


def queue_url(filters: dict[str, str], **changes: str) -> str:
    """The URL of the queue with these filters."""
    parameters = {name: value for name, value in (filters | {"after": ""} | changes).items() if value}
    return "/desk" + (f"?{urlencode(parameters)}" if parameters else "")


def get_return_path() -> str:
    """The queue's URL that the form was sent from."""
    path = request.form.get("back", "")
    return (authorization.get_safe_next_path(path) if path.startswith("/desk") else None) or "/desk"
