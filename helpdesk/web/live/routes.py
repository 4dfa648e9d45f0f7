"""Live pages: a stream that says only "changed". What changed, the browser asks for itself, through the page's own permission.

A stream ends before a minute is over, so that it is authorised again.
"""

from flask import Blueprint, Response, request
from flask_login import current_user

from helpdesk import extensions, presence
from helpdesk.web.live import hub
from helpdesk.web.middleware import authorization
from helpdesk.web.tickets import ticket_page

blueprint = Blueprint("live", __name__)


@blueprint.get("/tickets/<int:number>/live")
def stream_ticket(number: int):
    ticket = ticket_page.get_ticket_or_404(number)
    topic = f"ticket:{ticket.id}" + (":team" if current_user.is_team else "")
    if current_user.is_team:
        presence.mark_present(ticket.id, current_user.id)
    return stream_topic(topic)


@blueprint.get("/tickets/live")
def stream_ticket_list():
    if current_user.is_team:
        return stream_topic("desk")
    return stream_topic(f"organization:{current_user.organization_id}")


@blueprint.get("/desk/live")
@authorization.team_only
def stream_agent_queue():
    return stream_topic("desk")


def stream_topic(topic: str) -> Response:
    """Events whenever ``topic`` changes; 204 (which tells a browser to stop asking) when this process carries enough."""
    follower = hub.hub().join(topic, f"user:{current_user.id}")
    if follower is None:
        return Response(status=204)
    extensions.db.session.remove()
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    words = hub.Words(follower, request.environ)
    return Response(words, mimetype="text/event-stream", headers=headers, direct_passthrough=True)
