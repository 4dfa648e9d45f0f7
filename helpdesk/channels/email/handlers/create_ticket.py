"""Create a ticket from a mail to an address of ours: while the setting is on, from a proven sender whom an organization
admits.
"""

import hashlib

from sqlalchemy import select

from helpdesk.channels.email import senders, trusted_senders
from helpdesk.channels.email.handlers import cc_followers, folded_text, message_content, thread_matching
from helpdesk.channels.email.parse import plain_text_to_markdown
from helpdesk.channels.email.parse.parsed_mail import ParsedMail
from helpdesk.domain import tickets
from helpdesk.domain.administration import settings
from helpdesk.domain.errors import PermissionDenied
from helpdesk.domain.outbox import enqueue
from helpdesk.domain.outbox.repeated_events import Origin
from helpdesk.domain.people import admission, users
from helpdesk.domain.tickets.messages import MAX_BODY_LENGTH
from helpdesk.extensions import db
from helpdesk.markup.one_line import to_one_line
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import DeliveryKind
from helpdesk.models.message import Message
from helpdesk.models.organization import Organization
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import MAX_SUBJECT_LENGTH
from helpdesk.models.user import User
from helpdesk.translation import gettext

TARGET = "new ticket"  # the name under which the files of a new ticket's mail are stored


def is_new_ticket(mail: ParsedMail) -> bool:
    """Return whether it is written to our address, names no conversation, and answers no mail of ours."""
    return (
        settings.get("tickets_by_mail")
        and not mail.thread_hashes
        and bool(senders.find_ours(mail.recipients))
        and thread_matching.suggest_ticket_id(mail) is None
    )


def create_ticket(mail: ParsedMail) -> Message:
    """Create the ticket and return its first message. Raises DomainError (mostly PermissionDenied) with nothing done.

    A person unknown so far becomes a user whose address is not verified. They are informed that their mail was received
    only if their domain has proven that they wrote it.
    """
    with db.session.begin_nested():
        requester, organization = _find_or_create_requester(mail)
        content = message_content.make_content(mail)
        ticket = tickets.create_ticket(
            requester=requester,
            organization_id=organization.id,
            subject=make_subject(mail),
            body=make_body(mail, content),
            attachments=message_content.build_attachments(mail, content, TARGET, requester, organization.id),
            came_by=Origin(f"mail {mail.external_id} {hashlib.sha256(content.body.encode()).hexdigest()}"),
        )
        message = ticket.messages[0]
        folded_text.store_quote(message, mail, content.quoted)
        thread = _link_mail_thread(ticket.id, requester, mail)
        cc_followers.add_followers(mail, ticket, requester)
        is_unknown = requester.email_verified_at is None and mail.authentication.result == "pass"
        if thread is not None and is_unknown and settings.get("mail_received"):
            enqueue.wake_worker(enqueue.enqueue_delivery(thread, DeliveryKind.received, message=message, proven=True))
    return message


def make_subject(mail: ParsedMail) -> str:
    """Return the mail's subject, or a default for a mail without one."""
    return to_one_line(mail.subject)[:MAX_SUBJECT_LENGTH].rstrip() or gettext("Mail without a subject")


def make_body(mail: ParsedMail, content: message_content.MessageContent) -> str:
    """Return the ticket's first message: the mail's text, below its subject where that is longer than a ticket's.

    Who writes only a subject and adds no file has said everything in it.
    """
    subject = to_one_line(mail.subject)
    is_everything = not content.body.strip() and not content.files
    if not is_everything and len(subject) <= MAX_SUBJECT_LENGTH:
        return content.body
    body = f"{plain_text_to_markdown.escape_line(subject)}\n\n{content.body}".strip()
    return body if len(body) <= MAX_BODY_LENGTH else content.body


def _find_or_create_requester(mail: ParsedMail) -> tuple[User, Organization]:
    user = trusted_senders.find_person(mail.author_id)
    if user is not None and user.is_team:
        raise PermissionDenied(gettext("The team does not act by mail."))
    if user is not None and (not user.is_active or user.erased_at):
        raise PermissionDenied(gettext("Its sender was deactivated."))
    if not admission.is_portal_enabled():
        raise PermissionDenied(gettext("The portal is switched off."))
    organizations = admission.admitting_organizations(user.email if user is not None else mail.author_id)
    if not organizations:
        raise PermissionDenied(gettext("No organization lets its sender in."))
    present = next((one for one in organizations if user is not None and one.id == user.organization_id), None)
    if present is None and len(organizations) > 1:
        written_to = senders.find_organization_ids(mail.recipients)
        organizations = [one for one in organizations if one.id in written_to]
    if present is None and len(organizations) != 1:
        raise PermissionDenied(gettext("Its sender belongs to several organizations."))
    organization = present or organizations[0]
    if user is None:
        user = users.create_user(mail.author_id, name=mail.author_name, organization=organization)
    elif present is None:
        users.join_organization(user, organization)
    return user, organization


def _link_mail_thread(ticket_id: int, requester: User, mail: ParsedMail) -> Thread | None:
    """Make our mails on the ticket answers to the mail it began with, unless that belongs to another conversation.
    Returns the requester's mail conversation.
    """
    thread = db.session.scalar(
        select(Thread)
        .join(Channel)
        .where(Thread.ticket_id == ticket_id, Thread.user_id == requester.id, Channel.kind == "email")
    )
    if thread is None or thread.external_id or len(mail.external_id) > 255:
        return thread
    is_taken = select(Thread.id).where(Thread.channel_id == thread.channel_id, Thread.external_id == mail.external_id)
    if db.session.scalar(is_taken.limit(1)) is None:
        thread.external_id = mail.external_id
    return thread
