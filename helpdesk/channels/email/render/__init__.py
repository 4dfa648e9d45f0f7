"""What goes by mail: a delivery's row becomes finished bytes.

They are stored before they leave, and once anybody may have got them every further try sends the same ones. While it is
certain that nobody has, a further try writes them anew, at the recipient's rights of that moment.
"""

from sqlalchemy import select
from sqlalchemy.orm import joinedload, undefer

from helpdesk import config
from helpdesk.channels.email.render import account_messages, batching, compose, team_messages, ticket_messages
from helpdesk.domain.outbox.errors import RetryLater
from helpdesk.extensions import db
from helpdesk.models.channel import Thread
from helpdesk.models.delivery import Delivery
from helpdesk.models.ticket import Message, Ticket

RENDERERS = ticket_messages.RENDERERS | account_messages.RENDERERS | team_messages.RENDERERS


def render_mail(delivery: Delivery) -> dict:
    """Bytes, recipient and sender of the mail. Raises Skip where it need not leave any more, NotYet where it must wait."""
    if delivery.maybe_since is not None:
        content = db.session.scalar(
            select(Delivery).where(Delivery.id == delivery.id).options(undefer(Delivery.content))
        ).content
        if content is not None:
            ticket_messages.ensure_sendable(delivery)
            return {
                "bytes": content,
                "recipient": delivery.data["recipient"],
                "sender": delivery.data["sender"],
            }
    if not config.current().MAIL_SERVER:
        raise RetryLater("No mail server is configured.", 60)
    _preload(delivery)
    made = compose.build_arguments(RENDERERS[delivery.kind](delivery))
    delivery.content = made["bytes"]
    delivery.data = {**delivery.data, "recipient": made["recipient"], "sender": made["sender"]}
    return made


def finish_sent_mail(delivery: Delivery) -> None:
    """The mail server has it: so have those it carried along, and the bytes are needed no more."""
    batching.mark_batch_sent(delivery)
    delivery.content = None


def _preload(delivery: Delivery) -> None:
    """What every mail of a conversation needs, in one query instead of one each."""
    if delivery.thread_id is None:
        return
    thread = joinedload(Delivery.thread, innerjoin=True)
    whole = select(Delivery).options(
        thread.joinedload(Thread.ticket, innerjoin=True).joinedload(Ticket.organization, innerjoin=True),
        thread.joinedload(Thread.user),
        joinedload(Delivery.message).joinedload(Message.author),
        joinedload(Delivery.message).selectinload(Message.attachments),
    )
    db.session.scalar(whole.where(Delivery.id == delivery.id))
