"""``helpdesk doctor --mail-loop``: send a mail the whole way and wait until it is back."""

import time
from collections.abc import Iterator

from helpdesk import config
from helpdesk.channels.email import imap_polling, mail_loop
from helpdesk.domain import inbox, outbox
from helpdesk.domain.errors import ValidationError
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery, DeliveryState

PAUSE_SECONDS = 0.5


def check(seconds: float) -> Iterator[tuple[bool | None, str]]:
    """Yield whether the mail left, and whether it came back within ``seconds``. No worker need run."""
    try:
        delivery_id = mail_loop.start(None).id
    except ValidationError as error:
        yield False, error.message
        return
    db.session.commit()
    outbox.deliver_one(delivery_id)
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if config.current().IMAP_URL:
            imap_polling.poll_mailbox()
        for event_id in inbox.list_due(50):
            inbox.process_event(event_id)
        db.session.rollback()
        state = mail_loop.get_state()
        if state is not None and state.arrived_at is not None:
            yield True, f"The test mail came back after {state.seconds} s. {state.proof}"
            return
        time.sleep(PAUSE_SECONDS)
    delivery = db.session.get(Delivery, delivery_id)
    if delivery is not None and delivery.state != DeliveryState.sent:
        yield False, f"The test mail has not left: {delivery.reason or 'no reason is known'}"
        return
    domain = config.current().INBOUND_MAIL_DOMAIN
    yield (
        False,
        f"The test mail left and has not come back within {seconds:.0f} s. Check that mail to reply+anything@{domain}"
        " reaches this helpdesk: the MX record, recipient_delimiter, and the pipe, mailbox or hook (docs/mail.md).",
    )
