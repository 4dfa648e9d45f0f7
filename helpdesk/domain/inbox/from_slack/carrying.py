"""Files people add in Slack: fetched and stored before anything is held, then rows of the message they came with."""

import base64
from datetime import timedelta

from sqlalchemy import func, select

from helpdesk import clock, keys, storage
from helpdesk.channels import errors
from helpdesk.channels.slack import failures
from helpdesk.channels.slack import files as slack_files
from helpdesk.channels.values import Heard, RemoteFile
from helpdesk.domain import files
from helpdesk.domain.inbox.from_slack.understood import Fetched, Understood
from helpdesk.extensions import db
from helpdesk.models.people import User
from helpdesk.models.tickets import Attachment

PATIENCE = timedelta(minutes=2)  # how long a message waits for a file that does not come; then it goes on without
REFUSED_FOR_GOOD = {"missing_scope", "no_permission", "access_denied"}


def fetch(wanted: tuple[RemoteFile, ...], heard: Heard) -> dict[str, Fetched]:
    """Each file by its Slack id, stored or with the reason why not. Raises ChannelError while another try may help.

    A file's key is made from where it lies, so that a second try after a crash writes over what the first one wrote.
    """
    fetched = {}
    for place, remote in enumerate(wanted):
        if place >= files.MOST:
            fetched[remote.external_id] = _refused(remote, f"A message has at most {files.MOST} files.")
        else:
            fetched[remote.external_id] = _fetch_one(remote, heard)
    return fetched


def attachments(
    wanted: tuple[RemoteFile, ...], understood: Understood, uploader: User | None, organization_id: int | None = None
) -> list[Attachment]:
    """Rows for the files of a message, to be handed to the verb that says it. ``organization_id``: whose room they take."""
    used = 0 if organization_id is None or not wanted else _used(organization_id)
    rows = []
    for remote in wanted:
        file = understood.files.get(remote.external_id) or _refused(remote, "This file was not fetched.")
        reason = file.reason
        if not reason and organization_id is not None and used + file.size > files.QUOTA:
            reason = "The organization's files have reached their limit."
        used += file.size
        rows.append(
            Attachment(
                key=file.key if not reason else files.new_key(),
                uploader_id=uploader.id if uploader else None,
                name=files.clean_name(file.name),
                media_type=file.media_type,
                size=file.size,
                state="refused" if reason else "stored",
                reason=reason or None,
                origin_external_id=file.external_id,
            )
        )
    return rows


def drop(understood: Understood) -> None:
    """Throw fetched bytes away that became no message's."""
    for file in understood.files.values():
        if file.key:
            storage.erase(file.key)


def _fetch_one(remote: RemoteFile, heard: Heard) -> Fetched:
    try:
        found = slack_files.download(remote.external_id, limit=files.LARGEST)
    except errors.Permanent as refusal:
        return _refused(remote, refusal.reason)
    except errors.ChannelError as trouble:
        if failures.code_of(trouble) not in REFUSED_FOR_GOOD and clock.now() - (heard.when or clock.now()) < PATIENCE:
            raise
        return _refused(remote, trouble.reason)
    name = f"{heard.channel_id} {heard.external_id} {remote.external_id}"
    key = base64.urlsafe_b64encode(keys.sign("file from Slack", name)).decode().rstrip("=")
    storage.write(key, found.data)
    kind = files.sniff(found.data[:16], found.media_type)
    return Fetched(remote.external_id, found.name, kind, found.size, key)


def _refused(remote: RemoteFile, reason: str) -> Fetched:
    return Fetched(remote.external_id, remote.name, "application/octet-stream", remote.size, reason=reason)


def _used(organization_id: int) -> int:
    return db.session.scalar(
        select(func.coalesce(func.sum(Attachment.size), 0)).where(Attachment.organization_id == organization_id)
    )
