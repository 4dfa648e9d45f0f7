"""What a mail brings along: its words and its files, so that nothing of them is lost on the way into a message."""

import base64

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

MAX_BODY_LENGTH = 39_000  # characters of the words that stand in the message; what is longer comes as a file
MAX_QUOTE_LENGTH = 20_000
MAX_FILES = 30


def split_body_and_quote(heard: ParsedMail) -> tuple[str, str]:
    """(body, quoted). Where everything was taken for a quote by guess, it is the body: a guess must not lose words."""
    body, quoted = heard.body, heard.quoted
    if not body.strip() and quoted and heard.cut == "quote" and not heard.files:
        body, quoted = quoted, ""
    if len(body) > MAX_BODY_LENGTH:
        body = body[:MAX_BODY_LENGTH].rstrip() + "\n\n… (The whole mail is attached as a text file.)"
    return body, quoted[:MAX_QUOTE_LENGTH]


def store_attachments(
    inbound_id: int, raw: bytes, heard: ParsedMail, uploader: User | None, organization_id: int
) -> list[Attachment]:
    """Rows for the mail's files, their bytes stored; one that cannot be kept is there with the reason.

    A file's key is made from where it lies, so that a second try after a crash writes over what the first one wrote. Raises
    Temporary while the store does not answer.
    """
    used = db.session.scalar(
        select(func.coalesce(func.sum(Attachment.size), 0)).where(Attachment.organization_id == organization_id)
    )
    rows = []
    for remote, content in _read_contents(raw, heard):
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


def _read_contents(raw: bytes, heard: ParsedMail):
    for remote in heard.files:
        yield remote, email.attachment_content(raw, remote.external_id)
    if len(heard.body) > MAX_BODY_LENGTH:
        whole = heard.body.encode("utf-8", "replace")
        yield RemoteFile("whole", "whole-mail.txt", "text/plain", len(whole)), whole


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
