"""What a mail brings along: its words and its files, so that nothing of them is lost on the way into a message."""

import base64

from sqlalchemy import func, select

from helpdesk import keys, storage
from helpdesk.channels import email, errors
from helpdesk.channels.values import Heard, RemoteFile
from helpdesk.domain import files
from helpdesk.extensions import db
from helpdesk.models.people import User
from helpdesk.models.tickets import Attachment

LONGEST = 39_000  # characters of the words that stand in the message; what is longer comes as a file
MOST_QUOTED = 20_000
MOST_FILES = 30


def words(heard: Heard) -> tuple[str, str]:
    """(body, quoted). Where everything was taken for a quote by guess, it is the body: a guess must not lose words."""
    body, quoted = heard.body, heard.data["quoted"]
    if not body.strip() and quoted and heard.data["cut"] == "quote" and not heard.files:
        body, quoted = quoted, ""
    if len(body) > LONGEST:
        body = body[:LONGEST].rstrip() + "\n\n… (The whole mail is attached as a text file.)"
    return body, quoted[:MOST_QUOTED]


def attachments(
    inbound_id: int, raw: bytes, heard: Heard, uploader: User | None, organization_id: int
) -> list[Attachment]:
    """Rows for the mail's files, their bytes stored; one that cannot be kept is there with the reason.

    A file's key is made from where it lies, so that a second try after a crash writes over what the first one wrote. Raises
    Temporary while the store does not answer.
    """
    used = db.session.scalar(
        select(func.coalesce(func.sum(Attachment.size), 0)).where(Attachment.organization_id == organization_id)
    )
    rows = []
    for remote, content in _contents(raw, heard):
        reason = _refusal(remote, len(content), len(rows), used)
        used += 0 if reason else len(content)
        key = files.new_key() if reason else _keep(inbound_id, remote, content)
        rows.append(
            Attachment(
                key=key,
                uploader_id=uploader.id if uploader else None,
                name=files.clean_name(remote.name),
                media_type=files.sniff(content[:16], remote.media_type),
                size=len(content),
                state="refused" if reason else "stored",
                reason=reason,
                origin_external_id=remote.external_id,
            )
        )
    return rows


def _contents(raw: bytes, heard: Heard):
    for remote in heard.files:
        yield remote, email.file(raw, remote.external_id)
    if len(heard.body) > LONGEST:
        whole = heard.body.encode("utf-8", "replace")
        yield RemoteFile("whole", "whole-mail.txt", "text/plain", len(whole)), whole


def _refusal(remote: RemoteFile, size: int, place: int, used: int) -> str | None:
    if place >= MOST_FILES and remote.external_id != "whole":
        return f"Of one mail at most {MOST_FILES} files are kept."
    if size == 0:
        return "The file is empty."
    if size > files.LARGEST:
        return f"The file is larger than {files.LARGEST // 1024**2} MB."
    if used + size > files.QUOTA:
        return "The organization's files have reached their limit."
    return None


def _keep(inbound_id: int, remote: RemoteFile, content: bytes) -> str:
    key = (
        base64.urlsafe_b64encode(keys.sign("file from mail", f"{inbound_id} {remote.external_id}")).decode().rstrip("=")
    )
    try:
        storage.write(key, content)
    except storage.Unavailable:
        raise errors.Temporary("The store of files does not answer.") from None
    return key
