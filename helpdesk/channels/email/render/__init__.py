"""Render a mail delivery as the bytes of a mail.

The bytes are stored before they are sent, and once anybody may have got them every further attempt sends the same
bytes. While it is certain that nobody has, a further attempt renders them again, with the recipient's permissions of
that moment.
"""

from sqlalchemy import select
from sqlalchemy.orm import joinedload, undefer

from helpdesk import config, translation
from helpdesk.channels.email import delivery_data
from helpdesk.channels.email.render import (
    account_messages,
    batching,
    compose,
    reading_language,
    team_messages,
    ticket_messages,
)
from helpdesk.channels.email.rendered_mail import RenderedMail
from helpdesk.domain.administration import settings
from helpdesk.domain.outbox.errors import RetryLater
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery, DeliveryKind
from helpdesk.models.message import Message
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from helpdesk.translation import gettext

RENDERERS = ticket_messages.RENDERERS | account_messages.RENDERERS | team_messages.RENDERERS


def render_mail(delivery: Delivery) -> RenderedMail:
    """Return bytes, recipient and sender of the mail. Raises SkipDelivery or RetryLater."""
    if delivery.possibly_sent_since is not None:
        content = db.session.scalar(
            select(Delivery).where(Delivery.id == delivery.id).options(undefer(Delivery.content))
        ).content
        if content is not None:
            ticket_messages.ensure_sendable(delivery)
            return RenderedMail(content, delivery_data.recipient(delivery) or "", delivery_data.sender(delivery))
    if not config.current().MAIL_SERVER:
        settings.load_all()  # perhaps an admin entered one a moment ago, and waits for a test mail
    if not config.current().MAIL_SERVER:
        raise RetryLater(gettext("No mail server is configured."), 60)
    _preload(delivery)
    with translation.use_language(reading_language.find_language(delivery)):
        mail = compose.render_mail(RENDERERS[DeliveryKind(delivery.kind)](delivery))
    delivery.content = mail.content
    delivery_data.set_addresses(delivery, mail.recipient, mail.sender)
    return mail


def finish_sent_mail(delivery_id: int) -> None:
    """Finish a mail that the mail server accepted: the deliveries it carried are sent, too, and its bytes are
    deleted.
    """
    delivery = db.session.get_one(Delivery, delivery_id)
    batching.mark_batch_sent(delivery)
    delivery.content = None
    db.session.flush()


def _preload(delivery: Delivery) -> None:
    """Load what every mail of a conversation needs, in one query instead of one each."""
    if delivery.thread_id is None:
        return
    thread = joinedload(Delivery.thread, innerjoin=True)
    loaded = select(Delivery).options(
        thread.joinedload(Thread.ticket, innerjoin=True).joinedload(Ticket.organization, innerjoin=True),
        thread.joinedload(Thread.user),
        joinedload(Delivery.message).joinedload(Message.author),
        joinedload(Delivery.message).selectinload(Message.attachments),
    )
    db.session.scalar(loaded.where(Delivery.id == delivery.id))
