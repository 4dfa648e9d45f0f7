"""Upload files into a thread in Slack's three steps. Only the last step shows anything, so only its outcome can be
unknown.

Several files are one message. Files have no metadata; the line that introduces them has, as the id of its block.
"""

import time
from datetime import timedelta
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from helpdesk import clock
from helpdesk.channels.slack.api import api_errors, http_errors, upload_keys
from helpdesk.channels.slack.api import client as clients
from helpdesk.channels.slack.api.requests import FileRemoval, FileUpload, UploadedFile
from helpdesk.channels.slack.parse import json_access
from helpdesk.channels.slack.render import mrkdwn
from helpdesk.domain.outbox import errors
from helpdesk.domain.outbox.channel import SendResult
from helpdesk.storage import StorageUnavailable
from helpdesk.translation import gettext, ngettext

UPLOAD_TIMEOUT_SECONDS = 60
# After it no further file is begun: what is uploaded by then is posted well before the lease of the delivery ends.
UPLOADING_SECONDS = 20.0
SHARING_TIME = timedelta(minutes=2)  # within it Slack shows the message of an upload
GONE_FILE_CODES = {"file_not_found", "file_deleted"}


def upload_files(slack: clients.Client, key: str, upload: FileUpload) -> SendResult:
    """Upload the files into their thread as one message. Raises ChannelError; a thread whose first message is gone is a
    PermanentError with the code thread_not_found, because Slack would show the files in the channel.

    A file behind the first one that Slack refuses is left out, and so is what would take too long: each is then sent by
    its own delivery. ``extra["files"]`` of the result says which delivery became which file.
    """
    posted = _upload_contents(slack, upload.files)
    if upload.thread_ts:
        # Raises thread_not_found. The answer to the last step seldom says where the file was shared.
        slack.call("conversations.replies", channel=upload.channel, ts=upload.thread_ts, limit=1)
    delivery_ids = [file.delivery_id for file, _ in posted]
    answer = slack.call(
        "files.completeUploadExternal",
        files=[{"id": file_id, "title": file.name} for file, file_id in posted],
        channel_id=upload.channel,
        thread_ts=upload.thread_ts,
        blocks=[_introduction_blocks(upload_keys.format_block_id(key, delivery_ids), upload.author, len(posted))],
        username=upload.username,
        icon_url=upload.icon_url,
    )
    ts = ""
    for answered in json_access.objects_in(answer.get("files")):
        ts = ts or _find_share(answered, upload.channel)  # mostly missing: Slack shares it later (bolt-js#2115)
    first = posted[0][1]
    files = {str(file.delivery_id): file_id for file, file_id in posted}
    return SendResult(first, {"file_id": first, "ts": ts, "channel": upload.channel, "files": files})


def remove_file(slack: clients.Client, removal: FileRemoval) -> SendResult:
    """Delete the file and, unless it shows others, the message that showed it. What is gone already is no failure.

    Raises TemporaryError while the message of a fresh upload is not to be found yet; the file is deleted already then.
    """
    steps = [("files.delete", {"file": removal.file}, GONE_FILE_CODES)]
    ts = ""
    if removal.removes_message:
        ts = removal.ts or _find_shown(slack, removal)
    if ts:
        place = {"channel": removal.channel, "ts": ts}
        steps.append(("chat.delete", place, {"message_not_found"}))
    for method, target, done_already in steps:
        try:
            slack.call(method, **target)
        except errors.PermanentError as refused:
            if api_errors.error_code(refused) not in done_already:
                raise
    is_fresh = removal.uploaded_at is not None and clock.now() - removal.uploaded_at < SHARING_TIME
    if removal.removes_message and not ts and is_fresh:
        raise api_errors.temporary_error(gettext("Slack does not show the message of this file yet."))
    return SendResult(removal.file)


def fetch_title(slack: clients.Client, file_id: str) -> str:
    """Return the title of a file in Slack; "" for one that is gone. Raises ChannelError if Slack does not say."""
    try:
        file = json_access.object_in(slack.call("files.info", file=file_id), "file")
    except errors.PermanentError as refused:
        if api_errors.error_code(refused) not in GONE_FILE_CODES:
            raise
        return ""
    return json_access.text_or_empty(file.get("title"))


def _upload_contents(slack: clients.Client, files: tuple[UploadedFile, ...]) -> list[tuple[UploadedFile, str]]:
    """Upload the contents, which nobody can see yet. Returns the files to post with their ids; the first is among them,
    or its error is raised. Temporary errors are raised, too, so that all files are tried again together.
    """
    first, *others = files
    started = time.monotonic()
    posted = [(first, _upload_content(slack, first))]
    for file in others:
        if time.monotonic() - started > UPLOADING_SECONDS:
            break
        try:
            posted.append((file, _upload_content(slack, file)))
        except errors.PermanentError:
            continue
        except errors.TemporaryError:
            if time.monotonic() - started <= UPLOADING_SECONDS:
                raise
    return posted


def _upload_content(slack: clients.Client, file: UploadedFile) -> str:
    """Take the first two steps for one file. Returns its id in Slack. Raises ChannelError, never an unknown outcome:
    nobody can see the result of these steps, and starting again does no harm.
    """
    try:
        data = file.read()
    except StorageUnavailable:
        raise api_errors.temporary_error(gettext("The store of files does not answer.")) from None
    except FileNotFoundError:
        raise api_errors.permanent_error(gettext("The file is gone.")) from None
    if not data:
        raise api_errors.permanent_error(gettext("%(name)s is empty, which Slack does not take.", name=file.name))
    try:
        place = slack.call("files.getUploadURLExternal", filename=file.name, length=len(data))
        file_id, url = str(place.get("file_id") or ""), str(place.get("upload_url") or "")
        if not file_id or not url:
            raise api_errors.unknown_outcome_error(gettext("Slack's answer was incomplete."))
        _put_content(slack, url, data)
    except errors.UnknownOutcomeError as error:
        raise api_errors.temporary_error(
            gettext("The file did not get to Slack: %(reason)s", reason=error.reason), api_errors.error_code(error)
        ) from None
    return file_id


def _find_shown(slack: clients.Client, removal: FileRemoval) -> str:
    """Return the ts of the message that shows the file, "" where it is not to be found."""
    try:
        file = json_access.object_in(slack.call("files.info", file=removal.file), "file")
        if ts := _find_share(file, removal.channel):
            return ts
    except errors.PermanentError as refused:
        if api_errors.error_code(refused) not in GONE_FILE_CODES:
            raise
    if not removal.thread_ts or not removal.key:
        return ""
    try:
        for message in slack.pages(
            "conversations.replies", "messages", channel=removal.channel, ts=removal.thread_ts, limit=200
        ):
            if upload_keys.is_upload(message, removal.key):
                return str(message.get("ts") or "")
    except errors.PermanentError as refused:
        if api_errors.error_code(refused) != "thread_not_found":
            raise
    return ""


def _put_content(slack: clients.Client, url: str, data: bytes) -> None:
    host = urlsplit(url).hostname or ""
    if not (url.startswith("https://") and host.endswith((".slack.com", ".slack-gov.com"))) and not (
        http_errors.is_loopback(slack.host) and host == slack.host
    ):
        raise api_errors.permanent_error(
            gettext("Slack named an address outside of Slack for the file, so it was not sent.")
        )
    headers = {"Content-Type": "application/octet-stream"}
    request = Request(url, data=data, method="POST", headers=headers)  # noqa: S310 (its host was checked above)
    try:
        with urlopen(request, timeout=UPLOAD_TIMEOUT_SECONDS) as answer:  # noqa: S310
            answer.read(1000)
    except HTTPError as refused:
        raise api_errors.error_for_status(refused.code, http_errors.parse_retry_after(refused.headers)) from None
    except http_errors.CONNECTION_ERRORS as error:
        raise http_errors.error_for_exception(error) from None


def _introduction_blocks(block_id: str, author: str, count: int) -> dict:
    """Make the line above the files. It does not name them, who have their own names: the line may outlive them."""
    name = mrkdwn.escape_mrkdwn(author)
    if author:
        text = ngettext("%(author)s sent a file", "%(author)s sent %(num)s files", count, author=name)
    else:
        text = ngettext("A file", "%(num)s files", count)
    return {
        "type": "section",
        "block_id": block_id,
        "text": {"type": "mrkdwn", "text": text[:2900], "verbatim": True},
    }


def _find_share(file: dict, channel: str) -> str:
    for places in json_access.object_in(file, "shares").values():
        for share in json_access.objects_in(places.get(channel)) if isinstance(places, dict) else ():
            if share.get("ts"):
                return str(share["ts"])
    return ""
