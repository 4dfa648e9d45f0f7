"""A file into a thread, in Slack's three steps. Only the last shows anything, so only the last can be in doubt.

Files carry no metadata; the line that introduces one does, as the id of its block.
"""

from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from helpdesk.channels import errors
from helpdesk.channels.slack import client as clients
from helpdesk.channels.slack import failures, mrkdwn, shapes, transport
from helpdesk.channels.values import Sent

BLOCK = "delivery-"
UPLOAD_TIMEOUT = 60  # seconds


def send(slack: clients.Client, key: str, arguments: dict[str, Any]) -> Sent:
    """Upload ``data`` (bytes) as ``filename`` into ``channel`` and ``thread_ts``, introduced as sent by ``author``."""
    data: bytes = arguments["data"]
    name = arguments["filename"]
    if not data:
        raise failures.permanent(f"{name} is empty, which Slack does not take.")
    try:
        place = slack.call("files.getUploadURLExternal", filename=name, length=len(data))
        file_id, url = str(place.get("file_id") or ""), str(place.get("upload_url") or "")
        if not file_id or not url:
            raise failures.unsure("Slack's answer was incomplete.")
        _put(slack, url, data)
    except errors.Unknown as broken:
        # Whatever came of the first two steps, nobody can see it: starting anew does no harm.
        raise failures.temporary(f"The file did not get to Slack: {broken.reason}", failures.code_of(broken)) from None
    answer = slack.call(
        "files.completeUploadExternal",
        files=[{"id": file_id, "title": arguments.get("title") or name}],
        channel_id=arguments["channel"],
        thread_ts=arguments.get("thread_ts"),
        blocks=[_introduction(key, name, arguments.get("author") or "")],
        username=arguments.get("username"),
        icon_url=arguments.get("icon_url"),
    )
    ts = ""
    for file in shapes.objects(answer.get("files")):
        ts = ts or _shared(file, arguments["channel"])
    return Sent(file_id, {"file_id": file_id, "ts": ts, "channel": arguments["channel"]})


def remove(slack: clients.Client, arguments: dict[str, Any]) -> Sent:
    """Take ``file`` away, and the message at ``ts`` in ``channel`` that showed it. What is gone already is no failure."""
    steps = [("files.delete", {"file": arguments["file"]}, {"file_not_found", "file_deleted"})]
    if arguments.get("ts"):
        place = {"channel": arguments["channel"], "ts": arguments["ts"]}
        steps.append(("chat.delete", place, {"message_not_found"}))
    for method, target, done_already in steps:
        try:
            slack.call(method, **target)
        except errors.Permanent as refused:
            if failures.code_of(refused) not in done_already:
                raise
    return Sent(arguments["file"])


def recognise(message: dict, key: str) -> Sent | None:
    """What came of the upload ``key`` if ``message`` is the one that shows it."""
    if not any(block.get("block_id") == BLOCK + key for block in shapes.objects(message.get("blocks"))):
        return None
    files = shapes.objects(message.get("files"))
    file_id = str(files[0].get("id") or "") if files else ""
    return Sent(file_id, {"file_id": file_id, "ts": message.get("ts") or "", "found": True})


def _put(slack: clients.Client, url: str, data: bytes) -> None:
    host = urlsplit(url).hostname or ""
    if not (url.startswith("https://") and host.endswith(".slack.com")) and not (
        transport.is_loopback(slack.host) and host == slack.host
    ):
        raise failures.permanent("Slack named an address outside of Slack for the file, so it was not sent.")
    headers = {"Content-Type": "application/octet-stream"}
    request = Request(url, data=data, method="POST", headers=headers)  # noqa: S310 (its host was looked at above)
    try:
        with urlopen(request, timeout=UPLOAD_TIMEOUT) as answer:  # noqa: S310
            answer.read(1000)
    except HTTPError as refused:
        raise failures.from_status(refused.code, transport.retry_after(refused.headers)) from None
    except transport.BROKEN as broken:
        raise transport.failure(broken) from None


def _introduction(key: str, name: str, author: str) -> dict:
    words = f"{mrkdwn.escape(author)} sent {mrkdwn.escape(name)}" if author else mrkdwn.escape(name)
    return {
        "type": "section",
        "block_id": BLOCK + key,
        "text": {"type": "mrkdwn", "text": words[:2900], "verbatim": True},
    }


def _shared(file: dict, channel: str) -> str:
    for places in shapes.part(file, "shares").values():
        for share in shapes.objects(places.get(channel)) if isinstance(places, dict) else ():
            if share.get("ts"):
                return str(share["ts"])
    return ""
