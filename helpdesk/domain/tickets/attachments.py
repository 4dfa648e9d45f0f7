"""Attachments: an uploaded file is checked and stored as its uploader's draft, then attached to a message."""

import re
import secrets
import shutil
import tempfile
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import IO, BinaryIO, cast

from sqlalchemy import exists, func, select

from helpdesk import clock, storage
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.forms.uploads import pending_uploads as pending_uploads
from helpdesk.domain.forms.uploads import pending_uploads_query
from helpdesk.domain.people import permissions
from helpdesk.domain.tickets import stored_files, virus_scans
from helpdesk.extensions import db
from helpdesk.markup.one_line import to_one_line
from helpdesk.models.attachment import Attachment
from helpdesk.models.draft import Draft
from helpdesk.models.message import Message
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import format_number, gettext

MAX_BYTES = 20 * 1024 * 1024  # bytes of one file
MAX_FILES = 10  # files of one message
QUOTA_BYTES = 5 * 1024**3  # bytes of one organization's files
MAX_PENDING_UPLOADS = 40  # drafts of one person
PENDING_UPLOAD_TTL = timedelta(days=1)
MAX_NAME_LENGTH = 150
SWEEP_BATCH_SIZE = 200

IMAGE_SIGNATURES = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
)
IMAGE_MEDIA_TYPES = frozenset(media_type for _, media_type in IMAGE_SIGNATURES)
MEDIA_TYPE_PATTERN = re.compile(r"[a-z0-9][a-z0-9.+-]{0,48}/[a-z0-9][a-z0-9.+-]{0,48}")


def store_upload(
    stream: BinaryIO, filename: str | None, media_type: str | None, uploader: User, *, field: str = "files"
) -> Attachment:
    """Store ``stream`` as a draft of ``uploader``. Raises ValidationError (about ``field``) above a limit.

    Commits before the bytes are stored; the caller commits that they are. Raises StorageUnavailable.
    """
    name = clean_file_name(filename)
    with tempfile.SpooledTemporaryFile(max_size=1 << 20) as copy:
        size = _copy_limited(MAX_BYTES, stream, copy)
        if size > MAX_BYTES:
            raise ValidationError(
                gettext(
                    "%(name)s is larger than %(most_bytes)s MB, the most a file may have.",
                    name=name,
                    most_bytes=format_number(MAX_BYTES // 1024**2),
                ),
                field,
            )
        if size == 0:
            raise ValidationError(gettext("%(name)s is empty.", name=name), field)
        _check_quota(uploader, size, field)
        copy.seek(0)
        kind = detect_media_type(copy.read(16), media_type)
        copy.seek(0)
        attachment = Attachment(
            key=generate_key(),
            organization_id=uploader.organization_id,
            uploader_id=uploader.id,
            name=name,
            media_type=kind,
            size=size,
            created_at=clock.now(),
        )
        stored_files.store_file(attachment, cast(BinaryIO, copy))
    attachment.state = virus_scans.begin_state()
    db.session.flush()
    return attachment


@dataclass(frozen=True)
class StoredFile:
    """A file that is stored under ``key``."""

    key: str
    name: str
    media_type: str


def copy_files(files: Sequence[StoredFile], uploader: User) -> list[str]:
    """Store copies as drafts of ``uploader``, who may read the files, and return their keys. Commits after each.

    Raises ValidationError.
    """
    keys = []
    for file in files:
        db.session.commit()
        with storage.open(file.key) as stream, tempfile.SpooledTemporaryFile(max_size=1 << 20) as copy:
            shutil.copyfileobj(stream, copy, 1 << 18)
            copy.seek(0)
            keys.append(store_upload(cast(BinaryIO, copy), file.name, file.media_type, uploader).key)
    db.session.commit()
    return keys


def attach_uploads(keys: list[str], uploader: User) -> list[Attachment]:
    """Return and lock ``uploader``'s drafts with ``keys``, in that order. Raises ValidationError if one is missing."""
    if not keys:
        return []
    uploads = {
        attachment.key: attachment
        for attachment in db.session.scalars(
            pending_uploads_query(uploader).where(Attachment.key.in_(keys)).with_for_update()
        )
    }
    if len(uploads) < len(set(keys)):
        raise ValidationError(gettext("A file you added is no longer there. Add it again."), "files")
    return [uploads[key] for key in dict.fromkeys(keys)]


def find_attachment(reader: User, key: str) -> Attachment | None:
    """Return the file ``key`` if ``reader`` may read it, on a ticket they see or as their draft; else None.

    One that is still being scanned is found, too, but must not be given out.
    """
    attachment = db.session.scalar(
        select(Attachment).where(Attachment.key == key, Attachment.state.in_(virus_scans.HELD_STATES))
    )
    if attachment is None or not reader.is_active:
        return None
    if attachment.message_id is None:
        return attachment if attachment.uploader_id == reader.id else None
    visible = permissions.visible_tickets(reader).with_only_columns(Ticket.id)
    message = db.session.scalar(
        select(Message).where(Message.id == attachment.message_id, Message.ticket_id.in_(visible))
    )
    if message is None or not permissions.can_read(reader, message):
        return None
    if message.deleted_at and not reader.is_team:
        return None
    return attachment


def discard_upload(uploader: User, key: str) -> None:
    """Delete a draft of ``uploader``, if it exists; its bytes by a job after the commit."""
    stored_files.delete_uploads(Attachment.key == key, Attachment.uploader_id == uploader.id)


def delete_expired_uploads() -> int:
    """Delete uploads older than PENDING_UPLOAD_TTL that no draft of their uploader names, SWEEP_BATCH_SIZE at most.

    Returns how many. Idempotent. Commits.
    """
    is_in_draft = exists().where(Draft.user_id == Attachment.uploader_id, Draft.content.contains(Attachment.key))
    expired_query = (
        select(Attachment.id)
        .where(Attachment.message_id.is_(None), Attachment.created_at < clock.now() - PENDING_UPLOAD_TTL, ~is_in_draft)
        .order_by(Attachment.id)
        .limit(SWEEP_BATCH_SIZE)
        .with_for_update(skip_locked=True)
    )
    if expired := list(db.session.scalars(expired_query)):
        stored_files.delete_uploads(Attachment.id.in_(expired))
    db.session.commit()
    return stored_files.delete_marked()


def generate_key() -> str:
    """Return a random storage key of 256 bits."""
    return secrets.token_urlsafe(32)


def clean_file_name(filename: str | None) -> str:
    """Return a file name to store: NFC, one line, without path and invisible characters, MAX_NAME_LENGTH at most."""
    name = to_one_line(unicodedata.normalize("NFC", filename or ""))
    name = " ".join(re.split(r"[/\\]", name)[-1].split()).strip(". ")
    if len(name) > MAX_NAME_LENGTH:
        stem, dot, ending = name.rpartition(".")
        ending = dot + ending if stem and len(ending) <= 16 else ""
        name = name[: MAX_NAME_LENGTH - len(ending)].rstrip() + ending
    return name or "file"


def detect_media_type(beginning: bytes, claimed: str | None) -> str:
    """Return the media type to store: that of an image only by its first bytes, else ``claimed`` if it is valid."""
    for magic, media_type in IMAGE_SIGNATURES:
        if magic.match(beginning):
            return media_type
    claimed = (claimed or "").split(";")[0].strip().lower()
    return (
        claimed
        if MEDIA_TYPE_PATTERN.fullmatch(claimed) and claimed not in IMAGE_MEDIA_TYPES
        else "application/octet-stream"
    )


def _copy_limited(limit: int, source: BinaryIO, target: IO[bytes]) -> int:
    """Copy bytes until ``source`` ends or more than ``limit`` were copied; returns their number."""
    size = 0
    while size <= limit and (chunk := source.read(1 << 18)):
        size += len(chunk)
        target.write(chunk)
    return size


def _check_quota(uploader: User, size: int, field: str) -> None:
    pending = db.session.scalar(select(func.count()).select_from(pending_uploads_query(uploader).subquery())) or 0
    if pending >= MAX_PENDING_UPLOADS:
        raise ValidationError(
            gettext("You have added many files without sending them. Send or remove some first."), field
        )
    if uploader.organization_id is None:
        return
    used = db.session.scalar(
        select(func.coalesce(func.sum(Attachment.size), 0)).where(
            Attachment.organization_id == uploader.organization_id
        )
    )
    if (used or 0) + size > QUOTA_BYTES:
        raise ValidationError(
            gettext("Your organization's files have reached their limit. Write to us by email, and we will make room."),
            field,
        )
