"""chat.*: posting, changing and removing messages."""

from helpdesk.demo import cast
from helpdesk.demo.slack import blocks as block_kit
from helpdesk.demo.slack import richtext, store
from helpdesk.demo.slack.api.registry import Arguments, Refused, channel, method

LONGEST = 40_000
LONGEST_UPDATE = 4_000


@method("chat.postMessage", "chat:write")
def post_message(ws, args: Arguments) -> dict:
    found = _target(ws, args)
    message = app_message(ws, content(args))
    customise(ws, args, message)
    if (metadata := _metadata(args)) is not None:
        message["metadata"] = metadata
    thread_ts = args.text("thread_ts", required=False)
    if thread_ts:
        require_thread(found, thread_ts)
    stored = store.add(ws, found, message, thread_ts or None, args.flag("reply_broadcast"))
    return {"channel": found.id, "ts": stored["ts"], "message": store.shown(found, stored, metadata=True)}


@method("chat.update", "chat:write")
def update(ws, args: Arguments) -> dict:
    found = channel(ws, args)
    ts = args.text("ts")
    message = _own(found, ts, "cant_update_message")
    if found.archived:
        raise Refused("is_archived")
    if len(args.text("text", required=False)) > LONGEST_UPDATE:
        raise Refused("msg_too_long")
    changes = content(args, updating=True)
    if (metadata := _metadata(args)) is not None:
        changes["metadata"] = metadata or None
    if "blocks" not in changes and message.get("_written"):
        changes["blocks"] = richtext.block(changes.get("text", "")) or None
    elif "blocks" in changes:
        changes["_written"] = not args.json("blocks") or None
        changes["blocks"] = changes["blocks"] or richtext.block(changes.get("text", message["text"])) or None
    store.edit(ws, found, ts, changes, cast.BOT_ID)
    return {
        "channel": found.id,
        "ts": ts,
        "text": message["text"],
        "message": store.shown(found, message, metadata=True),
    }


@method("chat.delete", "chat:write")
def delete(ws, args: Arguments) -> dict:
    found = channel(ws, args)
    ts = args.text("ts")
    _own(found, ts, "cant_delete_message")
    store.delete(ws, found, ts)
    return {"channel": found.id, "ts": ts}


@method("chat.postEphemeral", "chat:write")
def post_ephemeral(ws, args: Arguments) -> dict:
    found = _target(ws, args)
    user = args.text("user")
    if user not in ws.state.users:
        raise Refused("user_not_found")
    if user not in found.members:
        raise Refused("user_not_in_channel")
    whisper = ws.whisper(found, user, content(args), args.text("thread_ts", required=False))
    return {"message_ts": whisper["ts"]}


@method("chat.getPermalink")
def permalink(ws, args: Arguments) -> dict:
    found = channel(ws, args)
    ts = args.text("message_ts")
    if ts not in found.messages:
        raise Refused("message_not_found")
    return {"channel": found.id, "permalink": ws.permalink(found, ts)}


def app_message(ws, body: dict) -> dict:
    """A message of the app's own: what Slack adds to the content."""
    icon = f"{ws.base}/avatars/{cast.BOT_USER_ID}.svg"
    return {
        "user": cast.BOT_USER_ID,
        "bot_id": cast.BOT_ID,
        "app_id": cast.APP_ID,
        "team": cast.TEAM_ID,
        "bot_profile": {
            "id": cast.BOT_ID,
            "deleted": False,
            "name": "Helpdesk",
            "updated": 1_700_000_000,
            "app_id": cast.APP_ID,
            "user_id": cast.BOT_USER_ID,
            "icons": {"image_36": icon, "image_48": icon, "image_72": icon},
            "team_id": cast.TEAM_ID,
        },
        **body,
    }


def content(args: Arguments, updating: bool = False) -> dict:
    """Text, blocks and attachments of a message, checked against Slack's limits."""
    body: dict = {}
    text = args.text("text", required=False)
    blocks = args.json("blocks", "invalid_blocks_format")
    attachments = args.json("attachments", "invalid_attachments")
    if not text and not blocks and not attachments:
        raise Refused("no_text")
    if text or not updating:
        body["text"] = text[:LONGEST]
    if blocks is not None:
        _check(blocks)
        body["blocks"] = block_kit.finished(blocks)
    elif text and not updating:
        body |= {"blocks": richtext.block(body["text"]), "_written": True}
    if attachments is not None:
        body["attachments"] = _attachments(attachments)
    return body


def customise(ws, args: Arguments, message: dict) -> None:
    """Give a message the name and picture that were asked for, if the app may choose them."""
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


def require_thread(found, thread_ts: str) -> None:
    """Refuse a thread that does not exist (or whose root was deleted with nothing below it)."""
    if thread_ts not in found.messages:
        raise Refused("thread_not_found")


def _target(ws, args: Arguments):
    wanted = args.text("channel", required=False)
    if wanted in ws.state.users:
        return ws.state.direct(wanted)
    if wanted.startswith("#") and (named := [c for c in ws.state.channels.values() if c.name == wanted[1:]]):
        args.values["channel"] = named[0].id
    found = channel(ws, args)
    if found.archived:
        raise Refused("is_archived")
    if cast.BOT_USER_ID not in found.members and (found.private or "chat:write.public" not in ws.scopes):
        raise Refused("not_in_channel")
    return found


def _own(found, ts: str, error: str) -> dict:
    message = found.messages.get(ts)
    if message is None or message.get("subtype") == "tombstone":
        raise Refused("message_not_found")
    if message.get("app_id") != cast.APP_ID:
        raise Refused(error)
    return message


def _check(blocks: object) -> None:
    if wrong := block_kit.complaints(blocks):
        raise Refused("invalid_blocks", wrong, errors=wrong)
    if block_kit.characters(blocks) > block_kit.TOGETHER:
        raise Refused("msg_blocks_too_long")


def _attachments(attachments: object) -> list[dict]:
    if not isinstance(attachments, list) or not all(isinstance(a, dict) for a in attachments):
        raise Refused("invalid_attachments")
    if len(attachments) > 100:
        raise Refused("too_many_attachments")
    kept = []
    for number, attachment in enumerate(attachments, 1):
        if attachment.get("blocks"):
            _check(attachment["blocks"])
            attachment = {**attachment, "blocks": block_kit.finished(attachment["blocks"])}
        kept.append({"id": number, "fallback": "[no preview available]", **attachment})
    return kept


def _metadata(args: Arguments) -> dict | None:
    metadata = args.json("metadata", "invalid_metadata_format")
    if metadata is None or metadata == {}:
        return metadata
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_payload"), dict):
        raise Refused("invalid_metadata_format")
    if not isinstance(metadata.get("event_type"), str) or not metadata["event_type"]:
        raise Refused("invalid_metadata_format")
    if len(str(metadata)) > 16_000:
        raise Refused("metadata_too_large")
    return {"event_type": metadata["event_type"], "event_payload": metadata["event_payload"]}
