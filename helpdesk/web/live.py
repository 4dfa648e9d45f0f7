"""Live pages: a stream that says only "changed". What changed, the browser asks for itself, through the page's own permission.

A stream ends before a minute is over, so that it is authorised again.
"""

from flask import Blueprint, Response, request
from flask_login import current_user

from helpdesk import extensions, presence
from helpdesk.web import access, streams, tickets

blueprint = Blueprint("live", __name__)


@blueprint.get("/tickets/<int:number>/live")
def ticket(number: int):
    ticket = tickets.found(number)
    topic = f"ticket:{ticket.id}" + (":team" if current_user.is_team else "")
    if current_user.is_team:
        presence.here(ticket.id, current_user.id)
    return stream(topic)


@blueprint.get("/tickets/live")
def ticket_list():
    if current_user.is_team:
        return stream("desk")
    return stream(f"organization:{current_user.organization_id}")


@blueprint.get("/desk/live")
@access.team_only
def desk():
    return stream("desk")


def stream(topic: str) -> Response:
    """Events whenever ``topic`` changes; 204 (which tells a browser to stop asking) when this process carries enough."""
    follower = streams.hub().join(topic, f"user:{current_user.id}")
    if follower is None:
        return Response(status=204)
    extensions.db.session.remove()
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    words = streams.Words(follower, request.environ)
    return Response(words, mimetype="text/event-stream", headers=headers, direct_passthrough=True)
