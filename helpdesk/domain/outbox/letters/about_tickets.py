"""Mails of a ticket's conversation."""

from sqlalchemy import select

from helpdesk import urls
from helpdesk.channels.email import mails
from helpdesk.domain import deadlines, settings
from helpdesk.domain.outbox.letters import bursts, envelopes, quoting, readers
from helpdesk.domain.outbox.reasons import Skip
from helpdesk.extensions import db
from helpdesk.models.people import User
from helpdesk.models.sync import Delivery
from helpdesk.models.tickets import Event, Kind, Ticket


def check(delivery: Delivery) -> None:
    """Whether a mail written earlier may still go out as it is. Raises Skip."""
    if delivery.thread is not None:
        readers.of(delivery.thread)
    if delivery.message is not None:
        _check_message(delivery)


def _reply(delivery: Delivery) -> mails.Reply:
    message, thread = delivery.message, delivery.thread
    reader, ticket = readers.of(thread), thread.ticket
    _check_message(delivery)
    if not reader.mail_replies:
        raise Skip(f"{reader.display_name} wants no mail about replies.")
    readers.leave_to_page(reader, message)
    together = [message, *[each.message for each in bursts.gather(delivery)]]
    return mails.Reply(
        envelope=envelopes.about_ticket(delivery, reader, together[-1].speaker if together[-1].from_team else ""),
        ticket=quoting.ticket(ticket),
        messages=tuple(quoting.said(each, reader, pictures=True) for each in together),
        earlier=quoting.earlier(thread, reader, before=message.seq),
        why="You filed this ticket." if reader.id == ticket.requester_id else "You follow this ticket.",
    )


def _received(delivery: Delivery) -> mails.Received:
    thread = delivery.thread
    reader, ticket = _told_of_progress(delivery), thread.ticket
    if reader.proven_at is None:
        raise Skip(f"{reader.email} is not proven yet; nobody is written to unasked.")
    _check_message(delivery)
    answers = [answer for answer in ticket.answers if answer.text and not answer.field.team_only]
    return mails.Received(
        envelope=envelopes.about_ticket(delivery, reader),
        ticket=quoting.ticket(ticket),
        message=quoting.said(delivery.message, reader, pictures=True),
        answers=tuple((answer.field.label, answer.text) for answer in answers),
    )


def _solved(delivery: Delivery) -> mails.Solved:
    thread = delivery.thread
    reader, ticket = _told_of_progress(delivery), thread.ticket
    if ticket.status != "solved":
        raise Skip("The ticket was taken up again.")
    return mails.Solved(
        envelope=envelopes.about_ticket(delivery, reader),
        ticket=quoting.ticket(ticket),
        solved_by=_who_solved(ticket),
        ratings=_ratings(ticket),
        earlier=quoting.earlier(thread, reader),
    )


def _closing_soon(delivery: Delivery) -> mails.ClosingSoon:
    reader, ticket = _told_of_progress(delivery), delivery.thread.ticket
    closes = deadlines.closes_at(ticket)
    if closes is None:
        raise Skip("The ticket is no longer about to close.")
    return mails.ClosingSoon(
        envelope=envelopes.about_ticket(delivery, reader),
        ticket=quoting.ticket(ticket),
        closes_at=readers.at(closes, reader),
    )


def _told_of_progress(delivery: Delivery) -> User:
    reader = readers.of(delivery.thread)
    if not reader.mail_updates:
        raise Skip(f"{reader.display_name} wants no mail about progress.")
    return reader


def _check_message(delivery: Delivery) -> None:
    if delivery.message.deleted_at:
        raise Skip("Deleted before it left.")
    if delivery.message.kind != Kind.reply:
        raise Skip("A note is never mailed.")


def _who_solved(ticket: Ticket) -> str:
    latest = (
        select(Event.actor_name)
        .where(Event.ticket_id == ticket.id, Event.kind == "solved")
        .order_by(Event.seq.desc())
        .limit(1)
    )
    return db.session.scalar(latest) or settings.get("team_name")


def _ratings(ticket: Ticket) -> tuple[mails.Rating, ...]:
    page = urls.absolute(f"/tickets/{ticket.number}/rating")
    match settings.get("rating_style"):
        case "stars":
            return tuple(mails.Rating("★" * stars, f"{page}?score={stars}") for stars in range(1, 6))
        case "faces":
            return (mails.Rating("Good", f"{page}?score=5"), mails.Rating("Not good", f"{page}?score=1"))
    return ()


WRITERS = {"message": _reply, "received": _received, "solved": _solved, "closing_soon": _closing_soon}
