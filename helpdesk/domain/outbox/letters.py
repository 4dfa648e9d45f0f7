"""What goes by mail: a delivery's row becomes finished bytes, once; every further try sends the same ones."""

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload, undefer

from helpdesk import clock, config, presence, urls
from helpdesk.channels.email import compose, mails, token
from helpdesk.domain import access, deadlines, links, reviews, settings, words
from helpdesk.domain.outbox import summary
from helpdesk.domain.outbox.reasons import NotYet, Skip
from helpdesk.extensions import db
from helpdesk.models.channels import Thread
from helpdesk.models.people import Identity, User
from helpdesk.models.sessions import SignInLink
from helpdesk.models.sync import Delivery, State
from helpdesk.models.tickets import Kind, Message, Ticket

CONTEXT = 5  # public messages below the new one
REFERENCES = 20  # earlier Message-IDs named in a header


def arguments(delivery: Delivery) -> dict:
    """Bytes, recipient and sender of the mail; written now if this is its first try. Raises Skip or NotYet."""
    content = db.session.scalar(select(Delivery).where(Delivery.id == delivery.id).options(undefer(Delivery.content))).content
    if content is None:
        if not config.current().MAIL_SERVER:
            raise NotYet("No mail server is configured.", 60)
        made = compose.arguments(WRITERS[delivery.kind](delivery))
        delivery.content = made["bytes"]
        delivery.data = {**delivery.data, "recipient": made["recipient"], "sender": made["sender"]}
        return made
    return {"bytes": content, "recipient": delivery.data["recipient"], "sender": delivery.data["sender"]}


def envelope(delivery: Delivery, recipient: User | str, thread: Thread | None = None) -> mails.Envelope:
    """Who it is from and to, and how it hangs together with the mails before it."""
    current, chosen = config.current(), settings.everything()
    sender = chosen["system_email"] or current.MAIL_DEFAULT_SENDER or f"help@{current.portal_host}"
    if thread is not None and chosen["use_custom_from"] and thread.ticket.organization.from_address:
        sender = thread.ticket.organization.from_address
    reply_to = ""
    if thread is not None and thread.nonce and current.INBOUND_MAIL_DOMAIN:
        reply_to = token.address(current.SECRET_KEY, thread.nonce, current.INBOUND_MAIL_DOMAIN)
    is_user = isinstance(recipient, User)
    return mails.Envelope(
        key=delivery.key,
        recipient=recipient.email if is_user else recipient,
        recipient_name=recipient.display_name if is_user else "",
        sender=sender,
        sender_name=chosen["team_name"],
        date=clock.now(),
        portal_name=chosen["portal_name"],
        portal_url=current.PORTAL_BASE_URL,
        reply_to=reply_to,
        references=_references(thread) if thread is not None else (),
        unsubscribe_url=links.unsubscribe(thread) if thread is not None else "",
        preferences_url=urls.absolute("/account") if is_user else "",
        instance=links.instance(),
        accent=chosen["accent"],
    )


def _reply(delivery: Delivery) -> mails.Reply:
    message, thread = delivery.message, delivery.thread
    user, ticket = _reader(thread), thread.ticket
    if message.deleted_at:
        raise Skip("Deleted before it left.")
    if message.kind != Kind.reply:
        raise Skip("A note is never mailed.")
    if not user.mail_replies:
        raise Skip(f"{user.display_name} wants no mail about replies.")
    if not settings.get("mail_while_reading") and user.id in presence.who(ticket.id):
        raise Skip(f"{user.display_name} is reading the ticket.")
    return mails.Reply(
        envelope=envelope(delivery, user, thread),
        ticket=ticket_ref(ticket),
        messages=(_said(message, ticket),),
        earlier=tuple(_said(earlier, ticket) for earlier in _last_messages(ticket, before=message)),
        why="You filed this ticket." if user.id == ticket.requester_id else "You follow this ticket.",
    )


def _received(delivery: Delivery) -> mails.Received:
    thread = delivery.thread
    user, ticket = _reader(thread), thread.ticket
    if not user.mail_updates:
        raise Skip(f"{user.display_name} wants no mail about progress.")
    answers = [a for a in ticket.answers if a.text and not a.field.team_only]
    return mails.Received(
        envelope=envelope(delivery, user, thread),
        ticket=ticket_ref(ticket),
        message=_said(delivery.message, ticket),
        answers=tuple((answer.field.label, answer.text) for answer in answers),
    )


def _solved(delivery: Delivery) -> mails.Solved:
    thread = delivery.thread
    user, ticket = _reader(thread), thread.ticket
    if not user.mail_updates:
        raise Skip(f"{user.display_name} wants no mail about progress.")
    if ticket.status != "solved":
        raise Skip("The ticket was taken up again.")
    solver = db.session.scalar(select(User).where(User.id == ticket.assignee_id)) if ticket.assignee_id else None
    return mails.Solved(
        envelope=envelope(delivery, user, thread),
        ticket=ticket_ref(ticket),
        solved_by=solver.display_name if solver else settings.get("team_name"),
        ratings=_ratings(ticket),
        earlier=tuple(_said(earlier, ticket) for earlier in _last_messages(ticket)),
    )


def _closing_soon(delivery: Delivery) -> mails.ClosingSoon:
    thread = delivery.thread
    user, ticket = _reader(thread), thread.ticket
    if ticket.status != "solved":
        raise Skip("The ticket is no longer about to close.")
    return mails.ClosingSoon(
        envelope=envelope(delivery, user, thread), ticket=ticket_ref(ticket), closes_at=deadlines.closes_at(ticket)
    )


def _sign_in(delivery: Delivery) -> mails.SignIn:
    link = db.session.get(SignInLink, delivery.subject_id)
    if link is None or link.used_at or link.expires_at < clock.now():
        raise Skip("The link has ended before its mail could leave.")
    return mails.SignIn(
        envelope=envelope(delivery, link.email),
        link=urls.sign_in_link(links.token(link)),
        code=links.code(link),
        browser=delivery.data.get("browser", ""),
    )


def _invitation(delivery: Delivery) -> mails.Invitation:
    link = db.session.get(SignInLink, delivery.subject_id)
    if link is None or link.used_at or link.expires_at < clock.now():
        raise Skip("The invitation has ended before its mail could leave.")
    return mails.Invitation(
        envelope=envelope(delivery, link.email),
        link=urls.sign_in_link(links.token(link)),
        inviter=delivery.data.get("inviter", ""),
        role=delivery.data.get("role", "agent"),
        organization=delivery.data.get("organization", ""),
        expires_at=link.expires_at,
    )


def _linked(delivery: Delivery) -> mails.Linked:
    identity = db.session.get(Identity, delivery.subject_id)
    if identity is None:
        raise Skip("The account was disconnected before its mail could leave.")
    return mails.Linked(
        envelope=envelope(delivery, identity.user),
        way=identity.provider.title(),
        address=identity.email or identity.user.email,
        when=identity.created_at,
        sessions_url=urls.absolute("/account"),
        browser=delivery.data.get("browser", ""),
    )


def _weekly_summary(delivery: Delivery) -> mails.WeeklySummary:
    user = db.session.get(User, delivery.subject_id)
    if user is None or not user.is_active or not user.is_lead:
        raise Skip("They no longer lead support.")
    begins = date.fromisoformat(delivery.data["begins"])
    return mails.WeeklySummary(
        envelope=envelope(delivery, user),
        begins=begins,
        ends=begins + timedelta(days=6),
        figures=summary.figures(begins),
        waiting=tuple(ticket_ref(ticket) for ticket in reviews.open_promises(user, summary.WAITING)),
        url=urls.absolute("/review"),
    )


def ticket_ref(ticket: Ticket) -> mails.TicketRef:
    """The ticket as a mail names it, in the customer's words."""
    return mails.TicketRef(
        number=ticket.number,
        subject=ticket.subject,
        url=urls.ticket(ticket.number),
        organization=ticket.organization.name,
        status=words.status(ticket.status, for_team=False),
    )


def _reader(thread: Thread) -> User:
    """The one who gets it, if they may still read the ticket and their address works."""
    user = thread.user
    if not access.may_receive(user, thread.ticket):
        raise Skip(f"{user.display_name} may no longer see this ticket.")
    if user.mail_dead_reason:
        raise Skip(f"Mail to {user.email} does not arrive: {user.mail_dead_reason}")
    return user


def _last_messages(ticket: Ticket, before: Message | None = None) -> list[Message]:
    messages = (
        select(Message)
        .where(Message.ticket_id == ticket.id, Message.kind == Kind.reply, Message.deleted_at.is_(None))
        .options(joinedload(Message.author), selectinload(Message.attachments))
        .order_by(Message.seq.desc())
        .limit(CONTEXT)
    )
    return list(db.session.scalars(messages.where(Message.seq < before.seq) if before else messages))


def _said(message: Message, ticket: Ticket) -> mails.Said:
    return mails.Said(
        who=message.speaker,
        body=message.body,
        when=message.created_at,
        side=settings.get("team_name") if message.from_team else ticket.organization.name,
        from_team=message.from_team,
        files=tuple(mails.File(a.name, urls.ticket(ticket.number, message.id), a.size, a.media_type) for a in message.attachments),
        edited=message.edited_at is not None,
    )


def _ratings(ticket: Ticket) -> tuple[mails.Rating, ...]:
    page = urls.absolute(f"/tickets/{ticket.number}/rating")
    match settings.get("rating_style"):
        case "stars":
            return tuple(mails.Rating("★" * stars, f"{page}?score={stars}") for stars in range(1, 6))
        case "faces":
            return (mails.Rating("Good", f"{page}?score=5"), mails.Rating("Not good", f"{page}?score=1"))
    return ()


def _references(thread: Thread) -> tuple[str, ...]:
    earlier = (
        select(Delivery.external_id)
        .where(Delivery.thread_id == thread.id, Delivery.state == State.sent, Delivery.external_id.is_not(None))
        .order_by(Delivery.id.desc())
        .limit(REFERENCES)
    )
    found = list(reversed(list(db.session.scalars(earlier))))
    return tuple([thread.external_id, *found[1:]] if thread.external_id and found else found)


WRITERS = {
    "message": _reply,
    "received": _received,
    "solved": _solved,
    "closing_soon": _closing_soon,
    "sign_in": _sign_in,
    "invitation": _invitation,
    "weekly_summary": _weekly_summary,
    "linked": _linked,
}
