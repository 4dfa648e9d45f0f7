"""What goes by mail: a delivery's row becomes finished bytes.

They are stored before they leave, and once anybody may have got them every further try sends the same ones. While it is
certain that nobody has, a further try writes them anew, at the recipient's rights of that moment.
"""

from sqlalchemy import select
from sqlalchemy.orm import joinedload, undefer

from helpdesk import config
from helpdesk.channels.email import compose
from helpdesk.domain.outbox.letters import about_people, about_tickets, bursts, to_the_team
from helpdesk.domain.outbox.reasons import NotYet
from helpdesk.extensions import db
from helpdesk.models.channels import Thread
from helpdesk.models.sync import Delivery
from helpdesk.models.tickets import Message, Ticket

WRITERS = about_tickets.WRITERS | about_people.WRITERS | to_the_team.WRITERS


def arguments(delivery: Delivery) -> dict:
    """Bytes, recipient and sender of the mail. Raises Skip where it need not leave any more, NotYet where it must wait."""
    if delivery.maybe_since is not None:
        content = db.session.scalar(
            select(Delivery).where(Delivery.id == delivery.id).options(undefer(Delivery.content))
        ).content
        if content is not None:
            about_tickets.check(delivery)
            return {
                "bytes": content,
                "recipient": delivery.data["recipient"],
                "sender": delivery.data["sender"],
            }
    if not config.current().MAIL_SERVER:
        raise NotYet("No mail server is configured.", 60)
    _load_at_once(delivery)
    made = compose.arguments(WRITERS[delivery.kind](delivery))
    delivery.content = made["bytes"]
    delivery.data = {**delivery.data, "recipient": made["recipient"], "sender": made["sender"]}
    return made


def sent(delivery: Delivery) -> None:
    """The mail server has it: so have those it carried along, and the bytes are needed no more."""
    bursts.settle(delivery)
    delivery.content = None


def _load_at_once(delivery: Delivery) -> None:
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
