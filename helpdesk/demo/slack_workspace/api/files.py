"""files.*: the three steps of an upload, and the file object.

(files.upload is gone, as at Slack.)
"""

import mimetypes
import time

from helpdesk.demo import personas
from helpdesk.demo.slack_workspace import ids, message_store, rich_text_parser, users
from helpdesk.demo.slack_workspace.api import chat
from helpdesk.demo.slack_workspace.api.registry import Arguments, SlackApiError, get_channel, register_method


@register_method("files.getUploadURLExternal", "files:write")
def get_upload_url(ws, args: Arguments) -> dict:
    name = args.text("filename")
    try:
        length = int(args.text("length"))
    except ValueError:
        raise SlackApiError("invalid_arguments", ["must be an integer [json-pointer:/length]"]) from None
    if length <= 0:
        raise SlackApiError("invalid_arguments", ["must be more than 0 [json-pointer:/length]"])
    file = create_file(ws, name, personas.BOT_USER_ID)
    file["_length"] = length
    key = ids.create_id("UP").lower() + ids.create_id("")
    ws.state.uploads[key] = file["id"]
    return {"upload_url": f"{ws.base}/upload/v1/{key}", "file_id": file["id"]}


@register_method("files.completeUploadExternal", "files:write")
def complete_upload(ws, args: Arguments) -> dict:
    wanted = args.json("files")
    if not isinstance(wanted, list) or not wanted:
        raise SlackApiError("invalid_arguments", ["missing required field: files"])
    chosen = []
    for entry in wanted:
        file = ws.state.files.get(entry.get("id", "")) if isinstance(entry, dict) else None
        if file is None or file["id"] not in ws.state.contents:
            raise SlackApiError("file_not_found")
        if file.get("_complete"):
            raise SlackApiError("file_update_failed")
        chosen.append((file, entry.get("title") or file["name"]))
    target = args.text("channel_id", required=False)
    found = None
    if target:
        found = get_channel(ws, args, name="channel_id")
        if found.archived:
            raise SlackApiError("is_archived")
        if personas.BOT_USER_ID not in found.members:
            raise SlackApiError("not_in_channel")
    thread_ts = args.text("thread_ts", required=False)
    if found and thread_ts:
        chat.require_thread(found, thread_ts)
    for file, title in chosen:
        file |= {"title": title, "_complete": True}
    if found:
        message = chat.build_app_message(ws, _parse_content(args))
        chat.apply_username_and_icon(ws, args, message)
        share_files(ws, found, message, [file for file, _ in chosen], thread_ts or None)
    return {"files": [format_file(file) for file, _ in chosen]}


@register_method("files.info", "files:read")
def get_info(ws, args: Arguments) -> dict:
    file = ws.state.files.get(args.text("file", required=False))
    if file is None or not file.get("_complete"):
        raise SlackApiError("file_not_found")
    return {"file": format_file(file), "comments": [], "response_metadata": {"next_cursor": ""}}


@register_method("files.delete", "files:write")
def delete_file(ws, args: Arguments) -> dict:
    file = ws.state.files.get(args.text("file", required=False))
    if file is None:
        raise SlackApiError("file_not_found")
    if file["user"] != personas.BOT_USER_ID:
        raise SlackApiError("cant_delete_file")
    del ws.state.files[file["id"]]
    ws.state.contents.pop(file["id"], None)
    return {}


@register_method("files.upload", "files:write")
def upload_file(ws, args: Arguments) -> dict:
    raise SlackApiError("method_deprecated")


def _parse_content(args: Arguments) -> dict:
    comment = args.text("initial_comment", required=False)
    if not comment and args.json("blocks", "invalid_blocks_format"):
        return {"text": "", **chat.parse_content(args)}
    # Slack ignores the blocks where there is a comment.
    return {"text": comment, "blocks": rich_text_parser.build_rich_text_block(comment), "_written": True}


def create_file(ws, name: str, user: str, mimetype: str = "") -> dict:
    """A file object without content yet."""
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


def share_files(ws, found, message: dict, files: list[dict], thread_ts: str | None, broadcast: bool = False) -> dict:
    """Post a message that carries files, and note on the files where they were shared."""
    message |= {"files": [format_file(file) for file in files], "upload": False}
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


def format_file(file: dict) -> dict:
    """The file object as the Web API shows it."""
    return {key: value for key, value in file.items() if key[0] != "_"}
