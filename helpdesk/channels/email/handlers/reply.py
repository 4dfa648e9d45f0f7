"""Add a proven participant's mail as a reply to their ticket; on a closed ticket it starts a follow-up ticket."""

import dataclasses
import hashlib
from typing import Any

from sqlalchemy import select

from helpdesk.channels.email.handlers import folded_text, message_content
from helpdesk.channels.email.parse import new_subject, plain_text_to_markdown
from helpdesk.channels.email.parse.parsed_mail import ParsedMail
from helpdesk.domain import tickets
from helpdesk.domain.errors import ConflictError
from helpdesk.domain.people import undeliverable_addresses
from helpdesk.extensions import db
from helpdesk.models.message import Message, MessageRevision
from helpdesk.models.thread import Thread
from helpdesk.models.user import User

MAX_ID_LENGTH = 255  # characters of Message.origin_external_id


def post_reply(mail: ParsedMail, thread: Thread, author: User) -> Message:
    """Add the reply of ``author`` and return its message. Raises DomainError with nothing done.

    A colleague's reply goes to the person of this conversation, too, like any other.

    A mail with the Message-ID of an earlier one is that one again only if it says the same: programs and gateways send
    several mails with one id.
    """
    ticket = thread.ticket
    with db.session.begin_nested():
        content = message_content.make_content(mail)
        if not content.body and not content.files:
            subject = new_subject.find_new_subject(mail.subject, ticket.subject)
            content = dataclasses.replace(content, body=plain_text_to_markdown.escape_line(subject))
        known = _find_same(mail, content.body, thread)
        if known is not None:
            return known
        attachments = message_content.build_attachments(
            mail, content, target_of(thread), author, ticket.organization_id
        )
        place: dict[str, Any] = {"origin": thread, "origin_external_id": _external_id(mail, content.body, thread)}
        if author.id != thread.user_id:
            place = {"form_token": hashlib.sha256(_further_id(mail, content.body).encode()).hexdigest()}
        try:
            with db.session.begin_nested():
                message = tickets.reply(ticket, author=author, body=content.body, attachments=attachments, **place)
        except ConflictError:
            new = tickets.create_follow_up(
                ticket, requester=author, body=content.body, attachments=attachments, **place
            )
            message = [each for each in new.messages if each.author_id == author.id][-1]
        folded_text.store_quote(message, mail, content.quoted)
        undeliverable_addresses.clear_bounces(author)
    return message


def target_of(thread: Thread) -> str:
    """Return the name under which the files of a reply in this conversation are stored."""
    return f"thread {thread.id}"


def _find_same(mail: ParsedMail, body: str, thread: Thread) -> Message | None:
    """Return the message that this mail became before, unless it has other words or files now."""
    ids = (_first_id(mail), _further_id(mail, body))
    query = select(Message).where(Message.origin_thread_id == thread.id, Message.origin_external_id.in_(ids))
    for message in db.session.scalars(query.order_by(Message.id)):
        first = select(MessageRevision.body).where(MessageRevision.message_id == message.id)
        bodies = {message.body, *db.session.scalars(first)}
        had = sorted((file.name, file.size) for file in message.attachments)
        has = sorted((file.name, file.size) for file in message_content.make_content(mail).files)
        if body.strip() in {text.strip() for text in bodies} and len(had) == len(has):
            return message
    return None


def _external_id(mail: ParsedMail, body: str, thread: Thread) -> str:
    """Return the Message-ID, or where it is taken one that also depends on the words."""
    taken = select(Message.id).where(
        Message.origin_thread_id == thread.id, Message.origin_external_id == _first_id(mail)
    )
    return _first_id(mail) if db.session.scalar(taken.limit(1)) is None else _further_id(mail, body)


def _first_id(mail: ParsedMail) -> str:
    id = mail.external_id
    return id if len(id) <= MAX_ID_LENGTH else f"{id[:180]} {hashlib.sha256(id.encode()).hexdigest()}"


def _further_id(mail: ParsedMail, body: str) -> str:
    files = " ".join(f"{file.name} {file.size}" for file in mail.files)
    digest = hashlib.sha256(f"{body}\0{files}".encode("utf-8", "replace")).hexdigest()
    return f"{mail.external_id[:180]} {digest}"
