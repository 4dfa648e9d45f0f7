"""The team's queue."""

from flask import Blueprint, render_template, request
from flask_login import current_user

from helpdesk.domain import desk
from helpdesk.web import access

blueprint = Blueprint("desk", __name__, url_prefix="/desk")


@blueprint.get("")
@access.team_only
def index():
    return render_template("desk/index.html", **queue(), **desk.choices(), views=desk.views(current_user))


@blueprint.get("/queue")
@access.team_only
def queue_fragment():
    return render_template("desk/_queue.html", **queue())


def queue() -> dict:
    """What desk/_queue.html needs."""
    filters = {name: request.args.get(name, "") for name in ("view", "q", "status", "assignee", "organization", "priority", "after")}
    filters["view"] = filters["view"] or "open"
    return {"page": desk.desk_page(current_user, filters, after=request.args.get("after")), "filters": filters}
