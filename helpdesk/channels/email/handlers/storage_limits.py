"""Limit what people whom nothing proves can store here: the mails of one sender that wait, and of all of them."""

from sqlalchemy import func, select

from helpdesk.channels.email.parse.parsed_mail import ParsedMail
from helpdesk.domain.inbox import contents
from helpdesk.extensions import db
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.translation import gettext

MAX_MAILS_OF_SENDER = 50  # that wait in quarantine
MAX_BYTES_OF_SENDER = 50_000_000
MAX_BYTES_OF_ALL = 1_000_000_000


def excess_reason(inbound: InboundEvent, mail: ParsedMail) -> str | None:
    """Return why the mail, which would go to quarantine, is not kept; None where it is.

    Only its size, sender and subject are then stored. A limit is checked against what waits, so that discarding mails
    makes space for others.
    """
    waits = InboundEvent.source == "email", InboundEvent.state == "quarantined", InboundEvent.id != inbound.id
    sender = InboundEvent.payload["from"].as_string() == mail.author_id
    count = db.session.scalar(select(func.count()).where(*waits, sender)) or 0
    if count >= MAX_MAILS_OF_SENDER or contents.measure(*waits, sender) > MAX_BYTES_OF_SENDER:
        who = mail.author_id or gettext("senders that cannot be read")
        return gettext("Not kept: too many mails of %(who)s wait already.", who=who)
    if contents.measure(*waits) > MAX_BYTES_OF_ALL:
        return gettext("Not kept: too much waits in quarantine already.")
    return None
