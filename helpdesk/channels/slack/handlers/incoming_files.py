"""Files people add in Slack: fetched and stored before the transaction, then attached to their message."""

import base64
from datetime import timedelta

from sqlalchemy import func, select

from helpdesk import key_derivation, storage
from helpdesk.channels.slack.api import api_errors, slack_clock
from helpdesk.channels.slack.api import file_downloads as slack_files
from helpdesk.channels.slack.handlers.context import DownloadedFile, EventContext
from helpdesk.channels.slack.parse.event_types import SlackEvent
from helpdesk.domain.inbox.channel_event import RemoteFile
from helpdesk.domain.outbox import errors
from helpdesk.domain.tickets import attachments, stored_files, virus_scans
from helpdesk.extensions import db
from helpdesk.models.attachment import Attachment
from helpdesk.models.message import Message
from helpdesk.models.user import User
from helpdesk.translation import format_number, gettext

FETCH_TIMEOUT = timedelta(minutes=2)  # how long a message waits for a file that cannot be fetched
PERMANENT_ERROR_CODES = {"missing_scope", "no_permission", "access_denied"}


def fetch_files(files: tuple[RemoteFile, ...], event: SlackEvent) -> dict[str, DownloadedFile]:
    """Fetch each file, by its Slack id: stored or with the reason why not. Raises ChannelError while another attempt
    may help.

    A file's key is derived from its position, so that a second attempt after a crash overwrites what the first one
    wrote.
    """
    fetched = {}
    for place, remote in enumerate(files):
        if place >= attachments.MAX_FILES:
            fetched[remote.external_id] = _refused_file(
                remote,
                gettext("A message has at most %(most_files)s files.", most_files=format_number(attachments.MAX_FILES)),
            )
        else:
            fetched[remote.external_id] = _fetch_file(remote, event)
    return fetched


def find_added(files: tuple[RemoteFile, ...], message: Message) -> tuple[RemoteFile, ...]:
    """Return those of ``files`` that ``message`` does not have, nor ever had."""
    known = {attachment.origin_external_id for attachment in message.attachments}
    return tuple(file for file in files if file.external_id not in known)


def build_attachments(
    files: tuple[RemoteFile, ...], context: EventContext, uploader: User | None, organization_id: int | None = None
) -> list[Attachment]:
    """Make attachments for the files of a message; those beyond the storage quota of ``organization_id`` are
    refused.
    """
    used = 0 if organization_id is None or not files else _used_bytes(organization_id)
    rows = []
    for remote in files:
        file = context.files.get(remote.external_id) or _refused_file(remote, gettext("This file was not fetched."))
        reason = file.reason
        if not reason and organization_id is not None and used + file.size > attachments.QUOTA_BYTES:
            reason = gettext("The organization's files have reached their limit.")
        used += file.size
        rows.append(
            Attachment(
                key=file.key if not reason else attachments.generate_key(),
                uploader_id=uploader.id if uploader else None,
                name=attachments.clean_file_name(file.name),
                media_type=file.media_type,
                size=file.size,
                state="refused" if reason else virus_scans.begin_state(),
                reason=reason or None,
                origin_external_id=file.external_id,
            )
        )
    return rows


def delete_files(context: EventContext) -> None:
    """Let fetched files that belong to no message be deleted after the commit."""
    stored_files.delete_later(file.key for file in context.files.values() if file.key)


def _fetch_file(remote: RemoteFile, event: SlackEvent) -> DownloadedFile:
    try:
        found = slack_files.download_file(remote.external_id, limit=attachments.MAX_BYTES)
    except errors.PermanentError as refusal:
        return _refused_file(remote, refusal.reason)
    except errors.ChannelError as error:
        if (
            api_errors.error_code(error) not in PERMANENT_ERROR_CODES
            and slack_clock.now() - (event.when or slack_clock.now()) < FETCH_TIMEOUT
        ):
            raise
        return _refused_file(remote, error.reason)
    name = f"{event.channel_id} {event.external_id} {remote.external_id}"
    key = base64.urlsafe_b64encode(key_derivation.sign(key_derivation.Purpose.SLACK_FILE, name)).decode().rstrip("=")
    storage.write(key, found.data)
    kind = attachments.detect_media_type(found.data[:16], found.media_type)
    return DownloadedFile(remote.external_id, found.name, kind, found.size, key)


def _refused_file(remote: RemoteFile, reason: str) -> DownloadedFile:
    return DownloadedFile(remote.external_id, remote.name, "application/octet-stream", remote.size, reason=reason)


def _used_bytes(organization_id: int) -> int:
    return db.session.scalar(
        select(func.coalesce(func.sum(Attachment.size), 0)).where(Attachment.organization_id == organization_id)
    )
