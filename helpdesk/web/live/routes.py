"""Authorize live streams. The views only authorize; ``helpdesk.asgi`` turns an authorized request into a stream.

A plain WSGI server cannot serve streams: the response is 204, upon which a browser stops reconnecting, and pages poll.
"""

from flask import Blueprint, Response, request
from flask_login import current_user
from sqlalchemy import select

from helpdesk.domain.people import permissions
from helpdesk.extensions import db
from helpdesk.models.follower import Follower
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.web.middleware import authentication
from helpdesk.web.tickets import ticket_lookup

GRANT = "helpdesk.stream_grant"  # key in the ASGI scope; a client cannot set it
MAX_FOLLOWED = 500  # live topics of a person who sees only followed tickets; the others are polled

blueprint = Blueprint("live", __name__)


class StreamGrant:
    """The topics that an authorized request may receive; ``topics`` stays None if the request was refused."""

    def __init__(self) -> None:
        self.topics: tuple[str, ...] | None = None


@blueprint.get("/live")
def stream_everything() -> Response:
    """The one live connection of a browser: everything the signed-in person may see."""
    return authorize_stream(visible_topics(authentication.get_current_user()))


@blueprint.get("/tickets/<int:number>/live")
def stream_ticket(number: int) -> Response:
    """The live connection for one ticket alone."""
    ticket = ticket_lookup.get_ticket_or_404(number)
    return authorize_stream((f"team:ticket:{ticket.id}" if current_user.is_team else f"ticket:{ticket.id}",))


def visible_topics(user: User) -> tuple[str, ...]:
    """Return the topics of what ``user`` may see, by the same rule that loads their tickets."""
    scope = permissions.get_visibility(user)
    if scope == permissions.Visibility.everything:
        return ("team", "desk")
    if scope == permissions.Visibility.organization:
        return (f"organization:{user.organization_id}",)
    if scope == permissions.Visibility.nothing:
        return ()
    followed = (
        select(Follower.ticket_id)
        .join(Ticket, Ticket.id == Follower.ticket_id)
        .where(Follower.user_id == user.id, Ticket.organization_id == user.organization_id)
        .order_by(Follower.ticket_id.desc())
        .limit(MAX_FOLLOWED)
    )
    return (f"requester:{user.id}", *(f"ticket:{ticket_id}" for ticket_id in db.session.scalars(followed)))


def authorize_stream(topics: tuple[str, ...]) -> Response:
    """Grant ``topics`` and return the head of the stream; 204 under plain WSGI."""
    grant = request.environ.get("asgi.scope", {}).get(GRANT)
    if not isinstance(grant, StreamGrant):
        return Response(status=204)
    person = current_user.viewer if current_user.is_impersonating else current_user
    grant.topics = (f"user:{person.id}", f"notifications:{person.id}", *topics)
    return Response(mimetype="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
