"""The test ticket's way: filed, announced in every channel, answered by the team, answered by the customer."""

from dataclasses import dataclass

from sqlalchemy import select

from helpdesk.domain.administration import settings
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery, DeliveryKind, DeliveryState
from helpdesk.models.message import Message, MessageKind
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from helpdesk.translation import gettext

ANNOUNCEMENTS = (DeliveryKind.card, DeliveryKind.received)
WAITING = (DeliveryState.pending, DeliveryState.sending, DeliveryState.unknown)


@dataclass(frozen=True)
class Stage:
    """One stage: whether it was reached, whether a person has to do something, and a sentence."""

    is_done: bool
    sentence: str
    needs_person: bool = False


def find_ticket() -> Ticket | None:
    """Return the test ticket, if one was filed and is still there."""
    number = settings.get("setup_ticket")
    return db.session.scalar(select(Ticket).where(Ticket.id == int(number))) if number else None


def list_stages(ticket: Ticket) -> list[Stage]:
    """What became of ``ticket`` so far, and what is to be done next."""
    filed = Stage(True, gettext("Ticket %(number)s is in the portal and on the desk.", number=ticket.number))
    replies = db.session.execute(
        select(Message.from_team).where(
            Message.ticket_id == ticket.id, Message.kind == MessageKind.reply, Message.seq > 1
        )
    ).scalars()
    sides = set(replies)
    answered = Stage(
        True in sides,
        gettext("The team answered.")
        if True in sides
        else gettext("Answer it as the team: on the desk, or in the thread of its card in Slack."),
        needs_person=True not in sides,
    )
    returned = Stage(
        False in sides,
        gettext("The customer's reply came back.")
        if False in sides
        else gettext("Reply as the customer: to the mail, or in the portal in another browser."),
        needs_person=False not in sides,
    )
    return [filed, *_list_announcements(ticket), answered, returned]


def _list_announcements(ticket: Ticket) -> list[Stage]:
    deliveries = db.session.scalars(
        select(Delivery)
        .join(Thread, Thread.id == Delivery.thread_id)
        .where(Thread.ticket_id == ticket.id, Delivery.kind.in_(ANNOUNCEMENTS))
        .order_by(Delivery.id)
    )
    return [_describe(delivery) for delivery in deliveries]


def _describe(delivery: Delivery) -> Stage:
    thread = delivery.thread
    where = _describe_place(thread)
    if delivery.state == DeliveryState.sent:
        return Stage(True, gettext("Its announcement arrived: %(where)s.", where=where))
    if delivery.reason:
        return Stage(
            False,
            gettext("Its announcement has not arrived (%(where)s): %(reason)s", where=where, reason=delivery.reason),
            needs_person=delivery.state not in WAITING,
        )
    if delivery.state == DeliveryState.cancelled:
        return Stage(False, gettext("Its announcement was left out: %(where)s.", where=where), needs_person=True)
    return Stage(False, gettext("Its announcement waits for a worker: %(where)s.", where=where))


def _describe_place(thread: Thread | None) -> str:
    if thread is None:
        return ""
    if thread.user is not None:
        return gettext("mail to %(address)s", address=thread.user.email)
    return thread.channel.label
