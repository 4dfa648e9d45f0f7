"""What the Events API tells, in our words. Pure: one envelope in, at most one thing heard out."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from helpdesk.channels.slack import channel_life, emojis, envelopes, mrkdwn, shapes, visibility
from helpdesk.channels.values import Heard, RemoteFile

OUR_METADATA = "helpdesk_delivery"
SUBTYPES = {"", "file_share", "thread_broadcast", "me_message"}
SLACKBOT = "USLACKBOT"


@dataclass(frozen=True)
class Ourselves:
    """Who we are in Slack: nothing any of these says is ever heard."""

    team_id: str = ""
    app_id: str = ""
    user_ids: frozenset[str] = frozenset()
    bot_ids: frozenset[str] = frozenset()


def heard(payload: dict, names: mrkdwn.Names | None = None, ourselves: Ourselves | None = None) -> Heard | None:
    """The thing a person did according to the event in ``payload``; None where it is nothing for us."""
    event = shapes.part(payload, "event")
    ourselves = ourselves or _ourselves(payload)
    context = {
        "team_id": envelopes.team_of(payload) or ourselves.team_id,
        "event_id": shapes.text(payload.get("event_id")),
        "is_ext_shared": bool(payload.get("is_ext_shared_channel")),
    }
    kind = event.get("type")
    if kind == "message":
        return _message_event(event, context, ourselves, names)
    if kind in {"reaction_added", "reaction_removed"}:
        return _reaction(event, context, ourselves)
    if kind == "app_home_opened":
        return Heard(
            kind="home",
            external_id=context["event_id"],
            author_id=shapes.text(event.get("user")),
            channel_id=shapes.text(event.get("channel")),
            data=context | {"tab": shapes.text(event.get("tab"))},
            when=moment(event.get("event_ts")),
        )
    return channel_life.heard(event, context, ourselves.user_ids)


def is_ours(message: dict, ourselves: Ourselves) -> bool:
    """Whether we wrote ``message`` ourselves: by app, bot, user, or the mark every post of ours carries."""
    apps = {
        shapes.text(message.get("app_id")),
        shapes.text(shapes.part(message, "bot_profile").get("app_id")),
    }
    if ourselves.app_id and ourselves.app_id in apps:
        return True
    if (
        shapes.text(message.get("user")) in ourselves.user_ids
        or shapes.text(message.get("bot_id")) in ourselves.bot_ids
    ):
        return True
    if shapes.part(message, "metadata").get("event_type") == OUR_METADATA:
        return True
    # A reply also sent to the channel sometimes names its author only in a copy of itself.
    root = shapes.part(message, "root")
    return bool(root) and root.get("ts") == message.get("ts") and is_ours({**root, "root": None}, ourselves)


def moment(ts: Any) -> datetime | None:
    """Slack's "1712345678.000100" as an aware UTC time, None where it is none."""
    try:
        return datetime.fromtimestamp(float(ts), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def remote_files(message: dict) -> tuple[RemoteFile, ...]:
    """The files of ``message`` that lie in Slack and can be fetched."""
    return tuple(
        RemoteFile(
            external_id=shapes.text(file["id"]),
            name=shapes.text(file.get("name")) or shapes.text(file.get("title")) or "file",
            media_type=shapes.text(file.get("mimetype")) or "application/octet-stream",
            size=file["size"] if isinstance(file.get("size"), int) else 0,
        )
        for file in shapes.objects(message.get("files"))
        if file.get("id") and file.get("mode") not in {"tombstone", "hidden_by_limit"} and not file.get("is_external")
    )


def body_of(message: dict, names: mrkdwn.Names | None = None) -> str:
    """The Markdown of ``message``, with forwarded messages quoted and files kept elsewhere linked."""
    parts = [mrkdwn.to_markdown(message, names)]
    for attachment in shapes.objects(message.get("attachments")):
        if attachment.get("is_share"):
            shared = mrkdwn.to_markdown({"text": shapes.text(attachment.get("text"))}, names)
            author = shapes.text(attachment.get("author_name"))
            words = f"{author}:\n{shared}" if author else shared
            parts.append("\n".join("> " + line for line in words.split("\n")))
    for file in shapes.objects(message.get("files")):
        if file.get("is_external") and file.get("url_private"):
            link = {
                "type": "link",
                "url": shapes.text(file["url_private"]),
                "text": shapes.text(file.get("title")) or "file",
            }
            parts.append(mrkdwn.to_markdown({"blocks": [{"type": "rich_text", "elements": [link]}]}))
    return "\n\n".join(part for part in parts if part.strip())


def thread_of(message: dict) -> str | None:
    """The root's ts where ``message`` is a reply, None where it stands by itself."""
    root = shapes.text(message.get("thread_ts"))
    return root if root and root != shapes.text(message.get("ts")) else None


def _message_event(event: dict, context: dict, ourselves: Ourselves, names) -> Heard | None:
    subtype = shapes.text(event.get("subtype"))
    channel = shapes.text(event.get("channel"))
    if subtype == "message_deleted":
        gone = shapes.part(event, "previous_message")
        return _deleted(
            gone,
            shapes.text(event.get("deleted_ts")) or shapes.text(gone.get("ts")),
            channel,
            event,
            context,
            ourselves,
        )
    if subtype == "message_changed":
        message = shapes.part(event, "message")
        before = shapes.part(event, "previous_message")
        if message.get("subtype") == "tombstone":
            return _deleted(before or message, shapes.text(message.get("ts")), channel, event, context, ourselves)
        return _edited(message, before, channel, event, context, ourselves, names)
    if event.get("hidden"):
        return None
    return _said(event, channel, context, ourselves, names)


def _said(
    message: dict, channel: str, context: dict, ourselves: Ourselves, names, kind: str = "message"
) -> Heard | None:
    author = shapes.text(message.get("user"))
    if shapes.text(message.get("subtype")) not in SUBTYPES or author == SLACKBOT or is_ours(message, ourselves):
        return None
    if not (channel and message.get("ts")):
        return None
    whole = body_of(message, names)
    mark, body = visibility.read(whole)
    data = context | {
        "visibility": mark,
        "whole": whole,
        "subtype": shapes.text(message.get("subtype")),
        "is_bot": bool(message.get("bot_id") or message.get("bot_profile")),
        "bot_id": shapes.text(message.get("bot_id")),
        "app_id": shapes.text(message.get("app_id")),
        "user_team": shapes.text(message.get("user_team")) or shapes.text(message.get("team")),
        "source_team": shapes.text(message.get("source_team")),
        "username": shapes.text(message.get("username")),
        "is_dm": channel.startswith("D"),
        "edited_ts": shapes.text(shapes.part(message, "edited").get("ts")),
    }
    return Heard(
        kind=kind,
        external_id=shapes.text(message["ts"]),
        author_id=author or shapes.text(message.get("bot_id")),
        channel_id=channel,
        thread_id=thread_of(message),
        body=body,
        files=remote_files(message),
        data=data,
        when=moment(message["ts"]),
    )


def _edited(
    message: dict, before: dict, channel: str, event: dict, context: dict, ourselves: Ourselves, names
) -> Heard | None:
    if before and shapes.text(message.get("text")) == shapes.text(before.get("text")):
        return None  # only a preview of a link was added, or nothing a reader sees
    found = _said(message, channel, context, ourselves, names, kind="edit")
    if found:
        edited_ts = found.data["edited_ts"] or shapes.text(event.get("event_ts")) or shapes.text(event.get("ts"))
        previous = visibility.read(body_of(before, names))[1] if before else ""
        found.data.update(edited_ts=edited_ts, previous=previous)
    return found


def _deleted(message: dict, ts: str, channel: str, event: dict, context: dict, ourselves: Ourselves) -> Heard | None:
    if not (ts and channel):
        return None
    ours = is_ours(message, ourselves)
    return Heard(
        kind="channel" if ours else "delete",
        external_id=ts,
        author_id="" if ours else shapes.text(message.get("user")),
        channel_id=channel,
        thread_id=thread_of({"ts": ts, "thread_ts": message.get("thread_ts")}),
        data=context | ({"what": "own_deleted"} if ours else {}),
        when=moment(event.get("event_ts") or event.get("ts")),
    )


def _reaction(event: dict, context: dict, ourselves: Ourselves) -> Heard | None:
    item = shapes.part(event, "item")
    user = shapes.text(event.get("user"))
    if item.get("type") != "message" or not item.get("ts") or user in ourselves.user_ids:
        return None
    name = shapes.text(event.get("reaction"))
    return Heard(
        kind="reaction",
        external_id=shapes.text(item["ts"]),
        author_id=user,
        channel_id=shapes.text(item.get("channel")),
        data=context
        | {
            "name": emojis.plain_name(name),
            "emoji": emojis.character(name),
            "added": event.get("type") == "reaction_added",
            "item_user": shapes.text(event.get("item_user")),
        },
        when=moment(event.get("event_ts")),
    )


def _ourselves(payload: dict) -> Ourselves:
    authorizations = shapes.objects(payload.get("authorizations"))
    users = {shapes.text(each.get("user_id")) for each in authorizations if each.get("is_bot")}
    return Ourselves(envelopes.team_of(payload), shapes.text(payload.get("api_app_id")), frozenset(users - {""}))
