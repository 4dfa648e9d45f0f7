"""What happens to channels, to our bot in them and to the app itself, in our words. Pure."""

from helpdesk.channels.slack import shapes
from helpdesk.channels.values import Heard

_WHAT = {
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
    "member_joined_channel": "joined",
    "member_left_channel": "left",
    "channel_left": "removed",
    "group_left": "removed",
    "app_uninstalled": "uninstalled",
    "tokens_revoked": "uninstalled",
    "user_change": "profile",
}


def heard(event: dict, context: dict, our_users: frozenset[str]) -> Heard | None:
    """Kind "channel" with data["what"] for ``event``, None for one that is nothing for us."""
    what = _WHAT.get(shapes.text(event.get("type")))
    if not what:
        return None
    details = shapes.part(event, "channel")
    author = shapes.text(event.get("user")) or shapes.text(shapes.part(event, "user").get("id"))
    if author in our_users and what in {"joined", "left"}:
        what = {"joined": "added", "left": "removed"}[what]
    return Heard(
        kind="channel",
        external_id=context["event_id"],
        author_id=author,
        channel_id=shapes.text(details.get("id")) or shapes.text(event.get("channel")),
        data=context | {"what": what, "name": shapes.text(details.get("name"))},
    )
