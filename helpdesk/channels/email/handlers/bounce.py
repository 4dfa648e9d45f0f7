"""Apply reports that a mail of ours did not arrive. Anybody can write one, so only reports about a mail we sent
count.
"""

from sqlalchemy import select

from helpdesk import config, live_events
from helpdesk.channels.email import delivery_data
from helpdesk.channels.email.parse.parsed_mail import ParsedMail
from helpdesk.channels.email.render import compose
from helpdesk.domain.inbox.results import Result
from helpdesk.domain.people import undeliverable_addresses
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery


def handle_bounce(mail: ParsedMail) -> Result | None:
    """Store the bounce at the delivery and count it against the address; None where it is about no delivery of ours."""
    bounce = mail.bounce
    key = compose.extract_delivery_key(bounce.message_id, config.current().PORTAL_BASE_URL) if bounce else None
    delivery = db.session.scalar(select(Delivery).where(Delivery.key == key)) if key else None
    if delivery is None or not bounce.recipient or delivery_data.recipient(delivery) != bounce.recipient:
        return None
    ticket = delivery.thread.ticket if delivery.thread else None
    ticket_id = ticket.id if ticket else None
    if not bounce.permanent:
        return Result("ignored", f"A mail to {bounce.recipient} is delayed.", ticket_id)
    if delivery_data.has_bounced(delivery):
        return Result("ignored", f"Known already: a mail to {bounce.recipient} came back.", ticket_id)
    reason = bounce.reason or f"refused with status {bounce.status or 'unknown'}"
    delivery_data.set_bounced(delivery, reason)
    undeliverable_addresses.record_bounce(bounce.recipient, f"It came back: {reason}")
    if ticket is not None:
        live_events.bump_version_and_publish(ticket, team_only=True)
    return Result("done", f"A mail to {bounce.recipient} came back.", ticket_id)
