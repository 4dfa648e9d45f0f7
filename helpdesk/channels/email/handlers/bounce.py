"""Word that a mail of ours did not arrive. Anybody can write such a mail, so only one about a mail we sent counts."""

from sqlalchemy import select

from helpdesk import config, live_events
from helpdesk.channels.email.render import compose
from helpdesk.channels.types import ChannelEvent
from helpdesk.domain.inbox.results import Result
from helpdesk.domain.people import undeliverable_addresses
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery


def handle_bounce(heard: ChannelEvent) -> Result | None:
    """Remember it at the delivery and count it against the address; None where it is about no delivery of ours."""
    bounce = heard.data["bounce"]
    key = compose.extract_delivery_key(bounce["message_id"], config.current().PORTAL_BASE_URL) if bounce else None
    delivery = db.session.scalar(select(Delivery).where(Delivery.key == key)) if key else None
    if delivery is None or not bounce["recipient"] or delivery.data.get("recipient") != bounce["recipient"]:
        return None
    ticket = delivery.thread.ticket if delivery.thread else None
    ticket_id = ticket.id if ticket else None
    if not bounce["permanent"]:
        return Result("ignored", f"A mail to {bounce['recipient']} is delayed.", ticket_id)
    if "bounced" in delivery.data:
        return Result("ignored", f"Known already: a mail to {bounce['recipient']} came back.", ticket_id)
    reason = bounce["reason"] or f"refused with status {bounce['status'] or 'unknown'}"
    delivery.data = {**delivery.data, "bounced": reason}
    undeliverable_addresses.record_bounce(bounce["recipient"], f"It came back: {reason}")
    if ticket is not None:
        live_events.bump_version_and_publish(ticket, team_only=True)
    return Result("done", f"A mail to {bounce['recipient']} came back.", ticket_id)
