"""Describe who has, or will have, a message that an agent wrote in Slack, always from what is stored."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from helpdesk import clock
from helpdesk.channels.slack.render import blocks
from helpdesk.domain.people import admission, permissions
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery, DeliveryKind, DeliveryState
from helpdesk.models.message import Message
from helpdesk.models.read_receipt import ReadReceipt
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import Role, User

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
    readers = _describe_portal_readers(ticket)
    seen = f" Everybody in {origin.channel.label} has it already." if origin is not None and origin.is_customers else ""
    mail = f"by email to {_join(places.mailed)}" if places.mailed else ""
    if message.publish_at is not None:
        later = _join(("the portal" + readers, *places.channels))
        also = f", and {mail}" if mail else "; no email is sent"
        return f"Only the team sees this yet. In {seconds} seconds it goes to {later}{also}.{seen}"
    waits_everywhere = origin is None and seconds > 0
    now = ("in the portal" + readers, *(() if waits_everywhere else (f"in {each}" for each in places.channels)))
    sentence = f"Goes to the customer at once {_join(now)}.{seen}"
    if waits_everywhere and places.channels:
        sentence += f" It goes to {_join(places.channels)} in {seconds} seconds."
    if not places.mailed:
        return f"{sentence} No email is sent."
    when = f"in {seconds} seconds" if seconds > 0 else "now"
    return f"{sentence} The email to {_join(places.mailed)} leaves {when}."


def describe_withdrawal(message: Message, copies: Copies) -> str:
    """Describe a reply that was made a note: what was taken back, what could not be, and who had it before."""
    origin = db.session.get(Thread, message.origin_thread_id) if message.origin_thread_id else None
    parts = ["This is a note now."]
    if origin is not None and origin.is_customers:
        parts.append(
            f"Everybody in {origin.channel.label} has already read it, where it stays until you delete your message."
        )
    parts += [f"It stood in {label} for {seconds} s and is being deleted there." for label, seconds in copies.stood]
    parts += [f"The email to {name} left at {at:%H:%M:%S} UTC and stays in the mailbox." for name, at in copies.mailed]
    if copies.uncertain:
        parts.append(f"Nobody knows yet whether it reached {_join(copies.uncertain)}.")
    readers = find_portal_readers(message)
    parts.append(f"{_join(readers)} opened the ticket in the portal meanwhile." if readers else "")
    if not copies.mailed and not any("email" in each for each in copies.uncertain):
        parts.append("No email was sent.")
    if len([part for part in parts if part]) == 2:
        parts[1:] = ["Only the team has seen it, and no email was sent."]
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
    now, stood, mailed, uncertain = clock.now(), {}, {}, []
    for copy in rows:
        if copy.state == DeliveryState.sent and copy.finished_at is not None:
            if copy.thread.user is not None:
                mailed.setdefault(copy.thread.user.display_name, copy.finished_at)
            else:
                seconds = max(1, round((now - copy.finished_at).total_seconds()))
                stood[copy.thread.channel.label] = max(seconds, stood.get(copy.thread.channel.label, 0))
        elif copy.state in UNCERTAIN_STATES:
            uncertain.append(f"the {copy.label}" if copy.thread.user is not None else copy.label)
    return Copies(tuple(stood.items()), tuple(mailed.items()), tuple(dict.fromkeys(uncertain)))


def find_waiting(message: Message) -> str:
    """Return what still waits of a reply, as the subject of a sentence: "The email to Dana Fields is"; "" for
    nothing.
    """
    rows = db.session.scalars(
        select(Delivery)
        .where(Delivery.message_id == message.id, Delivery.kind.in_(COPY_KINDS))
        .where(Delivery.state == DeliveryState.pending, Delivery.due_at > clock.now())
        .order_by(Delivery.id)
    )
    copies = [copy for copy in rows if copy.thread is not None]
    mailed = dict.fromkeys(copy.thread.user.display_name for copy in copies if copy.thread.user is not None)
    placed = dict.fromkeys(copy.thread.channel.label for copy in copies if copy.thread.user is None)
    if mailed:
        also = f"the reply to {_join(tuple(placed))}" if placed else ""
        return f"The email to {_join(tuple(mailed))} {f'and {also} are' if also else 'is'}"
    return f"The reply to {_join(tuple(placed))} is" if placed else ""


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


def _describe_portal_readers(ticket: Ticket) -> str:
    colleagues = f"everybody at {ticket.organization.name} who sees its tickets"
    if permissions.can_see(ticket.requester, ticket):
        return f" ({ticket.requester.display_name} and {colleagues})"
    return f" ({colleagues}, but not {ticket.requester.display_name}, who may no longer see it)"


def _seconds_until(moment: datetime | None) -> int:
    return max(0, round((moment - clock.now()).total_seconds())) if moment is not None else 0


def _join(names: tuple[str, ...] | list[str]) -> str:
    listed = list(names)
    return f"{', '.join(listed[:-1])} and {listed[-1]}" if len(listed) > 1 else "".join(listed)
