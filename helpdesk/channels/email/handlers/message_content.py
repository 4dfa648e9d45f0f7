"""Turn the text and files of a mail into the body and attachments of a message, losing nothing."""

import base64
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from helpdesk import key_derivation, storage
from helpdesk.channels.email.parse import plain_text_to_markdown
from helpdesk.channels.email.parse.parsed_mail import MailFile, ParsedMail
from helpdesk.domain.outbox import errors
from helpdesk.domain.tickets import attachments, virus_scans
from helpdesk.extensions import db
from helpdesk.models.attachment import Attachment
from helpdesk.models.user import User
from helpdesk.translation import format_number, gettext

MAX_BODY_LENGTH = 39_000  # characters of text in the message; a longer text is attached as a file
MAX_QUOTE_LENGTH = 20_000
MAX_FILES = 30
_ENVELOPED_DATA = (b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03", b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17")


@dataclass(frozen=True)
class MessageContent:
    """Body (Markdown), quoted plain text and files of a message."""

    body: str
    quoted: str
    files: Sequence[MailFile]


def make_content(mail: ParsedMail) -> MessageContent:
    """Return what to store of a mail. Where all of its text was guessed to be a quote, it is the body: a guess must not
    lose text. What is too long is attached as a whole.
    """
    body, quoted, files = mail.body, mail.quoted, list(mail.files)
    if not body.strip() and quoted and mail.cut == "quote" and all(file.is_decoration for file in files):
        body = "\n".join(map(plain_text_to_markdown.escape_line, quoted.split("\n")))
        quoted = ""
    if not body.strip() and not quoted and any(map(_is_encrypted, files)):
        body = plain_text_to_markdown.escape_line(
            gettext("(This mail is encrypted. Its text is in the attached file.)")
        )
    if not body.strip():
        files = [dataclasses.replace(file, is_decoration=False) for file in files]
    if len(body) > MAX_BODY_LENGTH:
        files.append(_make_text_file("whole", "whole-mail.txt", body))
        body = body[:MAX_BODY_LENGTH].rstrip() + "\n\n… " + gettext("(The whole mail is attached as a text file.)")
    if len(quoted) > MAX_QUOTE_LENGTH:
        files.append(_make_text_file("whole-quote", "quoted-text.txt", quoted))
        rest = gettext("(All of the quoted text is attached as a text file.)")
        quoted = f"{quoted[:MAX_QUOTE_LENGTH].rstrip()}\n\n… {rest}"
    return MessageContent(body, quoted, files)


def write_files(mail: ParsedMail, target: str) -> None:
    """Write the files of ``mail`` to the store, for ``build_attachments`` with the same ``target``. No transaction is
    open, because many large files take long. Raises TemporaryError while the store does not answer.
    """
    for place, file in enumerate(make_content(mail).files):
        if _refusal_reason(file, place, used=0) is None:
            try:
                storage.write(_storage_key(mail, target, file), file.content)
            except storage.StorageUnavailable:
                raise errors.TemporaryError(gettext("The store of files does not answer.")) from None


def list_keys(mail: ParsedMail, target: str) -> list[str]:
    """List the keys of what ``write_files`` wrote, for a mail that then did not become a message."""
    files = enumerate(make_content(mail).files)
    return [_storage_key(mail, target, file) for place, file in files if _refusal_reason(file, place, used=0) is None]


def build_attachments(
    mail: ParsedMail, content: MessageContent, target: str, uploader: User | None, organization_id: int
) -> list[Attachment]:
    """Return the attachments of a message; one that cannot be stored has the reason.

    ``target`` is what the mail becomes. A file's key is derived from it, the mail and the file's place, so that a
    second attempt after a crash finds what the first one wrote.
    """
    used = db.session.scalar(
        select(func.coalesce(func.sum(Attachment.size), 0)).where(Attachment.organization_id == organization_id)
    )
    rows = []
    for place, file in enumerate(content.files):
        reason = _refusal_reason(file, place, used)
        used += 0 if reason else file.size
        rows.append(
            Attachment(
                key=attachments.generate_key() if reason else _storage_key(mail, target, file),
                uploader_id=uploader.id if uploader else None,
                name=attachments.clean_file_name(file.name),
                media_type=attachments.detect_media_type(file.content[:16], file.media_type),
                size=file.size,
                state="refused" if reason else virus_scans.begin_state(),
                reason=reason,
                origin_external_id=file.external_id,
                is_decoration=file.is_decoration,
            )
        )
    return rows


def _is_encrypted(file: MailFile) -> bool:
    """Return whether ``file`` is what PGP or S/MIME encrypted (RFC 5652, section 6; RFC 5083)."""
    is_pgp = file.content.lstrip().startswith(b"-----BEGIN PGP MESSAGE-----")
    return is_pgp or any(kind in file.content[:40] for kind in _ENVELOPED_DATA)


def _make_text_file(place: str, name: str, text: str) -> MailFile:
    content = text.encode("utf-8", "replace")
    return MailFile(place, name, "text/plain", len(content), content=content)


def _refusal_reason(file: MailFile, place: int, used: int) -> str | None:
    if place >= MAX_FILES and not file.external_id.startswith("whole"):
        return gettext("Of one mail at most %(most_files)s files are kept.", most_files=format_number(MAX_FILES))
    if file.size == 0:
        return gettext("The file is empty.")
    if file.size > attachments.MAX_BYTES:
        return gettext(
            "The file is larger than %(most_bytes)s MB.", most_bytes=format_number(attachments.MAX_BYTES // 1024**2)
        )
    if used + file.size > attachments.QUOTA_BYTES:
        return gettext("The organization's files have reached their limit.")
    return None


def _storage_key(mail: ParsedMail, target: str, file: MailFile) -> str:
    digest = key_derivation.sign(key_derivation.Purpose.MAIL_FILE, f"{mail.digest} {target} {file.external_id}")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
