"""files.*: the three steps of an upload, and the file object.

(files.upload is gone, as at Slack.)
"""

from helpdesk.demo import personas
from helpdesk.demo.slack_workspace import ids, rich_text_parser, shared_files
from helpdesk.demo.slack_workspace.api import chat
from helpdesk.demo.slack_workspace.api.registry import Arguments, SlackApiError, get_channel, register_method

MAX_FILES = 14  # of one upload; one more is answered with internal_error, and none is shared (python-slack-sdk#1653)


@register_method("files.getUploadURLExternal", "files:write")
def get_upload_url(ws, args: Arguments) -> dict:
    """Return an address that takes the bytes of one file.

    Source: docs.slack.dev/reference/methods/files.getUploadURLExternal; sample api/files.getUploadURLExternal.json.
    """
    name = args.text("filename")
    try:
        length = int(args.text("length"))
    except ValueError:
        raise SlackApiError("invalid_arguments", ["must be an integer [json-pointer:/length]"]) from None
    if length <= 0:
        raise SlackApiError("invalid_arguments", ["must be more than 0 [json-pointer:/length]"])
    file = shared_files.create_file(ws, name, personas.BOT_USER_ID)
    file["_length"] = length
    key = ids.create_id("UP").lower() + ids.create_id("")
    ws.state.uploads[key] = file["id"]
    return {"upload_url": f"{ws.base}/upload/v1/{key}", "file_id": file["id"]}


@register_method("files.completeUploadExternal", "files:write")
def complete_upload(ws, args: Arguments) -> dict:
    """Share uploaded files in a channel or a thread, as one message.

    Source: docs.slack.dev/reference/methods/files.completeUploadExternal; sample api/files.completeUploadExternal.json.
    """
    wanted = args.json("files")
    if not isinstance(wanted, list) or not wanted:
        raise SlackApiError("invalid_arguments", ["missing required field: files"])
    if len(wanted) > MAX_FILES:
        raise SlackApiError("internal_error")
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
    for file, title in chosen:
        file |= {"title": title, "_complete": True}
    if found:
        message = chat.build_app_message(ws, _parse_content(args))
        chat.apply_username_and_icon(ws, args, message)
        files = [file for file, _ in chosen]
        shared_files.share_later(ws, found, message, files, chat.thread_to_post_into(found, thread_ts))
    # "The API endpoint asynchronously completes the sharing of uploaded files ... in many cases, the API response does
    # not yet have complete shares in it" (bolt-js#2115, a maintainer).
    unshared = {"shares": {}, "channels": [], "groups": [], "ims": []}
    return {"files": [shared_files.format_file(file) | unshared for file, _ in chosen]}


@register_method("files.info", "files:read")
def get_info(ws, args: Arguments) -> dict:
    """Return one file.

    Source: docs.slack.dev/reference/methods/files.info; sample api/files.info.json.
    """
    file = ws.state.files.get(args.text("file", required=False))
    if file is None or not file.get("_complete"):
        raise SlackApiError("file_not_found")
    shown = shared_files.format_file(file)
    if ws.state.unfinished_file_answers:
        ws.state.unfinished_file_answers -= 1
        shown = {key: value for key, value in shown.items() if not key.startswith("url_")}
    return {"file": shown, "comments": [], "response_metadata": {"next_cursor": ""}}


@register_method("files.delete", "files:write")
def delete_file(ws, args: Arguments) -> dict:
    """Delete a file of the app.

    Source: docs.slack.dev/reference/methods/files.delete; sample api/files.delete.json.
    """
    file = ws.state.files.get(args.text("file", required=False))
    if file is None:
        raise SlackApiError("file_not_found")
    if file["user"] != personas.BOT_USER_ID:
        raise SlackApiError("cant_delete_file")
    shared_files.delete_file(ws, file["id"])
    return {}


@register_method("files.upload", "files:write")
def upload_file(ws, args: Arguments) -> dict:
    """Refuse the former way of uploading, which Slack ended.

    Source: docs.slack.dev/reference/methods/files.upload; sample api/files.upload.json.
    """
    raise SlackApiError("method_deprecated")


def _parse_content(args: Arguments) -> dict:
    comment = args.text("initial_comment", required=False)
    if not comment and args.json("blocks", "invalid_blocks_format"):
        return {"text": "", **chat.parse_content(args)}
    # Slack ignores the blocks where there is a comment.
    return {"text": comment, "blocks": rich_text_parser.build_rich_text_block(comment), "_written": True}
