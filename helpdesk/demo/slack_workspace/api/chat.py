"""chat.*: posting, changing and removing messages."""

from helpdesk.demo import personas
from helpdesk.demo.slack_workspace import block_kit, message_store, rich_text_parser
from helpdesk.demo.slack_workspace.api.registry import Arguments, SlackApiError, get_channel, register_method

MAX_TEXT_LENGTH = 40_000
MAX_UPDATE_LENGTH = 4_000


@register_method("chat.postMessage", "chat:write")
def post_message(ws, args: Arguments) -> dict:
    """Post a message of the app in a channel or a thread.

    Source: docs.slack.dev/reference/methods/chat.postMessage; sample api/chat.postMessage.json.
    """
    found = _get_channel_and_message(ws, args)
    message = build_app_message(ws, parse_content(args))
    apply_username_and_icon(ws, args, message)
    if (metadata := _parse_metadata(args)) is not None:
        message["metadata"] = metadata
    thread_ts = thread_to_post_into(found, args.text("thread_ts", required=False))
    stored = message_store.add_message(ws, found, message, thread_ts, args.flag("reply_broadcast"))
    return {
        "channel": found.id,
        "ts": stored["ts"],
        "message": message_store.format_message(found, stored, metadata=True),
    }


@register_method("chat.update", "chat:write")
def update_message(ws, args: Arguments) -> dict:
    """Replace the content of a message of the app.

    Source: docs.slack.dev/reference/methods/chat.update; sample api/chat.update.json.
    """
    found = get_channel(ws, args)
    ts = args.text("ts")
    message = _require_own_message(found, ts, "cant_update_message")
    if found.archived:
        raise SlackApiError("is_archived")
    if len(args.text("text", required=False)) > MAX_UPDATE_LENGTH:
        raise SlackApiError("msg_too_long")
    changes = parse_content(args, updating=True)
    if (metadata := _parse_metadata(args)) is not None:
        changes["metadata"] = metadata or None
    if "blocks" not in changes and message.get("_written"):
        changes["blocks"] = rich_text_parser.build_rich_text_block(changes.get("text", "")) or None
    elif "blocks" in changes:
        changes["_written"] = not args.json("blocks") or None
        changes["blocks"] = (
            changes["blocks"] or rich_text_parser.build_rich_text_block(changes.get("text", message["text"])) or None
        )
    message_store.edit_message(ws, found, ts, changes, personas.BOT_ID)
    return {
        "channel": found.id,
        "ts": ts,
        "text": message["text"],
        "message": message_store.format_message(found, message, metadata=True),
    }


@register_method("chat.delete", "chat:write")
def delete_message(ws, args: Arguments) -> dict:
    """Delete a message of the app.

    Source: docs.slack.dev/reference/methods/chat.delete; sample api/chat.delete.json.
    """
    found = get_channel(ws, args)
    ts = args.text("ts")
    _require_own_message(found, ts, "cant_delete_message")
    message_store.delete_message(ws, found, ts)
    return {"channel": found.id, "ts": ts}


@register_method("chat.postEphemeral", "chat:write")
def post_ephemeral(ws, args: Arguments) -> dict:
    """Show a message to one member of a channel only.

    Source: docs.slack.dev/reference/methods/chat.postEphemeral; sample api/chat.postEphemeral.json.
    """
    found = _get_channel_and_message(ws, args)
    user = args.text("user")
    if user not in ws.state.users:
        raise SlackApiError("user_not_found")
    if user not in found.members:
        raise SlackApiError("user_not_in_channel")
    ephemeral = ws.add_ephemeral(found, user, parse_content(args), args.text("thread_ts", required=False))
    return {"message_ts": ephemeral["ts"]}


@register_method("chat.getPermalink")
def get_permalink(ws, args: Arguments) -> dict:
    """Return the address of a message.

    Source: docs.slack.dev/reference/methods/chat.getPermalink; sample api/chat.getPermalink.json.
    """
    found = get_channel(ws, args)
    ts = args.text("message_ts")
    if ts not in found.messages:
        raise SlackApiError("message_not_found")
    return {"channel": found.id, "permalink": ws.permalink(found, ts)}


def build_app_message(ws, body: dict) -> dict:
    """A message of the app's own: what Slack adds to the content.

    Source: sample api/chat.postMessage.json.
    """
    icon = f"{ws.base}/avatars/{personas.BOT_USER_ID}.svg"
    return {
        "user": personas.BOT_USER_ID,
        "bot_id": personas.BOT_ID,
        "app_id": personas.APP_ID,
        "team": personas.TEAM_ID,
        "bot_profile": {
            "id": personas.BOT_ID,
            "deleted": False,
            "name": "Helpdesk",
            "updated": 1_700_000_000,
            "app_id": personas.APP_ID,
            "user_id": personas.BOT_USER_ID,
            "icons": {"image_36": icon, "image_48": icon, "image_72": icon},
            "team_id": personas.TEAM_ID,
        },
        **body,
    }


def parse_content(args: Arguments, updating: bool = False) -> dict:
    """Text, blocks and attachments of a message, checked against Slack's limits.

    Source: docs.slack.dev/reference/methods/chat.postMessage (limits of text, blocks, attachments).
    """
    body: dict = {}
    text = args.text("text", required=False)
    blocks = args.json("blocks", "invalid_blocks_format")
    attachments = args.json("attachments", "invalid_attachments")
    if not text and not blocks and not attachments:
        raise SlackApiError("no_text")
    if text or not updating:
        body["text"] = text[:MAX_TEXT_LENGTH]
    if blocks is not None:
        _check_blocks(blocks)
        body["blocks"] = block_kit.add_block_ids(blocks)
    elif text and not updating:
        body |= {"blocks": rich_text_parser.build_rich_text_block(body["text"]), "_written": True}
    if attachments is not None:
        body["attachments"] = _parse_attachments(attachments)
    return body


def apply_username_and_icon(ws, args: Arguments, message: dict) -> None:
    """Give a message the name and picture that were asked for, if the app may choose them.

    Source: docs.slack.dev/reference/scopes/chat.write.customize.
    """
    name, url, icon = (args.text(key, required=False) for key in ("username", "icon_url", "icon_emoji"))
    if not (name or url or icon) or "chat:write.customize" not in ws.scopes:
        # Slack quietly ignores the name and the picture of an app that may not choose them.
        return
    message["subtype"] = "bot_message"
    del message["user"]
    message["username"] = name or "Helpdesk"
    if icon:
        message["icons"] = {"emoji": icon}
    elif url:
        message["icons"] = {"image_36": url, "image_48": url, "image_72": url}


def thread_to_post_into(found, thread_ts: str) -> str | None:
    """The thread below ``thread_ts``, None for the channel itself.

    Slack refuses no answer below a message that is gone: it "silently un-threads the reply into a top-level channel
    message", whose answer has no ``message.thread_ts`` (slack-go#1571). A tombstone keeps its thread.
    """
    return thread_ts if thread_ts in found.messages else None


def _get_channel_and_message(ws, args: Arguments):
    wanted = args.text("channel", required=False)
    if wanted in ws.state.users:
        return ws.state.direct(wanted)
    if wanted.startswith("#") and (named := [c for c in ws.state.channels.values() if c.name == wanted[1:]]):
        args.values["channel"] = named[0].id
    found = get_channel(ws, args)
    if found.archived:
        raise SlackApiError("is_archived")
    if personas.BOT_USER_ID not in found.members and (found.private or "chat:write.public" not in ws.scopes):
        raise SlackApiError("not_in_channel")
    return found


def _require_own_message(found, ts: str, error: str) -> dict:
    message = found.messages.get(ts)
    if message is None or message.get("subtype") == "tombstone":
        raise SlackApiError("message_not_found")
    if message.get("app_id") != personas.APP_ID:
        raise SlackApiError(error)
    return message


def _check_blocks(blocks: object) -> None:
    if wrong := block_kit.list_errors(blocks):
        raise SlackApiError("invalid_blocks", wrong, errors=wrong)
    if block_kit.count_characters(blocks) > block_kit.MAX_MARKDOWN_CHARACTERS:
        raise SlackApiError("msg_blocks_too_long")


def _parse_attachments(attachments: object) -> list[dict]:
    if not isinstance(attachments, list) or not all(isinstance(a, dict) for a in attachments):
        raise SlackApiError("invalid_attachments")
    if len(attachments) > 100:
        raise SlackApiError("too_many_attachments")
    kept = []
    for number, attachment in enumerate(attachments, 1):
        if attachment.get("blocks"):
            _check_blocks(attachment["blocks"])
            attachment = {**attachment, "blocks": block_kit.add_block_ids(attachment["blocks"])}
        kept.append({"id": number, "fallback": "[no preview available]", **attachment})
    return kept


def _parse_metadata(args: Arguments) -> dict | None:
    metadata = args.json("metadata", "invalid_metadata_format")
    if metadata is None or metadata == {}:
        return metadata
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_payload"), dict):
        raise SlackApiError("invalid_metadata_format")
    if not isinstance(metadata.get("event_type"), str) or not metadata["event_type"]:
        raise SlackApiError("invalid_metadata_format")
    if len(str(metadata)) > 16_000:
        raise SlackApiError("metadata_too_large")
    return {"event_type": metadata["event_type"], "event_payload": metadata["event_payload"]}
