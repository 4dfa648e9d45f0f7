"""Make the envelope of a mail: its From and To, and its references to earlier mails."""

from typing import Any

from sqlalchemy import select

from helpdesk import clock, config, urls
from helpdesk.channels.email import dkim_signing, return_address, senders, token
from helpdesk.channels.email.render import message_types
from helpdesk.domain import email_address
from helpdesk.domain.administration import settings
from helpdesk.domain.authentication import signed_links
from helpdesk.domain.outbox.errors import RetryLater
from helpdesk.domain.portal import pictures
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery, DeliveryState
from helpdesk.models.message import Message
from helpdesk.models.thread import Thread
from helpdesk.models.user import User
from helpdesk.translation import lazy_gettext

MAX_REFERENCES = 20  # earlier Message-IDs named in a header


def make_ticket_envelope(delivery: Delivery, reader: User, sender_name: str = "") -> message_types.Envelope:
    """Make the envelope of a mail in ``delivery``'s thread; its From has the name ``sender_name``, else the team's."""
    thread = delivery.thread
    return _make_envelope(
        delivery,
        recipient=reader.email,
        recipient_name=reader.display_name,
        sender=senders.sender_for(thread.ticket.organization),
        sender_name=sender_name,
        reply_to=_reply_address(thread),
        references=list_references(thread),
        unsubscribe_url=signed_links.unsubscribe_url(thread),
        preferences_url=urls.absolute_url("/account"),
    )


def make_account_envelope(
    delivery: Delivery, recipient: User | str, references: tuple[str, ...] = ()
) -> message_types.Envelope:
    """Make the envelope of a mail that belongs to no ticket; ``recipient`` is a user or a canonical address."""
    is_user = isinstance(recipient, User)
    return _make_envelope(
        delivery,
        recipient=recipient.email if is_user else recipient,
        recipient_name=recipient.display_name if is_user else "",
        sender=senders.sender_for(None),
        references=references,
        preferences_url=urls.absolute_url("/account") if is_user else "",
    )


def list_references(thread: Thread) -> tuple[str, ...]:
    """List the Message-IDs of the conversation, oldest first: of our sent mails and of the received answers."""
    ours = (
        select(Delivery.external_id, Delivery.finished_at)
        .where(Delivery.thread_id == thread.id, Delivery.state == DeliveryState.sent, Delivery.external_id.is_not(None))
        .order_by(Delivery.id.desc())
        .limit(MAX_REFERENCES)
    )
    theirs = (
        select(Message.origin_external_id, Message.created_at)
        .where(Message.origin_thread_id == thread.id, Message.origin_external_id.is_not(None))
        .order_by(Message.id.desc())
        .limit(MAX_REFERENCES)
    )
    known = sorted([*db.session.execute(ours), *db.session.execute(theirs)], key=lambda row: row[1])
    first = [thread.external_id] if thread.external_id else []
    return tuple(dict.fromkeys(first + [id for id, _ in known]))


def make_logo() -> message_types.FileLink | None:
    """Return the logo that every mail shows; None if there is none that mail programs show."""
    found = pictures.load_mail_logo()
    if found is None:
        return None
    content, media_type = found
    return message_types.FileLink(f"logo.{media_type.partition('/')[2]}", "", len(content), media_type, content)


def _reply_address(thread: Thread) -> str:
    """Return the address for answers, "" where replies by mail are off. A new one if its key is accepted no longer."""
    domain = config.current().INBOUND_MAIL_DOMAIN
    if not thread.nonce or not domain:
        return ""
    known = token.address(thread.nonce, thread.token_hash, domain)
    if known is None:
        issued = token.issue()
        thread.nonce, thread.token_hash = issued.nonce, issued.hash
        known = token.address(issued.nonce, issued.hash, domain)
    return known


def _make_envelope(
    delivery: Delivery, *, sender: str | None, sender_name: str = "", **values: Any
) -> message_types.Envelope:
    if sender is None:
        raise RetryLater(lazy_gettext("No address to send from is configured (MAIL_DEFAULT_SENDER)."), 60)
    chosen = settings.get_all()
    return message_types.Envelope(
        key=delivery.key,
        sender=sender,
        return_path=return_address.format_address(delivery.key, config.current().MAIL_RETURN_DOMAIN),
        sender_name=sender_name or chosen["team_name"],
        date=clock.now().replace(microsecond=0),
        portal_name=chosen["portal_name"],
        portal_url=config.current().PORTAL_BASE_URL,
        instance=signed_links.installation_id(),
        accent=chosen["accent"],
        logo=make_logo(),
        signing=dkim_signing.configured_key(email_address.domain_of(sender)),
        **values,
    )
