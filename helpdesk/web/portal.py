"""A customer's list of tickets, on the page, as a fragment, and as CSV. Every state of it is an address."""

from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, render_template, request, stream_with_context
from flask_login import current_user

from helpdesk.domain import exports, forms, queues
from helpdesk.extensions import db
from helpdesk.web import access, identity

blueprint = Blueprint("portal", __name__)


@blueprint.get("/")
@access.public
def home():
    """Where somebody belongs."""
    if not current_user.is_authenticated:
        return redirect("/sign-in")
    return redirect(identity.home(current_user))


@blueprint.get("/tickets")
def index():
    """The list. The team's own is the desk."""
    me = identity.me()
    if me.is_team:
        return redirect("/desk")
    return render_template(
        "portal/index.html",
        **listing(),
        requesters=queues.requesters(me),
        available=forms.names(me.organization_id) if me.organization_id else [],
    )


@blueprint.get("/tickets/list")
def list_fragment():
    return render_template("portal/_ticket_list.html", **listing())


@blueprint.get("/tickets.csv")
def export():
    """The whole list under the same filters, sent while it is read."""
    lines = exports.tickets_csv(identity.me(), filters())
    first = next(lines)

    def pieces():
        yield first
        for piece in lines:
            db.session.rollback()  # no transaction stays open while a slow reader takes a page
            yield piece

    response = Response(stream_with_context(pieces()), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="tickets.csv"'
    return response


def filters() -> dict[str, str]:
    """What the address asks for."""
    asked = request.args
    return {name: asked.get(name, "")[:200] for name in queues.FILTERS}


def listing() -> dict:
    """What portal/_ticket_list.html needs."""
    me, chosen = identity.me(), filters()
    page = queues.customer_page(me, chosen, request.args.get("after"))
    return {
        "page": {
            "tickets": page.tickets,
            "next": _address(chosen, page.next),
            "previous": _address(chosen, page.previous),
        },
        "filters": chosen,
        "errors": page.errors,
        "counts": queues.customer_counts(me),
        "after": request.args.get("after", "")[:400],
    }


def _address(chosen: dict[str, str], cursor: str | None) -> str | None:
    if cursor is None:
        return None
    return "/tickets?" + urlencode({**{name: value for name, value in chosen.items() if value}, "after": cursor})
