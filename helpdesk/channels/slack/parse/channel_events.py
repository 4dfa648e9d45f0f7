"""Parse changes of channels, of our bot's membership in them and of the app itself. Pure."""

from helpdesk.channels.slack.parse import json_access
from helpdesk.channels.slack.parse.event_types import ChannelChangeEvent

_CHANGES_BY_TYPE = {
    "channel_archive": "archived",
    "group_archive": "archived",
    "channel_unarchive": "unarchived",
    "group_unarchive": "unarchived",
    "channel_deleted": "deleted",
    "group_deleted": "deleted",
    "channel_rename": "renamed",
    "group_rename": "renamed",
    "channel_shared": "shared",
    "channel_unshared": "unshared",
    "channel_id_changed": "moved",
    "member_joined_channel": "joined",
    "member_left_channel": "left",
    "channel_left": "removed",
    "group_left": "removed",
    "app_uninstalled": "uninstalled",
    "tokens_revoked": "uninstalled",
    "user_change": "profile",
}


def parse_channel_event(event: dict, context: dict, our_users: frozenset[str]) -> ChannelChangeEvent | None:
    """Return the change that ``event`` reports, None for an event that does not concern us."""
    what = _CHANGES_BY_TYPE.get(json_access.text_or_empty(event.get("type")))
    if not what:
        return None
    details = json_access.object_in(event, "channel")
    author = json_access.text_or_empty(event.get("user")) or json_access.text_or_empty(
        json_access.object_in(event, "user").get("id")
    )
    if author in our_users and what in {"joined", "left"}:
        what = {"joined": "added", "left": "removed"}[what]
    bots = json_access.object_in(event, "tokens").get("bot")
    revoked = tuple(each for each in bots if isinstance(each, str)) if isinstance(bots, list) else ()
    return ChannelChangeEvent(
        external_id=context["event_id"],
        author_id=author,
        channel_id=json_access.text_or_empty(details.get("id"))
        or json_access.text_or_empty(event.get("channel"))
        or json_access.text_or_empty(event.get("old_channel_id")),
        what=what,
        name=json_access.text_or_empty(details.get("name")),
        new_channel_id=json_access.text_or_empty(event.get("new_channel_id")),
        bot_user_ids=revoked if event.get("type") == "tokens_revoked" else None,
        **context,
    )
