"""Add a proven participant's mail as a reply to their ticket; on a closed ticket it starts a follow-up ticket."""

from helpdesk.channels.email.handlers import message_content
from helpdesk.channels.email.parse.parsed_mail import ParsedMail
from helpdesk.domain import tickets
from helpdesk.domain.errors import ConflictError
from helpdesk.domain.people import undeliverable_addresses
from helpdesk.extensions import db
from helpdesk.models.message import Message
from helpdesk.models.thread import Thread


def post_reply(inbound_id: int, raw: bytes, mail: ParsedMail, thread: Thread) -> Message:
    """Add the reply and return its message. Raises DomainError with nothing done."""
    author, ticket = thread.user, thread.ticket
    with db.session.begin_nested():
        body, quoted = message_content.split_body_and_quote(mail)
        attachments = message_content.store_attachments(inbound_id, raw, mail, author, ticket.organization_id)
        place = {"origin": thread, "origin_external_id": mail.external_id[:255]}
        try:
            with db.session.begin_nested():
                message = tickets.reply(ticket, author=author, body=body, attachments=attachments, **place)
        except ConflictError:
            new = tickets.create_follow_up(ticket, requester=author, body=body, attachments=attachments)
            message = new.messages[0]
        message.quoted = quoted or None
        undeliverable_addresses.clear_bounces(author)
    return message
