"""What the team does about a delivery that waits: try it again, or leave it out."""

from flask import Blueprint, abort

from helpdesk.domain import outbox
from helpdesk.domain.errors import ConflictError
from helpdesk.domain.people import permissions
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery
from helpdesk.models.ticket import Ticket
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.tickets.responses import render_after_change

blueprint = Blueprint("delivery_actions", __name__, url_prefix="/deliveries/<int:delivery_id>")


@blueprint.post("/retry")
@authorization.team_only
def retry_delivery(delivery_id: int):
    """Try it again now."""
    return run_action(delivery_id, outbox.retry_delivery)


@blueprint.post("/skip")
@authorization.team_only
def skip_delivery(delivery_id: int):
    """Leave it out, so that those behind it may go."""
    return run_action(delivery_id, outbox.skip_delivery)


def run_action(delivery_id: int, verb):
    """Do it, and show the conversation as it is now; what is already done changes nothing."""
    delivery, ticket = get_delivery_or_404(delivery_id)
    number = ticket.number
    try:
        verb(delivery, actor=authentication.get_current_user())
        db.session.commit()
    except ConflictError:
        db.session.rollback()
    return render_after_change(number, first="conversation")


def get_delivery_or_404(delivery_id: int) -> tuple[Delivery, Ticket]:
    """A ticket's delivery, through what the person may see of its ticket; else 404."""
    delivery = db.session.get(Delivery, delivery_id) if delivery_id < 2**63 else None
    if delivery is None or delivery.thread is None:
        abort(404)
    ticket = permissions.find_ticket(authentication.get_current_user(), delivery.thread.ticket_id)
    return (delivery, ticket) if ticket else abort(404)
