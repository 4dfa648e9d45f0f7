"""People and channels as Slack knows them, the check of the set-up, the shipped manifest, and who may import what."""

import ast
import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from helpdesk.channels.slack import diagnostics
from helpdesk.channels.slack import manifest as app_manifest
from helpdesk.channels.slack.api import client, directory
from helpdesk.channels.slack.parse.events import BotIdentity
from helpdesk.demo import app_permissions, personas
from helpdesk.domain.outbox import errors

ROOT = Path(__file__).parents[3]


def test_a_person_has_name_address_picture_and_standing(slack_client):
    maya = directory.get_profile("U0MAYA00001", slack_client)
    assert (maya.name, maya.email, maya.team_id) == (
        "Maya Lindqvist",
        "maya@support.northwind.example",
        personas.TEAM_ID,
    )
    assert maya.picture.startswith("http")
    assert directory.get_profile("U0RAFAEL001", slack_client).is_restricted
    assert directory.get_profile("U0NILS00001", slack_client).deleted
    assert not directory.get_profile("U0INES00001", slack_client).is_stranger  # in a channel shared with the app
    assert directory.get_profile(personas.BOT_USER_ID, slack_client).is_bot
    full = [
        user
        for user in ("U0MAYA00001", "U0RAFAEL001", "U0NILS00001", "U0INES00001", personas.BOT_USER_ID)
        if directory.is_full_member(directory.get_profile(user, slack_client), directory.get_bot_identity(slack_client))
    ]
    assert full == ["U0MAYA00001"]


def test_nobody_is_a_full_member_of_no_team():
    assert not directory.is_full_member(directory.Profile("U1", "x"), BotIdentity())


def test_people_are_asked_about_once_until_forgotten(slack_client, workspace):
    for _ in range(3):
        directory.get_profile("U0MAYA00001", slack_client)
    assert workspace.calls["users.info"] == 1
    directory.clear_cache("U0MAYA00001")
    directory.get_profile("U0MAYA00001", slack_client)
    assert workspace.calls["users.info"] == 2


def test_a_person_unknown_to_slack_is_an_error_but_a_name_never_is(slack_client, workspace):
    with pytest.raises(errors.PermanentError):
        directory.get_profile("U0NOBODY001", slack_client)
    assert directory.get_name("U0NOBODY001", slack_client) is None
    assert directory.get_name("C0TRIAGE001", slack_client) == "triage"
    assert directory.get_name("S123", slack_client) is None
    assert directory.get_name("", slack_client) is None


def test_a_burst_of_unknown_names_asks_once(slack_client, workspace):
    workspace.misbehave("users.info", "500_before", times=None)
    for _ in range(4):
        assert directory.get_name("U0MAYA00001", slack_client) is None
    assert workspace.calls["users.info"] == 1


def test_channels_are_listed_by_name_with_what_must_be_known(slack_client, workspace):
    workspace.archive("C0INITECH01")
    channels = {channel.name: channel for channel in directory.list_channels(slack_client)}
    assert "initech" not in channels
    assert channels["umbra-labs"].is_ext_shared
    assert not channels["triage"].is_ext_shared
    assert not channels["general"].is_member


def test_a_set_up_that_works_says_so_and_leaves_nothing_behind(slack_client, workspace):
    checks = diagnostics.run_checks(personas.TRIAGE_CHANNEL_ID, ["C0GLOBEX001"], slack_client)
    assert [each.what for each in checks if each.ok] == [
        "token",
        "permissions",
        "channel #triage",
        "channel #globex",
        "round trip",
    ]
    assert workspace.posted(personas.TRIAGE_CHANNEL_ID) == []


def test_what_is_missing_is_named(slack_client, workspace):
    workspace.scopes.discard("files:read")
    workspace.archive("C0GLOBEX001")
    workspace.misbehave("chat.postMessage", "error", error="restricted_action")
    checks = {
        each.what: each
        for each in diagnostics.run_checks(personas.TRIAGE_CHANNEL_ID, ["C0GLOBEX001", "C404"], slack_client)
    }
    assert "files:read" in checks["permissions"].sentence
    assert "archived" in checks["channel #globex"].sentence
    assert not checks["channel C404"].ok
    assert not checks["round trip"].ok
    assert not any(each.ok for name, each in checks.items() if name not in {"token", "channel #triage"})


def test_a_wrong_token_ends_the_check_at_once(place):
    [only] = diagnostics.run_checks(personas.TRIAGE_CHANNEL_ID, client=client.Client("xoxb-wrong", place[1]))
    assert (only.ok, only.what) == (False, "token")


def test_without_a_triage_channel_the_check_says_so(slack_client):
    assert diagnostics.run_checks("", client=slack_client)[-1].sentence == "No triage channel is set."


def manifest():
    return yaml.safe_load((ROOT / "deploy" / "slack-manifest.yaml").read_text())


def test_the_manifest_asks_for_exactly_what_the_check_looks_for():
    assert manifest()["oauth_config"]["scopes"]["bot"] == sorted(diagnostics.REQUIRED_SCOPES)
    assert list(manifest()["oauth_config"]["scopes"]) == ["bot"]


def test_the_manifest_subscribes_to_what_is_understood_and_nothing_else():
    from helpdesk.channels.slack.parse import channel_events

    events = set(manifest()["settings"]["event_subscriptions"]["bot_events"])
    understood = set(channel_events._CHANGES_BY_TYPE) | {
        "message.channels",
        "message.groups",
        "reaction_added",
        "reaction_removed",
        "app_home_opened",
        "file_deleted",
    }
    assert events <= understood


def test_the_stand_in_gives_exactly_what_the_manifest_asks_for():
    assert manifest()["oauth_config"]["scopes"]["bot"] == list(app_permissions.SCOPES)
    assert manifest()["settings"]["event_subscriptions"]["bot_events"] == list(app_permissions.BOT_EVENTS)


def test_the_manifest_fits_slacks_limits_and_our_endpoints():
    text = manifest()
    assert len(text["display_information"]["name"]) <= 35
    assert len(text["display_information"]["description"]) <= 140
    [command], [shortcut] = text["features"]["slash_commands"], text["features"]["shortcuts"]
    assert command["url"].endswith("/hooks/slack/commands")
    assert text["settings"]["event_subscriptions"]["request_url"].endswith("/hooks/slack/events")
    assert text["settings"]["interactivity"]["request_url"].endswith("/hooks/slack/actions")
    assert (shortcut["type"], shortcut["callback_id"], len(shortcut["name"]) <= 24) == (
        "message",
        "create_ticket",
        True,
    )


def test_every_method_called_is_covered_by_a_permission():
    needs = {
        "users.info": "users:read",
        "users.list": "users:read",
        "users.lookupByEmail": "users:read.email",
        "conversations.info": "channels:read",
        "conversations.list": "groups:read",
        "users.conversations": "groups:read",
        "conversations.join": "channels:join",
        "conversations.replies": "channels:history",
        "conversations.history": "groups:history",
        "files.getUploadURLExternal": "files:write",
        "files.completeUploadExternal": "files:write",
        "files.info": "files:read",
        "emoji.list": "emoji:read",
        "api.test": None,
        "auth.test": None,
        "usergroups.list": "usergroups:read",
        "chat.delete": "chat:write",
    }
    called = set()
    for path in (ROOT / "helpdesk/channels/slack").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "attr", "") in {"call", "answer", "pages", "_once"}
                and node.args
            ):
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    called.add(first.value)
    assert called <= set(needs)
    assert {needs[method] for method in called} - {None} <= set(diagnostics.REQUIRED_SCOPES)


def test_the_link_that_creates_the_app_carries_the_shipped_manifest_with_our_address():
    assert app_manifest.build_manifest("https://support.example.com") == manifest()
    link = urlsplit(app_manifest.build_creation_link("https://help.globex.example", "Globex & friends"))
    query = parse_qs(link.query)
    assert (link.hostname, link.path, query["new_app"]) == ("api.slack.com", "/apps", ["1"])
    carried = json.loads(query["manifest_json"][0])
    assert carried["display_information"]["name"] == "Globex & friends"
    assert carried["settings"]["event_subscriptions"]["request_url"] == "https://help.globex.example/hooks/slack/events"
    long_name = app_manifest.build_manifest("https://help.globex.example", "x" * 60)
    assert len(long_name["display_information"]["name"]) == 35


def test_without_a_public_address_the_app_uses_socket_mode():
    local = app_manifest.build_manifest("http://127.0.0.1:5000")
    assert local["settings"]["socket_mode_enabled"] is True and "127.0.0.1" not in json.dumps(local)
