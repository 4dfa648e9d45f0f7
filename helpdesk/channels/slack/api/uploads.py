"""Upload a file into a thread in Slack's three steps. Only the last step shows anything, so only its outcome can be
unknown.

Files have no metadata; the line that introduces a file has, as the id of its block.
"""

from datetime import timedelta
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from helpdesk import clock
from helpdesk.channels.slack.api import api_errors, http_errors
from helpdesk.channels.slack.api import client as clients
from helpdesk.channels.slack.api.requests import FileRemoval, FileUpload
from helpdesk.channels.slack.parse import json_access
from helpdesk.channels.slack.render import mrkdwn
from helpdesk.domain.outbox import errors
from helpdesk.domain.outbox.channel import SendResult
from helpdesk.translation import gettext

BLOCK_ID_PREFIX = "delivery-"
UPLOAD_TIMEOUT_SECONDS = 60  # seconds
SHARING_TIME = timedelta(minutes=2)  # within it Slack shows the message of an upload
GONE_FILE_CODES = {"file_not_found", "file_deleted"}


def upload_file(slack: clients.Client, key: str, upload: FileUpload) -> SendResult:
    """Upload the file into its thread. Raises ChannelError; a thread whose first message is gone is a PermanentError
    with the code thread_not_found, because Slack would show the file in the channel.
    """
    data, name = upload.data, upload.filename
    if not data:
        raise api_errors.permanent_error(gettext("%(name)s is empty, which Slack does not take.", name=name))
    try:
        place = slack.call("files.getUploadURLExternal", filename=name, length=len(data))
        file_id, url = str(place.get("file_id") or ""), str(place.get("upload_url") or "")
        if not file_id or not url:
            raise api_errors.unknown_outcome_error(gettext("Slack's answer was incomplete."))
        _put_content(slack, url, data)
    except errors.UnknownOutcomeError as error:
        # Nobody can see the result of the first two steps: starting again does no harm.
        raise api_errors.temporary_error(
            gettext("The file did not get to Slack: %(reason)s", reason=error.reason), api_errors.error_code(error)
        ) from None
    if upload.thread_ts:
        # Raises thread_not_found. The answer to the last step seldom says where the file was shared.
        slack.call("conversations.replies", channel=upload.channel, ts=upload.thread_ts, limit=1)
    answer = slack.call(
        "files.completeUploadExternal",
        files=[{"id": file_id, "title": name}],
        channel_id=upload.channel,
        thread_ts=upload.thread_ts,
        blocks=[_introduction_blocks(key, upload.author)],
        username=upload.username,
        icon_url=upload.icon_url,
    )
    ts = ""
    for file in json_access.objects_in(answer.get("files")):
        ts = ts or _find_share(file, upload.channel)  # mostly missing: Slack shares it later (bolt-js#2115)
    return SendResult(file_id, {"file_id": file_id, "ts": ts, "channel": upload.channel})


def remove_file(slack: clients.Client, removal: FileRemoval) -> SendResult:
    """Delete the file and the message that showed it. What is gone already is no failure.

    Raises TemporaryError while the message of a fresh upload is not to be found yet; the file is deleted already then.
    """
    ts = removal.ts or _find_shown(slack, removal)
    steps = [("files.delete", {"file": removal.file}, GONE_FILE_CODES)]
    if ts:
        place = {"channel": removal.channel, "ts": ts}
        steps.append(("chat.delete", place, {"message_not_found"}))
    for method, target, done_already in steps:
        try:
            slack.call(method, **target)
        except errors.PermanentError as refused:
            if api_errors.error_code(refused) not in done_already:
                raise
    if not ts and removal.uploaded_at and clock.now() - removal.uploaded_at < SHARING_TIME:
        raise api_errors.temporary_error(gettext("Slack does not show the message of this file yet."))
    return SendResult(removal.file)


def match_upload(message: dict, key: str) -> SendResult | None:
    """Return the result of the upload ``key`` if ``message`` is the one that shows it."""
    if not _introduces(message, key):
        return None
    files = json_access.objects_in(message.get("files"))
    file_id = str(files[0].get("id") or "") if files else ""
    return SendResult(file_id, {"file_id": file_id, "ts": message.get("ts") or "", "found": True})


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
            if _introduces(message, removal.key):
                return str(message.get("ts") or "")
    except errors.PermanentError as refused:
        if api_errors.error_code(refused) != "thread_not_found":
            raise
    return ""


def _introduces(message: dict, key: str) -> bool:
    blocks = json_access.objects_in(message.get("blocks"))
    return any(block.get("block_id") == BLOCK_ID_PREFIX + key for block in blocks)


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


def _introduction_blocks(key: str, author: str) -> dict:
    """Make the line above a file. It does not name the file, which has its own name: the line may outlive it."""
    text = gettext("%(author)s sent a file", author=mrkdwn.escape_mrkdwn(author)) if author else gettext("A file")
    return {
        "type": "section",
        "block_id": BLOCK_ID_PREFIX + key,
        "text": {"type": "mrkdwn", "text": text[:2900], "verbatim": True},
    }


def _find_share(file: dict, channel: str) -> str:
    for places in json_access.object_in(file, "shares").values():
        for share in json_access.objects_in(places.get(channel)) if isinstance(places, dict) else ():
            if share.get("ts"):
                return str(share["ts"])
    return ""
