"""Parse envelopes of the Events API, each to at most one event. Pure."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from helpdesk.channels.slack.parse import (
    channel_events,
    emoji_names,
    envelopes,
    json_access,
    leading_mentions,
    message_content,
    note_prefix,
)
from helpdesk.channels.slack.parse.event_types import (
    ChannelChangeEvent,
    DeletionEvent,
    EditEvent,
    FileDeletionEvent,
    HomeOpenedEvent,
    MessageEvent,
    ReactionEvent,
    SlackEvent,
)
from helpdesk.channels.slack.render import mrkdwn

METADATA_EVENT_TYPE = "helpdesk_delivery"
MESSAGE_SUBTYPES = {"", "file_share", "thread_broadcast", "me_message"}
SLACKBOT_USER_ID = "USLACKBOT"

MessageT = TypeVar("MessageT", bound=MessageEvent)


@dataclass(frozen=True)
class BotIdentity:
    """Our own ids in Slack: events of these authors are ignored.

    ``enterprise_id`` is that of the Enterprise organization to which our workspace belongs, "" without one.
    """

    team_id: str = ""
    enterprise_id: str = field(default="", kw_only=True)
    app_id: str = ""
    user_ids: frozenset[str] = frozenset()
    bot_ids: frozenset[str] = frozenset()


def parse_event(
    payload: dict, names: mrkdwn.Names | None = None, ourselves: BotIdentity | None = None
) -> SlackEvent | None:
    """Return the event that a person caused according to ``payload``; None where it does not concern us."""
    event = json_access.object_in(payload, "event")
    ourselves = ourselves or bot_identity_of(payload)
    context = {
        "team_id": envelopes.team_id_of(payload) or ourselves.team_id,
        "event_id": json_access.text_or_empty(payload.get("event_id")),
        "is_ext_shared": bool(payload.get("is_ext_shared_channel")),
        "is_internal": payload.get("is_ext_shared_channel") is False,
    }
    kind = json_access.text_or_empty(event.get("type"))
    if kind == "message":
        return _parse_message_event(event, context, ourselves, names)
    if kind in {"reaction_added", "reaction_removed"}:
        return _parse_reaction(event, context, ourselves)
    if kind == "app_home_opened":
        return HomeOpenedEvent(
            external_id=context["event_id"],
            author_id=json_access.text_or_empty(event.get("user")),
            channel_id=json_access.text_or_empty(event.get("channel")),
            when=parse_ts(event.get("event_ts")),
            **context,
        )
    if kind == "file_deleted":
        file_id = json_access.text_or_empty(event.get("file_id")) or json_access.text_or_empty(
            json_access.object_in(event, "file").get("id")
        )
        when = parse_ts(event.get("event_ts"))
        return FileDeletionEvent(
            external_id=context["event_id"], author_id="", channel_id="", file_ids=(file_id,), when=when, **context
        )
    return channel_events.parse_channel_event(event, context, ourselves.user_ids)


def is_own_message(message: dict, ourselves: BotIdentity) -> bool:
    """Return whether we wrote ``message`` ourselves: by app, bot, user, or the metadata every post of ours has."""
    apps = {
        json_access.text_or_empty(message.get("app_id")),
        json_access.text_or_empty(json_access.object_in(message, "bot_profile").get("app_id")),
    }
    if ourselves.app_id and ourselves.app_id in apps:
        return True
    if (
        json_access.text_or_empty(message.get("user")) in ourselves.user_ids
        or json_access.text_or_empty(message.get("bot_id")) in ourselves.bot_ids
    ):
        return True
    if json_access.object_in(message, "metadata").get("event_type") == METADATA_EVENT_TYPE:
        return True
    # A reply also sent to the channel sometimes names its author only in a copy of itself.
    root = json_access.object_in(message, "root")
    return bool(root) and root.get("ts") == message.get("ts") and is_own_message({**root, "root": None}, ourselves)


def parse_ts(ts: Any) -> datetime | None:
    """Convert Slack's "1712345678.000100" to an aware UTC time, None where it is no ts."""
    try:
        return datetime.fromtimestamp(float(ts), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def thread_ts_of(message: dict) -> str | None:
    """Return the root's ts where ``message`` is a reply, else None."""
    root = json_access.text_or_empty(message.get("thread_ts"))
    return root if root and root != json_access.text_or_empty(message.get("ts")) else None


def _parse_message_event(
    event: dict, context: dict, ourselves: BotIdentity, names: mrkdwn.Names | None
) -> SlackEvent | None:
    subtype = json_access.text_or_empty(event.get("subtype"))
    channel = json_access.text_or_empty(event.get("channel"))
    if subtype == "message_deleted":
        gone = json_access.object_in(event, "previous_message")
        return _parse_deletion(
            gone,
            json_access.text_or_empty(event.get("deleted_ts")) or json_access.text_or_empty(gone.get("ts")),
            channel,
            event,
            context,
            ourselves,
        )
    if subtype == "message_changed":
        message = json_access.object_in(event, "message")
        before = json_access.object_in(event, "previous_message")
        if message.get("subtype") == "tombstone":
            return _parse_deletion(
                before or message, json_access.text_or_empty(message.get("ts")), channel, event, context, ourselves
            )
        return _parse_edit(message, before, channel, event, context, ourselves, names)
    if event.get("hidden"):
        return None
    return _parse_message(event, channel, context, ourselves, names, MessageEvent)


def _parse_message(
    message: dict,
    channel: str,
    context: dict,
    ourselves: BotIdentity,
    names: mrkdwn.Names | None,
    of_type: type[MessageT],
) -> MessageT | None:
    author = json_access.text_or_empty(message.get("user"))
    if (
        json_access.text_or_empty(message.get("subtype")) not in MESSAGE_SUBTYPES
        or author == SLACKBOT_USER_ID
        or is_own_message(message, ourselves)
    ):
        return None
    if not (channel and message.get("ts")):
        return None
    whole = message_content.message_markdown(message, names)
    mark, body = _split_prefix(message, whole, names)
    profile = json_access.object_in(message, "user_profile")  # of authors of another workspace
    named = (json_access.text_or_empty(profile.get(key)) for key in ("real_name", "display_name", "name"))
    return of_type(
        external_id=json_access.text_or_empty(message["ts"]),
        author_id=author or json_access.text_or_empty(message.get("bot_id")),
        channel_id=channel,
        thread_id=thread_ts_of(message),
        body=body,
        files=message_content.message_files(message),
        when=parse_ts(message["ts"]),
        visibility=mark,
        whole=whole,
        is_bot=bool(message.get("bot_id") or message.get("bot_profile")),
        user_team=json_access.text_or_empty(message.get("user_team")) or json_access.text_or_empty(message.get("team")),
        author_name=next((each for each in named if each), ""),
        author_picture=json_access.text_or_empty(profile.get("image_72")),
        edited_ts=json_access.text_or_empty(json_access.object_in(message, "edited").get("ts")),
        **context,
    )


def _split_prefix(message: dict, whole: str, names: mrkdwn.Names | None) -> tuple[str | None, str]:
    """Return what the prefix of ``whole``, the Markdown of ``message``, says and the text without it.

    The prefix of a note also counts behind mentions: "@Maya note: x" is for Maya.
    """
    divided = leading_mentions.split_mentions(message)
    if divided:
        mentions, rest = (message_content.message_markdown(each, names) for each in divided)
        mark, unmarked = note_prefix.split_note_prefix(rest)
        if mark == "internal":
            return mark, f"{mentions.rstrip()} {unmarked}"
    mark, unmarked = note_prefix.split_note_prefix(whole)
    return mark or ("internal" if message_content.forwards_note(message, names) else None), unmarked


def _parse_edit(
    message: dict,
    before: dict,
    channel: str,
    event: dict,
    context: dict,
    ourselves: BotIdentity,
    names: mrkdwn.Names | None,
) -> SlackEvent | None:
    gone = message_content.deleted_files(message, before)
    is_same_text = bool(before) and (
        message_content.message_markdown(message, names) == message_content.message_markdown(before, names)
    )
    if is_same_text and not message_content.has_new_files(message, before):
        # Only a preview of a link was added, or nothing a reader sees, or a file was deleted.
        return _parse_file_deletion(message, gone, channel, event, context, ourselves) if gone else None
    found = _parse_message(message, channel, context, ourselves, names, EditEvent)
    if found is None:
        return None
    edited_ts = (
        found.edited_ts
        or json_access.text_or_empty(event.get("event_ts"))
        or json_access.text_or_empty(event.get("ts"))
    )
    whole = message_content.message_markdown(before, names) if before else ""
    previous = _split_prefix(before, whole, names)[1]
    return replace(found, edited_ts=edited_ts, previous=previous, previous_whole=whole, deleted_files=gone)


def _parse_file_deletion(
    message: dict, gone: tuple[str, ...], channel: str, event: dict, context: dict, ourselves: BotIdentity
) -> SlackEvent | None:
    if is_own_message(message, ourselves) or not message.get("ts"):
        return None  # the event file_deleted says it
    return FileDeletionEvent(
        external_id=json_access.text_or_empty(message["ts"]),
        author_id="",
        channel_id=channel,
        thread_id=thread_ts_of(message),
        file_ids=gone,
        when=parse_ts(event.get("event_ts") or event.get("ts")),
        **context,
    )


def _parse_deletion(
    message: dict, ts: str, channel: str, event: dict, context: dict, ourselves: BotIdentity
) -> SlackEvent | None:
    if not (ts and channel):
        return None
    place = {
        "external_id": ts,
        "channel_id": channel,
        "thread_id": thread_ts_of({"ts": ts, "thread_ts": message.get("thread_ts")}),
        "when": parse_ts(event.get("event_ts") or event.get("ts")),
    }
    if is_own_message(message, ourselves):
        return ChannelChangeEvent(author_id="", what="own_deleted", **place, **context)
    return DeletionEvent(author_id=json_access.text_or_empty(message.get("user")), **place, **context)


def _parse_reaction(event: dict, context: dict, ourselves: BotIdentity) -> SlackEvent | None:
    item = json_access.object_in(event, "item")
    user = json_access.text_or_empty(event.get("user"))
    if item.get("type") != "message" or not item.get("ts") or user in ourselves.user_ids:
        return None
    name = json_access.text_or_empty(event.get("reaction"))
    return ReactionEvent(
        external_id=json_access.text_or_empty(item["ts"]),
        author_id=user,
        channel_id=json_access.text_or_empty(item.get("channel")),
        name=emoji_names.strip_skin_tone(name),
        emoji=emoji_names.emoji_character(name),
        added=event.get("type") == "reaction_added",
        when=parse_ts(event.get("event_ts")),
        **context,
    )


def bot_identity_of(payload: dict) -> BotIdentity:
    """Return our ids as far as the payload of an event names them."""
    authorizations = json_access.objects_in(payload.get("authorizations"))
    users = {json_access.text_or_empty(each.get("user_id")) for each in authorizations if each.get("is_bot")}
    return BotIdentity(
        envelopes.team_id_of(payload), json_access.text_or_empty(payload.get("api_app_id")), frozenset(users - {""})
    )
