"""What the team does about a delivery that waits: try it again, or leave it out."""

from flask import Blueprint, abort

from helpdesk.domain import outbox, permissions
from helpdesk.domain.errors import Conflict
from helpdesk.extensions import db
from helpdesk.models.sync import Delivery
from helpdesk.models.tickets import Ticket
from helpdesk.web import access, identity
from helpdesk.web.tickets import changed

blueprint = Blueprint("deliveries", __name__, url_prefix="/deliveries/<int:delivery_id>")


@blueprint.post("/retry")
@access.team_only
def retry(delivery_id: int):
    """Try it again now."""
    return do(delivery_id, outbox.retry)


@blueprint.post("/skip")
@access.team_only
def skip(delivery_id: int):
    """Leave it out, so that those behind it may go."""
    return do(delivery_id, outbox.skip)


def do(delivery_id: int, verb):
    """Do it, and show the conversation as it is now; what is already done changes nothing."""
    delivery, ticket = found(delivery_id)
    number = ticket.number
    try:
        verb(delivery, actor=identity.me())
        db.session.commit()
    except Conflict:
        db.session.rollback()
    return changed(number, first="conversation")


def found(delivery_id: int) -> tuple[Delivery, Ticket]:
    """A ticket's delivery, through what the person may see of its ticket; else 404."""
    delivery = db.session.get(Delivery, delivery_id) if delivery_id < 2**63 else None
    if delivery is None or delivery.thread is None:
        abort(404)
    ticket = permissions.find_ticket(identity.me(), delivery.thread.ticket_id)
    return (delivery, ticket) if ticket else abort(404)
