"""A ticket filed by mail to an address of ours: while the setting is on, from somebody who is let in, and proven."""

from sqlalchemy import select

from helpdesk.channels.values import Heard
from helpdesk.domain import access, people, senders, settings, tickets
from helpdesk.domain.errors import NotAllowed
from helpdesk.domain.inbox.from_mail import carrying, matching
from helpdesk.extensions import db
from helpdesk.models.channels import Channel, Thread
from helpdesk.models.people import Organization, User
from helpdesk.models.tickets import Message

LONGEST_SUBJECT = 200


def is_meant(heard: Heard) -> bool:
    """Whether it is written to our address, names no conversation, and answers no mail of ours."""
    return (
        settings.get("tickets_by_mail")
        and not heard.data["thread_hashes"]
        and bool(senders.all() & set(heard.data["recipients"]))
        and matching.suggested(heard) is None
    )


def file(inbound_id: int, raw: bytes, heard: Heard) -> Message:
    """File it and give its first message. Raises Refused with nothing done.

    A person unknown so far becomes a user whose address is not proven: nobody is written to unasked (security.md §2.2).
    """
    with db.session.begin_nested():
        requester, organization = _requester(heard)
        body, quoted = carrying.words(heard)
        ticket = tickets.file(
            requester=requester,
            organization_id=organization.id,
            subject=subject(heard),
            body=body,
            attachments=carrying.attachments(inbound_id, raw, heard, requester, organization.id),
        )
        message = ticket.messages[0]
        message.quoted = quoted or None
        _goes_on_below(ticket.id, requester, heard)
    return message


def subject(heard: Heard) -> str:
    """Its subject, or one made for it."""
    printable = "".join(c if c.isprintable() else " " for c in heard.data["subject"])
    return " ".join(printable.split())[:LONGEST_SUBJECT] or "Mail without a subject"


def _requester(heard: Heard) -> tuple[User, Organization]:
    user = people.find(heard.author_id)
    if user is not None and user.is_team:
        raise NotAllowed("The team does not act by mail.")
    if user is not None and (not user.is_active or user.erased_at):
        raise NotAllowed("Its sender was deactivated.")
    if not access.portal_is_on():
        raise NotAllowed("The portal is switched off.")
    organizations = access.organizations_for(heard.author_id)
    if not organizations:
        raise NotAllowed("No organization lets its sender in.")
    present = next((one for one in organizations if user is not None and one.id == user.organization_id), None)
    if present is None and len(organizations) > 1:
        raise NotAllowed("Its sender belongs to several organizations.")
    organization = present or organizations[0]
    if user is None:
        user = people.create(heard.author_id, name=heard.data["author_name"], organization=organization)
    elif present is None:
        people.join(user, organization)
    return user, organization


def _goes_on_below(ticket_id: int, requester: User, heard: Heard) -> None:
    """Our mails on the ticket stand below the one it began with, where no other conversation does."""
    thread = db.session.scalar(
        select(Thread)
        .join(Channel)
        .where(Thread.ticket_id == ticket_id, Thread.user_id == requester.id, Channel.kind == "email")
    )
    if thread is None or thread.external_id or len(heard.external_id) > 255:
        return
    is_taken = select(Thread.id).where(Thread.channel_id == thread.channel_id, Thread.external_id == heard.external_id)
    if db.session.scalar(is_taken.limit(1)) is None:
        thread.external_id = heard.external_id
