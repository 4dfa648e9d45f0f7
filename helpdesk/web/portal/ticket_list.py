"""A customer's list of tickets: page, fragment and CSV. Every state of it has a URL."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from helpdesk.domain.ticket_lists import customer_list
from helpdesk.web import list_export, page_numbers
from helpdesk.web.middleware import authentication, authorization, replica_reads
from helpdesk.web.templating.page_rendering import render_page

blueprint = Blueprint("ticket_list", __name__)


@blueprint.get("/")
@authorization.public
def redirect_home() -> ResponseReturnValue:
    """Redirect to the start page of the signed-in person."""
    if not current_user.is_authenticated:
        return redirect("/sign-in")
    return redirect(authentication.get_landing_path(current_user))


@blueprint.get("/tickets")
@replica_reads.from_replica
def list_tickets() -> ResponseReturnValue:
    """The list; the team is redirected to the agent queue."""
    user = authentication.get_current_user()
    if user.is_team:
        return redirect("/desk")
    counts, options = customer_list.load_counts_and_options(user, parse_filters())
    organization_name = user.organization.name if user.organization else ""
    return render_page(
        "portal/index.html", **list_context(counts), organization_name=organization_name, options=options
    )


@blueprint.get("/tickets/list")
@replica_reads.from_replica
def show_list_fragment() -> ResponseReturnValue:
    """The list alone."""
    return render_template("portal/_ticket_list.html", **list_context())


@blueprint.get("/tickets.csv")
@replica_reads.from_replica
def export_tickets() -> ResponseReturnValue:
    """The whole filtered list as a file for a spreadsheet; CSV is streamed while it is read."""
    user = authentication.get_current_user()
    query, order, values = customer_list.filtered_query(user, parse_filters())
    return list_export.send_list(user, query, order, values, "tickets")


def parse_filters() -> dict[str, str]:
    """The filters in the URL."""
    return {name: request.args.get(name, "")[:200] for name in customer_list.FILTER_NAMES}


def list_context(counts: dict[str, int] | None = None) -> dict[str, Any]:
    """The context of portal/_ticket_list.html. ``counts``: as of ``count_tickets``, where they are known.

    ``shown_…``: the same as plain values, by which parts of the page are kept.
    """
    user, filters = authentication.get_current_user(), parse_filters()
    page = customer_list.fetch_list_page(user, filters, request.args.get("after"))
    if counts is None:
        counts = customer_list.count_tickets(user, filters)
    place = page_numbers.read_page_number(counts.get(filters["status"] or "all"), customer_list.MAX_COUNT)
    return {
        "page": {
            "tickets": page.tickets,
            "misspelt": page.misspelt,
            "next": _list_url(filters, page.next, place.next),
            "previous": _list_url(filters, page.previous, place.previous),
            "place": place,
        },
        "filters": filters,
        "shown_filters": tuple(filters.items()),
        "unknown": [sentence for name, sentence in page.errors.items() if name not in ("from", "to")],
        "shown_errors": tuple((name, str(sentence)) for name, sentence in page.errors.items()),
        "shown_counts": tuple(counts.items()),
        "sees_others": user.ticket_visibility != "own",
        "after": request.args.get("after", "")[:400],
    }


def _list_url(filters: dict[str, str], cursor: str | None, number: str) -> str | None:
    """The URL of another page of the list, which is the page ``number``, if that is known."""
    if cursor is None:
        return None
    parameters = filters | {"after": cursor, "page": number}
    return "/tickets?" + urlencode({name: value for name, value in parameters.items() if value})
