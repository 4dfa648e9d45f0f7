"""Describe who has, or will have, a message that an agent wrote in Slack, always from what is stored."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from helpdesk import clock
from helpdesk.channels.slack.render import blocks
from helpdesk.domain.people import admission
from helpdesk.domain.people.reader_time_zone import get_reader_time_zone
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery, DeliveryKind, DeliveryState
from helpdesk.models.message import Message
from helpdesk.models.read_receipt import ReadReceipt
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import Role, User
from helpdesk.translation import format_list, gettext

COPY_KINDS = (DeliveryKind.message, DeliveryKind.file)
UNCERTAIN_STATES = (DeliveryState.sending, DeliveryState.unknown)


@dataclass(frozen=True)
class Destinations:
    """Where a reply goes besides the thread it was typed in: the labels of customers' channels, and the names of those
    who get a mail.
    """

    channels: tuple[str, ...]
    mailed: tuple[str, ...]


@dataclass(frozen=True)
class Copies:
    """What became of the copies of a message: seconds in customers' channels, recipients of mail with its time, and
    those of which nobody knows whether they arrived.
    """

    stood: tuple[tuple[str, int], ...]
    mailed: tuple[tuple[str, datetime], ...]
    uncertain: tuple[str, ...]
    uncertain_mail: bool = False


def pending_notice(message: Message, origin: Thread | None, undo: timedelta) -> dict:
    """Make the message to the author of a new reply, with *Make internal* and *Send now* during the undo window."""
    sentence = describe_reply(message, origin)
    if not undo:
        return blocks.notice(sentence)
    return blocks.pending_reply_notice(sentence, str(message.id))


def describe_reply(message: Message, origin: Thread | None) -> str:
    """Describe who has a new reply at once, and who will have it later."""
    ticket, places = message.ticket, find_destinations(message.ticket, message.author_id, origin)
    seconds = _seconds_until(message.publish_at or message.release_at)
    sentences = []
    if message.publish_at is not None:
        goes_to = format_list([_describe_portal(ticket), *places.channels])
        values = {"seconds": seconds, "places": goes_to}
        sentences.append(
            gettext(
                "Only the team sees this yet. "
                "In %(seconds)s seconds it goes to %(places)s, and by email to %(people)s.",
                people=format_list(places.mailed),
                **values,
            )
            if places.mailed
            else gettext(
                "Only the team sees this yet. In %(seconds)s seconds it goes to %(places)s; no email is sent.", **values
            )
        )
        return " ".join(sentences + _describe_origin(origin))
    waits_everywhere = origin is None and seconds > 0
    at_once = [] if waits_everywhere else [gettext("in %(channel)s", channel=each) for each in places.channels]
    now = format_list([_describe_in_portal(ticket), *at_once])
    sentences.append(gettext("Goes to the customer at once %(places)s.", places=now))
    sentences += _describe_origin(origin)
    if waits_everywhere and places.channels:
        goes_to = format_list(places.channels)
        sentences.append(gettext("It goes to %(places)s in %(seconds)s seconds.", places=goes_to, seconds=seconds))
    if not places.mailed:
        sentences.append(gettext("No email is sent."))
    elif seconds > 0:
        people = format_list(places.mailed)
        sentences.append(
            gettext("The email to %(people)s leaves in %(seconds)s seconds.", people=people, seconds=seconds)
        )
    else:
        sentences.append(gettext("The email to %(people)s leaves now.", people=format_list(places.mailed)))
    return " ".join(sentences)


def describe_withdrawal(message: Message, copies: Copies, reader: User) -> str:
    """Describe a reply that was made a note: what was taken back, what could not be, and who had it before.

    Times are those of ``reader``.
    """
    zone = get_reader_time_zone(reader)
    origin = db.session.get(Thread, message.origin_thread_id) if message.origin_thread_id else None
    parts = [gettext("This is a note now.")]
    if origin is not None and origin.is_customers:
        parts.append(
            gettext(
                "Everybody in %(channel)s has already read it, where it stays until you delete your message.",
                channel=origin.channel.label,
            )
        )
    parts += [
        gettext("It stood in %(channel)s for %(seconds)s s and is being deleted there.", channel=label, seconds=seconds)
        for label, seconds in copies.stood
    ]
    parts += [
        gettext(
            "The email to %(name)s left at %(at)s and stays in the mailbox.",
            name=name,
            at=f"{at:%H:%M:%S} {clock.name_zone(at)}",
        )
        for name, at in ((name, at.astimezone(zone)) for name, at in copies.mailed)
    ]
    if copies.uncertain:
        parts.append(gettext("Nobody knows yet whether it reached %(places)s.", places=format_list(copies.uncertain)))
    readers = find_portal_readers(message)
    parts.append(
        gettext("%(people)s opened the ticket in the portal meanwhile.", people=format_list(readers)) if readers else ""
    )
    if not copies.mailed and not copies.uncertain_mail:
        parts.append(gettext("No email was sent."))
    if len([part for part in parts if part]) == 2:
        parts[1:] = [gettext("Only the team has seen it, and no email was sent.")]
    return " ".join(part for part in parts if part)


def find_destinations(ticket: Ticket, author_id: int | None, origin: Thread | None) -> Destinations:
    """Return where a reply of ``author_id`` goes, by the same rules as its deliveries are made and sent by."""
    query = select(Thread).where(Thread.ticket_id == ticket.id, Thread.ended_at.is_(None)).order_by(Thread.id)
    channels, mailed = [], []
    for thread in db.session.scalars(query):
        if origin is not None and thread.id == origin.id:
            continue
        if thread.user is not None:
            is_reachable = thread.user.email_undeliverable_reason is None and thread.user_id != author_id
            if is_reachable and admission.can_receive_mail(thread.user, ticket):
                mailed.append(thread.user.display_name)
        elif thread.is_customers and thread.channel_id != (origin.channel_id if origin is not None else None):
            channels.append(thread.channel.label)
    return Destinations(tuple(dict.fromkeys(channels)), tuple(dict.fromkeys(mailed)))


def find_copies(message: Message) -> Copies:
    """Return what became of the copies of ``message`` outside the team until now. Call it before they are removed."""
    rows = db.session.scalars(
        select(Delivery)
        .join(Thread, Thread.id == Delivery.thread_id)
        .join(Channel, Channel.id == Thread.channel_id)
        .where(Delivery.message_id == message.id, Delivery.kind.in_(COPY_KINDS), Channel.audience == "customer")
        .order_by(Delivery.id)
    )
    now, stood, mailed, uncertain, uncertain_mail = clock.now(), {}, {}, [], False
    for copy in rows:
        if copy.state == DeliveryState.sent and copy.finished_at is not None:
            if copy.thread.user is not None:
                mailed.setdefault(copy.thread.user.display_name, copy.finished_at)
            else:
                seconds = max(1, round((now - copy.finished_at).total_seconds()))
                stood[copy.thread.channel.label] = max(seconds, stood.get(copy.thread.channel.label, 0))
        elif copy.state in UNCERTAIN_STATES:
            uncertain_mail = uncertain_mail or copy.thread.user is not None
            uncertain.append(
                gettext("the email to %(name)s", name=copy.thread.user.display_name)
                if copy.thread.user is not None
                else copy.label
            )
    return Copies(tuple(stood.items()), tuple(mailed.items()), tuple(dict.fromkeys(uncertain)), uncertain_mail)


def find_waiting(message: Message) -> str:
    """Return what still waits of a reply, as a sentence: "The email to Dana Fields is on its way."; "" for nothing."""
    rows = db.session.scalars(
        select(Delivery)
        .where(Delivery.message_id == message.id, Delivery.kind.in_(COPY_KINDS))
        .where(Delivery.state == DeliveryState.pending, Delivery.due_at > clock.now())
        .order_by(Delivery.id)
    )
    copies = [copy for copy in rows if copy.thread is not None]
    mailed = dict.fromkeys(copy.thread.user.display_name for copy in copies if copy.thread.user is not None)
    placed = dict.fromkeys(copy.thread.channel.label for copy in copies if copy.thread.user is None)
    if mailed and placed:
        return gettext(
            "The email to %(people)s and the reply to %(places)s are on their way.",
            people=format_list(mailed),
            places=format_list(placed),
        )
    if mailed:
        return gettext("The email to %(people)s is on its way.", people=format_list(mailed))
    return gettext("The reply to %(places)s is on its way.", places=format_list(placed)) if placed else ""


def find_portal_readers(message: Message) -> list[str]:
    """Return the names of customers who were shown the ticket with ``message`` on it."""
    readers = (
        select(User)
        .join(ReadReceipt, ReadReceipt.user_id == User.id)
        .where(ReadReceipt.ticket_id == message.ticket_id, ReadReceipt.seq >= message.seq)
        .where(User.role == Role.requester)
        .order_by(ReadReceipt.at)
    )
    return [user.display_name for user in db.session.scalars(readers)]


def _describe_portal(ticket: Ticket) -> str:
    """Return the portal with those who read the ticket there, after "it goes to"."""
    values = {"requester": ticket.requester.display_name, "organization": ticket.organization.name}
    if admission.can_receive_mail(ticket.requester, ticket):
        return gettext("the portal (%(requester)s and everybody at %(organization)s who sees its tickets)", **values)
    return gettext(
        "the portal (everybody at %(organization)s who sees its tickets, "
        "but not %(requester)s, who may no longer see it)",
        **values,
    )


def _describe_in_portal(ticket: Ticket) -> str:
    """Return the portal with those who read the ticket there, after "goes to the customer at once"."""
    values = {"requester": ticket.requester.display_name, "organization": ticket.organization.name}
    if admission.can_receive_mail(ticket.requester, ticket):
        return gettext("in the portal (%(requester)s and everybody at %(organization)s who sees its tickets)", **values)
    return gettext(
        "in the portal (everybody at %(organization)s who sees its tickets, "
        "but not %(requester)s, who may no longer see it)",
        **values,
    )


def _describe_origin(origin: Thread | None) -> list[str]:
    if origin is None or not origin.is_customers:
        return []
    return [gettext("Everybody in %(channel)s has it already.", channel=origin.channel.label)]


def _seconds_until(moment: datetime | None) -> int:
    return max(0, round((moment - clock.now()).total_seconds())) if moment is not None else 0
