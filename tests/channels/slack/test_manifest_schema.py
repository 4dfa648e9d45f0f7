"""The shipped manifest against the rules that Slack publishes for manifests.

Source: schemas/manifest.schema.1.0.0.json and 2.0.0.json of the public repository slackapi/manifest-schema, read in
November 2026; both say the same about every part used here. The scopes of events: Slack's reference, one page an event.
"""

import copy
import re
from pathlib import Path

import pytest
import yaml

MANIFEST = Path(__file__).parents[3] / "deploy" / "slack-manifest.yaml"
WEB_ADDRESS = r"https?://"

# A dict is an object with these and no other members, "name!" being required; a tuple is (type, least, most, pattern) of
# a text or, with a list's item first, of a list.
TEXT = (str, 0, 10**9, "")
BOOLEAN = (bool, 0, 0, "")
SCHEMA = {
    "display_information!": {
        "name!": (str, 1, 35, ""),
        "description": (str, 1, 140, ""),
        "background_color": (str, 4, 7, r"#[0-9a-fA-F]{3}([0-9a-fA-F]{3})?$"),
        "long_description": (str, 175, 4_000, ""),
    },
    "features": {
        "app_home": dict.fromkeys(
            ("home_tab_enabled", "messages_tab_enabled", "messages_tab_read_only_enabled"), BOOLEAN
        ),
        "bot_user": {"display_name!": (str, 1, 80, ""), "always_online": BOOLEAN},
        "shortcuts": (
            [
                {
                    "name!": (str, 1, 24, ""),
                    "type!": (str, 1, 10, r"(message|global)$"),
                    "callback_id!": (str, 1, 255, ""),
                    "description!": (str, 1, 150, ""),
                }
            ],
            *(1, 10, ""),
        ),
        "slash_commands": (
            [
                {
                    "command!": (str, 2, 32, r"/"),
                    "url": (str, 1, 3_000, WEB_ADDRESS),
                    "description!": (str, 1, 2_000, ""),
                    "usage_hint": (str, 1, 1_000, ""),
                    "should_escape": BOOLEAN,
                }
            ],
            *(1, 50, ""),
        ),
    },
    "oauth_config": {
        "redirect_urls": ([(str, 0, 2_500, "")], 0, 1_000, ""),
        "scopes": dict.fromkeys(
            ("bot", "user", "bot_optional", "user_optional"), ([(str, 1, 50, r"[a-z:._]+$")], 0, 255, "")
        ),
    },
    "settings": {
        "event_subscriptions": {
            "request_url": (str, 1, 3_500, WEB_ADDRESS),
            "bot_events": ([(str, 1, 50, r"[a-z_.]+$")], 0, 100, ""),
        },
        "interactivity": {
            "is_enabled!": BOOLEAN,
            "request_url": (str, 1, 3_500, WEB_ADDRESS),
            "message_menu_options_url": (str, 1, 3_500, WEB_ADDRESS),
        },
        **dict.fromkeys(("org_deploy_enabled", "socket_mode_enabled", "token_rotation_enabled"), BOOLEAN),
    },
}
# Each event and the scopes of which the app must have one.
EVENT_SCOPES = {
    **dict.fromkeys(("app_home_opened", "app_uninstalled", "tokens_revoked"), ""),
    **dict.fromkeys(
        ("channel_archive", "channel_deleted", "channel_left", "channel_rename", "channel_unarchive"), "channels:read"
    ),
    **dict.fromkeys(("group_archive", "group_deleted", "group_left", "group_rename", "group_unarchive"), "groups:read"),
    **dict.fromkeys(("channel_id_changed", "channel_shared", "channel_unshared"), "channels:read groups:read"),
    **dict.fromkeys(("member_joined_channel", "member_left_channel"), "channels:read groups:read"),
    **dict.fromkeys(("reaction_added", "reaction_removed"), "reactions:read"),
    "emoji_changed": "emoji:read",
    "file_deleted": "files:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "user_change": "users:read",
}


def find_faults(value, rule=SCHEMA, place="manifest") -> list[str]:
    """Every place at which ``value`` breaks ``rule``."""
    if isinstance(rule, dict):
        if not isinstance(value, dict):
            return [f"{place} is no object"]
        names = {name.rstrip("!"): inner for name, inner in rule.items()}
        faults = [f"{place} lacks {name[:-1]}" for name in rule if name.endswith("!") and name[:-1] not in value]
        faults += [f"{place} may not have {name}" for name in value if name not in names]
        return faults + [
            fault
            for name in names
            if name in value
            for fault in find_faults(value[name], names[name], f"{place}.{name}")
        ]
    kind, least, most, pattern = rule
    if isinstance(kind, list):
        if not isinstance(value, list) or not least <= len(value) <= most:
            return [f"{place} is no list of {least} to {most}"]
        doubled = [f"{place} has a value twice"] if any(value.count(each) > 1 for each in value) else []
        return doubled + [fault for each in value for fault in find_faults(each, kind[0], f"{place}[]")]
    if not isinstance(value, kind):
        return [f"{place} is no {kind.__name__}"]
    if kind is str and not (least <= len(value) <= most and re.match(pattern, value)):
        return [f"{place} is {value!r}"]
    return []


@pytest.fixture
def manifest() -> dict:
    return yaml.safe_load(MANIFEST.read_text())


def test_the_manifest_is_one_that_slack_takes(manifest):
    assert find_faults(manifest) == []


def test_the_manifest_for_socket_mode_is_one_too(manifest):
    """What the comment of the file tells to change: no addresses, Socket Mode on."""
    settings = manifest["settings"]
    settings["socket_mode_enabled"] = True
    del settings["event_subscriptions"]["request_url"], manifest["features"]["slash_commands"][0]["url"]
    del settings["interactivity"]["request_url"], settings["interactivity"]["message_menu_options_url"]
    assert find_faults(manifest) == []
    assert "https://support.example.com" not in yaml.safe_dump(manifest)


def test_every_event_has_the_scope_that_it_needs(manifest):
    scopes = set(manifest["oauth_config"]["scopes"]["bot"])
    events = manifest["settings"]["event_subscriptions"]["bot_events"]
    needed = {event: set(EVENT_SCOPES[event].split()) for event in events}
    assert [event for event, some in needed.items() if some and not some & scopes] == []


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("display_information.name", "A name that is longer than thirty-five"),
        ("display_information.background_color", "blue"),
        ("features.shortcuts.0.name", "Make a ticket of this message"),
        ("features.shortcuts.0.type", "channel"),
        ("features.slash_commands.0.command", "ticket"),
        ("features.slash_commands.0.url", "support.example.com"),
        ("features.app_home.home_tab_enabled", "yes"),
        ("oauth_config.scopes.bot", ["users:read", "users:read"]),
        ("settings.event_subscriptions.bot_events", ["message.channels"] * 101),
        ("settings.interactivity", {"request_url": "https://a.example"}),
        ("settings.events", {}),
    ],
)
def test_a_manifest_that_breaks_a_rule_is_noticed(manifest, path, wrong):
    changed = copy.deepcopy(manifest)
    *way, last = path.split(".")
    place = changed
    for name in way:
        place = place[int(name)] if name.isdigit() else place[name]
    place[last] = wrong
    assert len(find_faults(changed)) == 1
