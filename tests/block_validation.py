"""Check everything the app put into the demo's Slack by slack_sdk's own models, which know Slack's limits."""

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

VIEW_FIELDS = (
    "type",
    "title",
    "submit",
    "close",
    "blocks",
    "callback_id",
    "private_metadata",
    "external_id",
    "clear_on_close",
    "notify_on_close",
)


def validate_workspace(workspace) -> int:
    """Validate every message, ephemeral message, modal and home page of the app. Returns how many blocks there were."""
    state, checked = workspace.state, 0
    with state.lock:
        messages = [each for channel in state.channels.values() for each in channel.messages.values()]
        views = [*state.views.values(), *state.homes.values()]
        ours = [each for each in (*messages, *state.ephemerals) if each.get("app_id")]
    for message in ours:
        for owner in (message, *message.get("attachments", [])):
            checked += validate_blocks(owner.get("blocks", []))
    for view in views:
        shown = {name: view[name] for name in VIEW_FIELDS if view.get(name)}
        if view["type"] == "home":
            shown = {"type": "home", "blocks": view["blocks"]}
        View(**shown).validate_json()
        checked += validate_blocks(view["blocks"])
    return checked


def validate_blocks(blocks: list[dict]) -> int:
    """Validate blocks one by one; raises SlackObjectFormationError with the limit that one exceeds."""
    for parsed in Block.parse_all(blocks):
        parsed.validate_json()
    return len(blocks)
