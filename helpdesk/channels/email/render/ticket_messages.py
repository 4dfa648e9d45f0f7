"""Mails of a ticket's conversation."""

from sqlalchemy import select

from helpdesk import urls
from helpdesk.channels.email import delivery_data
from helpdesk.channels.email.render import batching, message_context, message_headers, message_types, recipients
from helpdesk.domain import forms
from helpdesk.domain.administration import settings
from helpdesk.domain.content_translation.lookup import Part, translate_content
from helpdesk.domain.outbox.errors import SkipDelivery
from helpdesk.domain.tickets import closing_time
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery, DeliveryKind
from helpdesk.models.event import Event
from helpdesk.models.message import Message, MessageKind
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import gettext, lazy_gettext

MAX_NAMES = 2  # of a mail with several messages, named in its From


def ensure_sendable(delivery: Delivery) -> None:
    """Check that a mail rendered earlier may still be sent unchanged. Raises SkipDelivery."""
    if delivery.thread is not None:
        recipients.get_recipient(delivery.thread)
    if delivery.message is not None:
        _check_message(delivery)


def _render_reply(delivery: Delivery) -> message_types.Reply | message_types.TicketSolved:
    message, thread = delivery.message, delivery.thread
    reader, ticket = recipients.get_recipient(thread), thread.ticket
    _check_message(delivery)
    if not reader.mail_replies:
        raise SkipDelivery(lazy_gettext("%(reader)s wants no mail about replies.", reader=reader.display_name))
    recipients.ensure_not_reading(reader, message)
    behind, is_solving = batching.collect_batch(delivery, with_solved=ticket.is_solved and reader.mail_updates)
    together = [message, *[each.message for each in behind]]
    values = {
        "envelope": message_headers.make_ticket_envelope(delivery, reader, _sender_name(together)),
        "ticket": message_context.make_ticket_reference(ticket),
        "messages": tuple(message_context.quote_message(each, reader, pictures=True) for each in together),
        "earlier": message_context.quote_earlier_messages(thread, reader, before=message.seq),
        "why": _say_why(reader, ticket),
    }
    if is_solving:
        return message_types.TicketSolved(
            solved_by=_solver_name(ticket), ratings=_rating_links(ticket), own_text=_own_text("solved_text"), **values
        )
    return message_types.Reply(**values)


def _render_received(delivery: Delivery) -> message_types.TicketReceived:
    thread = delivery.thread
    reader, ticket = _get_updates_recipient(delivery), thread.ticket
    if reader.email_verified_at is None and not delivery_data.is_proven(delivery):
        raise SkipDelivery(
            lazy_gettext("%(email)s is not proven yet; nobody is written to unasked.", email=reader.email)
        )
    _check_message(delivery)
    answers = [answer for answer in ticket.answers if answer.text and not answer.field.team_only]
    return message_types.TicketReceived(
        envelope=message_headers.make_ticket_envelope(delivery, reader),
        ticket=message_context.make_ticket_reference(ticket),
        message=message_context.quote_message(delivery.message, reader, pictures=True),
        answers=tuple(map(forms.translate_answer, answers)),
        own_text=_own_text("received_text"),
        why=_say_why(reader, ticket),
    )


def _render_solved(delivery: Delivery) -> message_types.TicketSolved:
    thread = delivery.thread
    reader, ticket = _get_updates_recipient(delivery), thread.ticket
    if not ticket.is_solved:
        raise SkipDelivery(lazy_gettext("The ticket was taken up again."))
    return message_types.TicketSolved(
        envelope=message_headers.make_ticket_envelope(delivery, reader),
        ticket=message_context.make_ticket_reference(ticket),
        solved_by=_solver_name(ticket),
        ratings=_rating_links(ticket),
        own_text=_own_text("solved_text"),
        why=_say_why(reader, ticket),
        earlier=message_context.quote_earlier_messages(thread, reader),
    )


def _render_closing_soon(delivery: Delivery) -> message_types.ClosingSoon:
    reader, ticket = _get_updates_recipient(delivery), delivery.thread.ticket
    closes = closing_time.get_closing_time(ticket)
    if closes is None:
        raise SkipDelivery(lazy_gettext("The ticket is no longer about to close."))
    return message_types.ClosingSoon(
        envelope=message_headers.make_ticket_envelope(delivery, reader),
        ticket=message_context.make_ticket_reference(ticket),
        closes_at=recipients.to_local_time(closes, reader),
        own_text=_own_text("closing_text"),
        why=_say_why(reader, ticket),
    )


def _say_why(reader: User, ticket: Ticket) -> str:
    """Return why ``reader`` gets a mail about ``ticket``, in their language."""
    is_theirs = reader.id == ticket.requester_id
    return gettext("You filed this ticket.") if is_theirs else gettext("You follow this ticket.")


def _own_text(name: str) -> str:
    """Return what the installation adds to a mail, in the reader's language."""
    return translate_content(settings.get(name), Part.sentence)


def _sender_name(messages: list[Message]) -> str:
    """Return the name beside the From address: of those who say something in the mail, and of the team for which it is
    sent.
    """
    names = list(dict.fromkeys(message.author_display_name for message in messages))
    if len(names) > MAX_NAMES:
        who = gettext("%(name)s and others", name=names[-1])
    else:
        who = names[0] if len(names) == 1 else gettext("%(first)s and %(second)s", first=names[0], second=names[1])
    team = settings.get("team_name")
    if all(message.from_team for message in messages):
        return gettext("%(names)s, %(team)s", names=who, team=team)
    return gettext("%(names)s via %(team)s", names=who, team=team)


def _get_updates_recipient(delivery: Delivery) -> User:
    reader = recipients.get_recipient(delivery.thread)
    if not reader.mail_updates:
        raise SkipDelivery(lazy_gettext("%(reader)s wants no mail about progress.", reader=reader.display_name))
    return reader


def _check_message(delivery: Delivery) -> None:
    if delivery.message.deleted_at:
        raise SkipDelivery(lazy_gettext("Deleted before it left."))
    if delivery.message.kind != MessageKind.reply:
        raise SkipDelivery(lazy_gettext("A note is never mailed."))


def _solver_name(ticket: Ticket) -> str:
    latest = (
        select(Event.actor_name)
        .where(Event.ticket_id == ticket.id, Event.kind == "solved")
        .order_by(Event.seq.desc())
        .limit(1)
    )
    return db.session.scalar(latest) or settings.get("team_name")


def _rating_links(ticket: Ticket) -> tuple[message_types.RatingLink, ...]:
    page = urls.absolute_url(f"/tickets/{ticket.number}/rating")
    match settings.get("rating_style"):
        case "stars":
            return tuple(message_types.RatingLink("★" * stars, f"{page}?score={stars}") for stars in range(1, 6))
        case "faces":
            return (
                message_types.RatingLink(gettext("Good"), f"{page}?score=5"),
                message_types.RatingLink(gettext("Not good"), f"{page}?score=1"),
            )
    return ()


RENDERERS = {
    DeliveryKind.message: _render_reply,
    DeliveryKind.received: _render_received,
    DeliveryKind.solved: _render_solved,
    DeliveryKind.closing_soon: _render_closing_soon,
}
