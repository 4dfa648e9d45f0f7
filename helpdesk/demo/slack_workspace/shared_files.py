"""Files of the workspace: their objects, the messages that show them, and their deletion.

The file object is that of docs.slack.dev/reference/objects/file-object and of java-slack-sdk,
json-logs/samples/api/files.info.json.
"""

import mimetypes
import time

from helpdesk.demo import personas
from helpdesk.demo.slack_workspace import ids, message_store, users

# A canvas is a file of this type, which Slack sends as HTML (agent-slack#19).
CANVAS_TYPE = "application/vnd.slack-docs"


def create_file(ws, name: str, user: str, mimetype: str = "") -> dict:
    """A file object without content yet.

    Source: docs.slack.dev/reference/methods/files.getUploadURLExternal.
    """
    name = name.rsplit("/", 1)[-1] or "file"
    mimetype = mimetype or mimetypes.guess_type(name)[0] or "application/octet-stream"
    number = ids.create_id("F")
    where = f"{ws.base}/files-pri/{personas.TEAM_ID}-{number}"
    extension = name.rpartition(".")[2].lower() if "." in name else "text"
    file = {
        "id": number,
        "created": int(time.time()),
        "timestamp": int(time.time()),
        "name": name,
        "title": name,
        "mimetype": mimetype,
        "filetype": extension,
        "pretty_type": extension.upper(),
        "user": user,
        "user_team": users.get_team(ws.state.users[user]),
        "editable": False,
        "size": 0,
        "mode": "quip" if mimetype == CANVAS_TYPE else "hosted",
        "is_external": False,
        "external_type": "",
        "is_public": True,
        "public_url_shared": False,
        "display_as_bot": False,
        "username": "",
        "url_private": f"{where}/{name}",
        "url_private_download": f"{where}/download/{name}",
        "permalink": f"{ws.base}/files/{user}/{number}/{name}",
        "has_rich_preview": False,
        "file_access": "visible",
        "channels": [],
        "groups": [],
        "ims": [],
        "shares": {},
    }
    ws.state.files[number] = file
    return file


def share_files(ws, found, message: dict, files: list[dict], thread_ts: str | None, broadcast: bool = False) -> dict:
    """Post a message that carries files, and note on the files where they were shared.

    Source: docs.slack.dev/reference/events/message/file_share; sample events/MessageFileSharePayload.json.
    """
    if "bot_id" not in message:
        # A person's message with files does not say their workspace (slack-api-specs#62, java-slack-sdk#521).
        message = {key: message[key] for key in message if key not in ("team", "user_team", "source_team")}
    message |= {"files": list_shown(found, files), "upload": False}
    stored = message_store.add_message(ws, found, message, thread_ts, broadcast)
    for file in files:
        share = {
            "ts": stored["ts"],
            "channel_name": found.name,
            "team_id": personas.TEAM_ID,
            "share_user_id": file["user"],
        }
        if thread_ts:
            share["thread_ts"] = stored["thread_ts"]
        kind = "private" if found.private else "public"
        file["shares"].setdefault(kind, {}).setdefault(found.id, []).append(share)
        if found.id not in file["channels"]:
            file["channels"].append(found.id)
    return stored


def list_shown(found, files: list[dict]) -> list[dict]:
    """The file objects as a message in ``found`` shows them.

    Source: docs.slack.dev/reference/objects/file-object; docs.slack.dev/apis/slack-connect.
    """
    if not found.shared_with:
        return [format_file(file) for file in files]
    # In a shared channel Slack sends only the id, and the app must ask for the rest.
    access = {"mode": "file_access", "file_access": "check_file_info"}
    return [{key: file[key] for key in ("id", "created", "timestamp")} | access for file in files]


def format_file(file: dict) -> dict:
    """The file object as the Web API shows it.

    Source: docs.slack.dev/reference/objects/file-object; sample api/files.info.json.
    """
    return {key: value for key, value in file.items() if key[0] != "_"}


def share_later(ws, found, message: dict, files: list[dict], thread_ts: str | None) -> None:
    """Share uploaded files after ``ws.state.share_seconds``; Slack scans them first (bolt-js#2115).

    Source: bolt-js#2115.
    """
    if not ws.state.share_seconds:
        share_files(ws, found, message, files, thread_ts)
        return

    def share() -> None:
        with ws.state.lock:
            remaining = [file for file in files if file["id"] in ws.state.files]
            if remaining:
                share_files(ws, found, message, remaining, thread_ts)

    ws.api_faults.store_later(ws.state.share_seconds, share)


def delete_file(ws, number: str) -> None:
    """Delete a file. Its messages stay, with a tombstone in its place: Slack announces ``file_deleted`` and, for each
    message, ``message_changed`` with the file's mode "tombstone" (docs.slack.dev/reference/events/file_deleted; the
    file object's modes: java-slack-sdk, com.slack.api.model.File). A message of nothing but files is deleted with its
    last one.

    Source: docs.slack.dev/reference/events/file_deleted; sample events/FileDeletedPayload.json.
    """
    ws.state.files.pop(number)
    ws.state.contents.pop(number, None)
    for channel in list(ws.state.channels.values()):
        for message in list(channel.messages.values()):
            if any(each["id"] == number for each in message.get("files", [])):
                _leave_tombstone(ws, channel, message, number)
    ws.events.announce(None, {"type": "file_deleted", "file_id": number, "event_ts": ids.next_timestamp()})


def _leave_tombstone(ws, channel, message: dict, number: str) -> None:
    before = message_store.format_message(channel, message)
    tombstone = {"id": number, "mode": "tombstone"}
    files = [tombstone if each["id"] == number else each for each in message["files"]]
    if not message.get("text") and not message.get("blocks") and all(each["mode"] == "tombstone" for each in files):
        message_store.delete_message(ws, channel, message["ts"])
        return
    message["files"] = files
    ws.state.touch()
    changed = {"subtype": "message_changed", "message": message_store.format_message(channel, message)}
    event = {"type": "message", **changed, "previous_message": before, "hidden": True, "ts": ids.next_timestamp()}
    ws.events.announce(channel, event)
