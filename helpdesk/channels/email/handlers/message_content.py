"""Turn the text and files of a mail into the body and attachments of a message, losing nothing."""

import base64
from collections.abc import Iterator

from sqlalchemy import func, select

from helpdesk import key_derivation, storage
from helpdesk.channels import email
from helpdesk.channels.email.parse.parsed_mail import ParsedMail
from helpdesk.domain.inbox.channel_event import RemoteFile
from helpdesk.domain.outbox import errors
from helpdesk.domain.tickets import attachments
from helpdesk.extensions import db
from helpdesk.models.attachment import Attachment
from helpdesk.models.user import User

MAX_BODY_LENGTH = 39_000  # characters of text in the message; a longer text is attached as a file
MAX_QUOTE_LENGTH = 20_000
MAX_FILES = 30


def split_body_and_quote(mail: ParsedMail) -> tuple[str, str]:
    """Return (body, quoted). Where the full_text text was guessed to be a quote, it is the body: a guess must not lose
    text.
    """
    body, quoted = mail.body, mail.quoted
    if not body.strip() and quoted and mail.cut == "quote" and not mail.files:
        body, quoted = quoted, ""
    if len(body) > MAX_BODY_LENGTH:
        body = body[:MAX_BODY_LENGTH].rstrip() + "\n\n… (The whole mail is attached as a text file.)"
    return body, quoted[:MAX_QUOTE_LENGTH]


def store_attachments(
    inbound_id: int, raw: bytes, mail: ParsedMail, uploader: User | None, organization_id: int
) -> list[Attachment]:
    """Store the mail's files and return their attachments; one that cannot be stored has the reason.

    A file's key is derived from its position, so that a second attempt after a crash overwrites what the first one
    wrote. Raises TemporaryError while the store does not answer.
    """
    used = db.session.scalar(
        select(func.coalesce(func.sum(Attachment.size), 0)).where(Attachment.organization_id == organization_id)
    )
    rows = []
    for remote, content in _read_contents(raw, mail):
        reason = _refusal_reason(remote, len(content), len(rows), used)
        used += 0 if reason else len(content)
        key = attachments.generate_key() if reason else _store_file(inbound_id, remote, content)
        rows.append(
            Attachment(
                key=key,
                uploader_id=uploader.id if uploader else None,
                name=attachments.clean_file_name(remote.name),
                media_type=attachments.detect_media_type(content[:16], remote.media_type),
                size=len(content),
                state="refused" if reason else "stored",
                reason=reason,
                origin_external_id=remote.external_id,
            )
        )
    return rows


def _read_contents(raw: bytes, mail: ParsedMail) -> Iterator[tuple[RemoteFile, bytes]]:
    for remote in mail.files:
        yield remote, email.attachment_content(raw, remote.external_id)
    if len(mail.body) > MAX_BODY_LENGTH:
        full_text = mail.body.encode("utf-8", "replace")
        yield RemoteFile("whole", "whole-mail.txt", "text/plain", len(full_text)), full_text


def _refusal_reason(remote: RemoteFile, size: int, place: int, used: int) -> str | None:
    if place >= MAX_FILES and remote.external_id != "whole":
        return f"Of one mail at most {MAX_FILES} files are kept."
    if size == 0:
        return "The file is empty."
    if size > attachments.MAX_BYTES:
        return f"The file is larger than {attachments.MAX_BYTES // 1024**2} MB."
    if used + size > attachments.QUOTA_BYTES:
        return "The organization's files have reached their limit."
    return None


def _store_file(inbound_id: int, remote: RemoteFile, content: bytes) -> str:
    digest = key_derivation.sign(key_derivation.Purpose.MAIL_FILE, f"{inbound_id} {remote.external_id}")
    key = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    try:
        storage.write(key, content)
    except storage.StorageUnavailable:
        raise errors.TemporaryError("The store of files does not answer.") from None
    return key
