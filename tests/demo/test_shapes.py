"""The stand-in's answers and events have the fields of Slack's published samples, and no others.

The lists were written down from slackapi/java-slack-sdk, json-logs/samples (api/ and events/); what stands after "+" is
from Slack's reference (docs.slack.dev) where a sample lacks it.
"""

import pytest

from helpdesk.demo import personas

MAYA, INES = "U0MAYA00001", "U0INES00001"
TRIAGE = personas.TRIAGE_CHANNEL_ID
SLACK_LISTS = {
    "auth.test": "ok url team user team_id user_id bot_id is_enterprise_install app_name app_id enterprise_id error needed",
    "user": """id team_id name deleted color real_name tz tz_label tz_offset profile is_admin is_owner is_primary_owner
        is_restricted is_ultra_restricted is_bot is_app_user updated locale has_2fa is_email_confirmed enterprise_user
        is_stranger who_can_share_contact_card""",
    "profile": """title phone skype real_name real_name_normalized display_name display_name_normalized status_text
        status_emoji status_expiration avatar_hash api_app_id always_active bot_id image_24 image_32 image_48 image_72
        image_192 image_512 status_text_canonical team image_original is_custom_image email first_name last_name
        image_1024 status_emoji_url""",
    "enterprise_user": "id enterprise_id enterprise_name is_admin is_owner teams + is_primary_owner",
    "channel": """id name is_channel is_group is_im created is_archived is_general unlinked name_normalized is_shared
        creator is_ext_shared is_org_shared shared_team_ids pending_shared pending_connected_team_ids
        is_pending_ext_shared is_member is_private is_mpim last_read topic purpose previous_names locale num_members
        is_read_only is_thread_only is_non_threadable internal_team_ids connected_team_ids conversation_host_id is_moved
        is_global_shared is_org_default is_org_mandatory connected_limited_team_ids context_team_id updated
        + parent_conversation""",
    "envelope": """token enterprise_id team_id api_app_id type authed_users authed_teams is_ext_shared_channel event_id
        event_time event_context event + authorizations context_team_id context_enterprise_id""",
    "file_deleted": "type file_id event_ts",
    "channel_id_changed": "type old_channel_id new_channel_id event_ts",
    "tokens_revoked": "type tokens event_ts",
}


def allowed(name: str) -> set[str]:
    return set(SLACK_LISTS[name].replace("+", " ").split())


def check(name: str, given: dict) -> None:
    assert set(given) - allowed(name) == set()


@pytest.mark.parametrize("user", [MAYA, INES, "W0GRETA0001", personas.BOT_USER_ID, "USLACKBOT"])
def test_users(client, workspace, user):
    workspace.join_enterprise("E0NORTHWIND")
    workspace.add_enterprise_user("W0GRETA0001", "Greta", "greta@support.northwind.example")
    shown = client.users_info(user=user)["user"]
    check("user", shown)
    check("profile", shown["profile"])
    check("enterprise_user", shown.get("enterprise_user", {}))
    check("auth.test", client.auth_test().data)


def test_members_of_slack_connect_are_marked_only_outside_of_shared_channels(client, workspace):
    field = "is_stranger"
    assert client.users_info(user=INES)["user"][field] is False
    assert field not in client.users_info(user="U0VIKTOR001")["user"]
    workspace.kick("C0UMBRALABS", INES)
    assert client.users_info(user=INES)["user"][field] is True
    assert field not in client.users_info(user=MAYA)["user"]


def test_a_member_of_an_enterprise_organization_has_its_teams_and_may_lack_a_team_id(client, workspace):
    workspace.join_enterprise("E0NORTHWIND")
    workspace.add_enterprise_user("W0GRETA0001", "Greta", "greta@support.northwind.example")
    shown = client.users_info(user="W0GRETA0001")["user"]
    assert "team_id" not in shown and shown["enterprise_user"]["teams"] == [personas.TEAM_ID]
    assert client.auth_test()["enterprise_id"] == "E0NORTHWIND"


@pytest.mark.parametrize("channel", [TRIAGE, "C0UMBRALABS"])
def test_channels(client, channel):
    check("channel", client.conversations_info(channel=channel)["channel"])


def test_events_and_what_a_deleted_file_leaves(client, workspace, portal):
    ts = workspace.say(MAYA, TRIAGE, "see", files=[("a.txt", b"x")])
    [file] = workspace.message(TRIAGE, ts)["files"]
    workspace.delete_file(MAYA, file["id"])
    workspace.change_channel_id(TRIAGE)
    workspace.events.announce(None, {"type": "tokens_revoked", "tokens": {"oauth": [MAYA], "bot": []}})
    assert workspace.settle(60)
    for request in portal.requests:
        check("envelope", request.json)
    for kind in ("file_deleted", "channel_id_changed", "tokens_revoked"):
        [event] = portal.events(kind)
        check(kind, event)
    [changed] = portal.events("message_changed")
    assert changed["message"]["files"] == [{"id": file["id"], "mode": "tombstone"}]
    assert changed["message"]["text"] == changed["previous_message"]["text"]


def test_an_upload_answers_without_shares_and_is_shown_later(client, workspace):
    workspace.state.share_seconds = 3600
    root = client.chat_postMessage(channel=TRIAGE, text="root")["ts"]
    sent = client.files_upload_v2(channel=TRIAGE, thread_ts=root, filename="log.txt", content="line 1")
    assert sent["files"][0]["shares"] == {} and len(workspace.replies(TRIAGE, root)) == 1
    workspace.api_faults.store_late_requests(until=float("inf"))
    [_, shown] = workspace.replies(TRIAGE, root)
    assert client.files_info(file=shown["files"][0]["id"])["file"]["shares"]["public"][TRIAGE]


def test_an_answer_below_a_deleted_message_is_posted_without_its_thread(client, workspace):
    root = client.chat_postMessage(channel=TRIAGE, text="root")["ts"]
    client.chat_delete(channel=TRIAGE, ts=root)
    answer = client.chat_postMessage(channel=TRIAGE, text="loose", thread_ts=root)
    assert answer["ok"] and "thread_ts" not in answer["message"]
    assert [each["text"] for each in workspace.posted(TRIAGE)] == ["loose"]
