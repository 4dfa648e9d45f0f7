"""What the team does about a waiting delivery: retry or skip it."""

from collections.abc import Callable

from flask import Blueprint, abort
from flask.typing import ResponseReturnValue

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
def retry_delivery(delivery_id: int) -> ResponseReturnValue:
    """Retry the delivery now."""
    return run_action(delivery_id, outbox.retry_delivery)


@blueprint.post("/skip")
@authorization.team_only
def skip_delivery(delivery_id: int) -> ResponseReturnValue:
    """Skip the delivery, so that later ones of its thread are sent."""
    return run_action(delivery_id, outbox.skip_delivery)


def run_action(delivery_id: int, action: Callable[..., object]) -> ResponseReturnValue:
    """Run ``action`` and show the conversation; if the delivery is already done, nothing changes."""
    delivery, ticket = get_delivery_or_404(delivery_id)
    number = ticket.number
    try:
        action(delivery, actor=authentication.get_current_user())
        db.session.commit()
    except ConflictError:
        db.session.rollback()
    return render_after_change(number, first="conversation")


def get_delivery_or_404(delivery_id: int) -> tuple[Delivery, Ticket]:
    """Return a ticket's delivery and the ticket, if the person may see the ticket; else 404."""
    delivery = db.session.get(Delivery, delivery_id)
    if delivery is None or delivery.thread is None:
        abort(404)
    ticket = permissions.find_ticket(authentication.get_current_user(), delivery.thread.ticket_id)
    return (delivery, ticket) if ticket else abort(404)
