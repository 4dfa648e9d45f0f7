"""A customer's list of tickets, on the page, as a fragment, and as CSV. Every state of it is an address."""

from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, render_template, request, stream_with_context
from flask_login import current_user

from helpdesk.domain import forms
from helpdesk.domain.ticket_lists import csv_export, customer_list
from helpdesk.extensions import db
from helpdesk.web.middleware import authentication, authorization

blueprint = Blueprint("ticket_list", __name__)


@blueprint.get("/")
@authorization.public
def redirect_home():
    """Where somebody belongs."""
    if not current_user.is_authenticated:
        return redirect("/sign-in")
    return redirect(authentication.get_landing_path(current_user))


@blueprint.get("/tickets")
def list_tickets():
    """The list. The team's own is the desk."""
    me = authentication.get_current_user()
    if me.is_team:
        return redirect("/desk")
    return render_template(
        "portal/index.html",
        **list_context(),
        requesters=customer_list.list_requesters(me),
        available=forms.names(me.organization_id) if me.organization_id else [],
    )


@blueprint.get("/tickets/list")
def show_list_fragment():
    return render_template("portal/_ticket_list.html", **list_context())


@blueprint.get("/tickets.csv")
def export_tickets():
    """The whole list under the same filters, sent while it is read."""
    lines = csv_export.export_customer_list(authentication.get_current_user(), parse_filters())
    first = next(lines)

    def pieces():
        yield first
        for piece in lines:
            db.session.rollback()  # no transaction stays open while a slow reader takes a page
            yield piece

    response = Response(stream_with_context(pieces()), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="tickets.csv"'
    return response


def parse_filters() -> dict[str, str]:
    """What the address asks for."""
    asked = request.args
    return {name: asked.get(name, "")[:200] for name in customer_list.FILTER_NAMES}


def list_context() -> dict:
    """What portal/_ticket_list.html needs."""
    me, chosen = authentication.get_current_user(), parse_filters()
    page = customer_list.fetch_list_page(me, chosen, request.args.get("after"))
    return {
        "page": {
            "tickets": page.tickets,
            "next": _list_url(chosen, page.next),
            "previous": _list_url(chosen, page.previous),
        },
        "filters": chosen,
        "errors": page.errors,
        "counts": customer_list.count_tickets(me),
        "after": request.args.get("after", "")[:400],
    }


def _list_url(chosen: dict[str, str], cursor: str | None) -> str | None:
    if cursor is None:
        return None
    return "/tickets?" + urlencode({**{name: value for name, value in chosen.items() if value}, "after": cursor})
