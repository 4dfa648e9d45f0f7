"""files.*: the three steps of an upload, and what can be known of a file.

(files.upload is gone, as at Slack.)
"""

import mimetypes
import time

from helpdesk.demo import cast
from helpdesk.demo.slack import ids, richtext, store
from helpdesk.demo.slack.api import chat
from helpdesk.demo.slack.api.registry import Arguments, Refused, channel, method


@method("files.getUploadURLExternal", "files:write")
def get_upload_url(ws, args: Arguments) -> dict:
    name = args.text("filename")
    try:
        length = int(args.text("length"))
    except ValueError:
        raise Refused("invalid_arguments", ["must be an integer [json-pointer:/length]"]) from None
    if length <= 0:
        raise Refused("invalid_arguments", ["must be more than 0 [json-pointer:/length]"])
    file = make(ws, name, cast.BOT_USER_ID)
    file["_length"] = length
    key = ids.new("UP").lower() + ids.new("")
    ws.state.uploads[key] = file["id"]
    return {"upload_url": f"{ws.base}/upload/v1/{key}", "file_id": file["id"]}


@method("files.completeUploadExternal", "files:write")
def complete(ws, args: Arguments) -> dict:
    wanted = args.json("files")
    if not isinstance(wanted, list) or not wanted:
        raise Refused("invalid_arguments", ["missing required field: files"])
    chosen = []
    for entry in wanted:
        file = ws.state.files.get(entry.get("id", "")) if isinstance(entry, dict) else None
        if file is None or file["id"] not in ws.state.contents:
            raise Refused("file_not_found")
        if file.get("_complete"):
            raise Refused("file_update_failed")
        chosen.append((file, entry.get("title") or file["name"]))
    target = args.text("channel_id", required=False)
    found = None
    if target:
        found = channel(ws, args, name="channel_id")
        if found.archived:
            raise Refused("is_archived")
        if cast.BOT_USER_ID not in found.members:
            raise Refused("not_in_channel")
    thread_ts = args.text("thread_ts", required=False)
    if found and thread_ts:
        chat.require_thread(found, thread_ts)
    for file, title in chosen:
        file |= {"title": title, "_complete": True}
    if found:
        message = chat.app_message(ws, _body(args))
        chat.customise(ws, args, message)
        share(ws, found, message, [file for file, _ in chosen], thread_ts or None)
    return {"files": [shown(file) for file, _ in chosen]}


@method("files.info", "files:read")
def info(ws, args: Arguments) -> dict:
    file = ws.state.files.get(args.text("file", required=False))
    if file is None or not file.get("_complete"):
        raise Refused("file_not_found")
    return {"file": shown(file), "comments": [], "response_metadata": {"next_cursor": ""}}


@method("files.delete", "files:write")
def delete(ws, args: Arguments) -> dict:
    file = ws.state.files.get(args.text("file", required=False))
    if file is None:
        raise Refused("file_not_found")
    if file["user"] != cast.BOT_USER_ID:
        raise Refused("cant_delete_file")
    del ws.state.files[file["id"]]
    ws.state.contents.pop(file["id"], None)
    return {}


@method("files.upload", "files:write")
def upload(ws, args: Arguments) -> dict:
    raise Refused("method_deprecated")


def _body(args: Arguments) -> dict:
    comment = args.text("initial_comment", required=False)
    if not comment and args.json("blocks", "invalid_blocks_format"):
        return {"text": "", **chat.content(args)}
    # Slack ignores the blocks where there is a comment.
    return {"text": comment, "blocks": richtext.block(comment), "_written": True}


def make(ws, name: str, user: str, mimetype: str = "") -> dict:
    """A file object without content yet."""
    name = name.rsplit("/", 1)[-1] or "file"
    mimetype = mimetype or mimetypes.guess_type(name)[0] or "application/octet-stream"
    number = ids.new("F")
    where = f"{ws.base}/files-pri/{cast.TEAM_ID}-{number}"
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
        "user_team": ws.state.users[user]["team_id"],
        "editable": False,
        "size": 0,
        "mode": "hosted",
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


def share(ws, found, message: dict, files: list[dict], thread_ts: str | None, broadcast: bool = False) -> dict:
    """Post a message that carries files, and note on the files where they were shared."""
    message |= {"files": [shown(file) for file in files], "upload": False}
    if found.shared_with:
        # In a shared channel Slack sends only the id, and the app must ask for the rest.
        message["files"] = [
            {
                "id": f["id"],
                "created": f["created"],
                "timestamp": f["timestamp"],
                "mode": "file_access",
                "file_access": "check_file_info",
            }
            for f in files
        ]
    stored = store.add(ws, found, message, thread_ts, broadcast)
    for file in files:
        share = {
            "ts": stored["ts"],
            "channel_name": found.name,
            "team_id": cast.TEAM_ID,
            "share_user_id": file["user"],
        }
        if thread_ts:
            share["thread_ts"] = stored["thread_ts"]
        kind = "private" if found.private else "public"
        file["shares"].setdefault(kind, {}).setdefault(found.id, []).append(share)
        if found.id not in file["channels"]:
            file["channels"].append(found.id)
    return stored


def shown(file: dict) -> dict:
    """The file object as the Web API shows it."""
    return {key: value for key, value in file.items() if key[0] != "_"}
