"""A proven participant's mail as a reply on their ticket; on a closed one it begins the ticket that follows."""

from helpdesk.channels.values import Heard
from helpdesk.domain import addresses, tickets
from helpdesk.domain.errors import Conflict
from helpdesk.domain.inbox.from_mail import carrying
from helpdesk.extensions import db
from helpdesk.models.channels import Thread
from helpdesk.models.tickets import Message


def reply(inbound_id: int, raw: bytes, heard: Heard, thread: Thread) -> Message:
    """Say it. Raises Refused with nothing done."""
    author, ticket = thread.user, thread.ticket
    with db.session.begin_nested():
        body, quoted = carrying.words(heard)
        attachments = carrying.attachments(inbound_id, raw, heard, author, ticket.organization_id)
        place = {"origin": thread, "origin_external_id": heard.external_id[:255]}
        try:
            with db.session.begin_nested():
                message = tickets.reply(ticket, author=author, body=body, attachments=attachments, **place)
        except Conflict:
            new = tickets.follow_up(ticket, requester=author, body=body, attachments=attachments)
            message = new.messages[0]
        message.quoted = quoted or None
        addresses.works(author)
    return message
