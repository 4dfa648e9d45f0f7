"""Apply reports that a mail of ours did not arrive. Anybody can write one, so only reports about a mail we sent
count.
"""

from sqlalchemy import select

from helpdesk import config, live_events
from helpdesk.channels.email import delivery_data, status_codes
from helpdesk.channels.email.parse.parsed_mail import Bounce, ParsedMail
from helpdesk.channels.email.render import compose
from helpdesk.domain.inbox.results import Result
from helpdesk.domain.people import undeliverable_addresses
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery

ARRIVED = {"delivered", "relayed", "expanded"}  # actions of a report (RFC 3464, section 2.3.3)


def handle_bounce(mail: ParsedMail) -> Result | None:
    """Store the bounce at the delivery, and count it against the address where that is why; None where it is about no
    delivery of ours.
    """
    bounce = mail.bounce
    delivery = _find_returned(mail) or _find_delivery(bounce) if bounce else None
    if delivery is None or bounce is None:
        return None
    recipient = delivery_data.recipient(delivery) or ""
    ticket = delivery.thread.ticket if delivery.thread else None
    ticket_id = ticket.id if ticket else None
    if bounce.action in ARRIVED:
        return Result("ignored", f"A mail to {recipient} arrived.", ticket_id)
    is_lost = bounce.action == "failed"  # also with status 4.x.x: it was tried for days, and is tried no longer
    if not bounce.permanent and not is_lost:
        return Result("ignored", f"A mail to {recipient} is delayed.", ticket_id)
    if delivery_data.has_bounced(delivery):
        return Result("ignored", f"Known already: a mail to {recipient} came back.", ticket_id)
    reason = bounce.reason or f"refused with status {bounce.status or 'unknown'}"
    delivery_data.set_bounced(delivery, reason)
    if bounce.permanent and status_codes.is_about_address(bounce.status):
        undeliverable_addresses.record_bounce(recipient, f"It came back: {reason}")
    if ticket is not None:
        live_events.bump_version_and_publish(ticket, team_only=True)
    return Result("done", f"A mail to {recipient} came back.", ticket_id)


def _find_returned(mail: ParsedMail) -> Delivery | None:
    """Return the mail of ours to whose return address the report was sent; only its servers and reader know that."""
    if not mail.returned_key:
        return None
    delivery = db.session.scalar(select(Delivery).where(Delivery.key == mail.returned_key))
    return delivery if delivery is not None and delivery_data.recipient(delivery) else None


def _find_delivery(bounce: Bounce) -> Delivery | None:
    """Return the delivery of ours that the report names, if it also names the address that it went to."""
    url = config.current().PORTAL_BASE_URL
    ids = dict.fromkeys((bounce.message_id, *bounce.mentioned_ids))
    keys = [key for id in ids if (key := compose.extract_delivery_key(id, url))]
    named = {bounce.recipient, *bounce.mentioned_addresses} - {""}
    for delivery in db.session.scalars(select(Delivery).where(Delivery.key.in_(keys))) if keys else ():
        if delivery_data.recipient(delivery) in named:
            return delivery
    return None
