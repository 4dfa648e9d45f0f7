"""The manifest of the Slack app that belongs to this installation, and the link that creates the app from it.

``deploy/slack-manifest.yaml`` is the same for an address to be filled in; a test compares the two.
"""

import json
from typing import Any
from urllib.parse import quote

from helpdesk.channels.slack.diagnostics import REQUIRED_SCOPES

CREATE_URL = "https://api.slack.com/apps?new_app=1&manifest_json="  # fills in "Create an app from a manifest"
MAX_NAME_LENGTH = 35  # characters of display_information.name
BOT_EVENTS = (
    "app_home_opened",
    "app_uninstalled",
    "channel_archive",
    "channel_deleted",
    "channel_id_changed",
    "channel_left",
    "channel_rename",
    "channel_shared",
    "channel_unarchive",
    "channel_unshared",
    "file_deleted",
    "group_archive",
    "group_deleted",
    "group_left",
    "group_rename",
    "group_unarchive",
    "member_joined_channel",
    "member_left_channel",
    "message.channels",
    "message.groups",
    "reaction_added",
    "reaction_removed",
    "tokens_revoked",
    "user_change",
)


def build_manifest(base_url: str, name: str = "Helpdesk") -> dict[str, Any]:
    """The manifest for the portal at ``base_url``; without https there, Slack cannot call, and Socket Mode is used."""
    is_public = base_url.startswith("https://")
    hooks = base_url.rstrip("/") + "/hooks/slack"
    command = {
        "command": "/ticket",
        "description": "Lists, finds and opens tickets",
        "usage_hint": "[mine | open | unassigned | search words | 42 | create]",
        "should_escape": False,
    }
    events: dict[str, Any] = {"bot_events": list(BOT_EVENTS)}
    interactivity: dict[str, Any] = {"is_enabled": True}
    if is_public:
        command["url"] = f"{hooks}/commands"
        events["request_url"] = f"{hooks}/events"
        interactivity |= {"request_url": f"{hooks}/actions", "message_menu_options_url": f"{hooks}/actions"}
    return {
        "display_information": {
            "name": name[:MAX_NAME_LENGTH].strip() or "Helpdesk",
            "description": "Tickets from the customer portal, answered in Slack",
            "background_color": "#2457c5",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": "helpdesk", "always_online": True},
            "shortcuts": [
                {
                    "name": "Make a ticket",
                    "type": "message",
                    "callback_id": "create_ticket",
                    "description": "Files a ticket from this message",
                }
            ],
            "slash_commands": [command],
        },
        "oauth_config": {"scopes": {"bot": sorted(REQUIRED_SCOPES)}},
        "settings": {
            "event_subscriptions": events,
            "interactivity": interactivity,
            "org_deploy_enabled": False,
            "socket_mode_enabled": not is_public,
            "token_rotation_enabled": False,
        },
    }


def build_creation_link(base_url: str, name: str) -> str:
    """Return the address at Slack where the app is created from the manifest, which is filled in already."""
    return CREATE_URL + quote(json.dumps(build_manifest(base_url, name), separators=(",", ":")), safe="")
