"""Who a mail is from and to, and how it hangs together with the mails before it."""

from sqlalchemy import select

from helpdesk import clock, config, urls
from helpdesk.channels.email import address, mails, signing, token
from helpdesk.domain import links, senders, settings
from helpdesk.domain.outbox.reasons import NotYet
from helpdesk.extensions import db
from helpdesk.models.channels import Thread
from helpdesk.models.people import User
from helpdesk.models.sync import Delivery, State
from helpdesk.models.tickets import Message

REFERENCES = 20  # earlier Message-IDs named in a header


def about_ticket(delivery: Delivery, reader: User, speaker: str = "") -> mails.Envelope:
    """For a mail of the conversation that ``delivery``'s thread is; ``speaker`` of the team stands in its From."""
    thread = delivery.thread
    current = config.current()
    reply_to = ""
    if thread.nonce and current.INBOUND_MAIL_DOMAIN:
        reply_to = token.address(current.SECRET_KEY, thread.nonce, current.INBOUND_MAIL_DOMAIN)
    return _envelope(
        delivery,
        recipient=reader.email,
        recipient_name=reader.display_name,
        sender=senders.of(thread.ticket.organization),
        speaker=speaker,
        reply_to=reply_to,
        references=references(thread),
        unsubscribe_url=links.unsubscribe(thread),
        preferences_url=urls.absolute("/account"),
    )


def alone(delivery: Delivery, recipient: User | str) -> mails.Envelope:
    """For a mail that belongs to no ticket; ``recipient`` is a user or a canonical address."""
    is_user = isinstance(recipient, User)
    return _envelope(
        delivery,
        recipient=recipient.email if is_user else recipient,
        recipient_name=recipient.display_name if is_user else "",
        sender=senders.of(None),
        preferences_url=urls.absolute("/account") if is_user else "",
    )


def references(thread: Thread) -> tuple[str, ...]:
    """The Message-IDs of the conversation, oldest first: ours that left, and those of the answers that came in."""
    ours = (
        select(Delivery.external_id, Delivery.finished_at)
        .where(Delivery.thread_id == thread.id, Delivery.state == State.sent, Delivery.external_id.is_not(None))
        .order_by(Delivery.id.desc())
        .limit(REFERENCES)
    )
    theirs = (
        select(Message.origin_external_id, Message.created_at)
        .where(Message.origin_thread_id == thread.id, Message.origin_external_id.is_not(None))
        .order_by(Message.id.desc())
        .limit(REFERENCES)
    )
    known = sorted([*db.session.execute(ours), *db.session.execute(theirs)], key=lambda row: row[1])
    first = [thread.external_id] if thread.external_id else []
    return tuple(dict.fromkeys(first + [id for id, _ in known]))


def _envelope(delivery: Delivery, *, sender: str | None, speaker: str = "", **values) -> mails.Envelope:
    if sender is None:
        raise NotYet("No address to send from is configured (MAIL_DEFAULT_SENDER).", 60)
    chosen = settings.everything()
    return mails.Envelope(
        key=delivery.key,
        sender=sender,
        sender_name=f"{speaker}, {chosen['team_name']}" if speaker else chosen["team_name"],
        date=clock.now().replace(microsecond=0),
        portal_name=chosen["portal_name"],
        portal_url=config.current().PORTAL_BASE_URL,
        instance=links.instance(),
        accent=chosen["accent"],
        signing=signing.configured(address.domain_of(sender)),
        **values,
    )
