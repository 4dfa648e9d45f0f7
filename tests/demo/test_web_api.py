"""The Web API, judged by Slack's own SDK."""

import json
import urllib.request

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from helpdesk.demo import personas

MAYA, PRIYA, INES, ELLEN = "U0MAYA00001", "U0PRIYA0001", "U0INES00001", "U0ELLEN0001"


def refusal(call, *args, **kwargs) -> dict:
    with pytest.raises(SlackApiError) as caught:
        call(*args, **kwargs)
    return caught.value.response


def test_the_token_says_who_the_app_is_and_what_it_may_do(client):
    answer = client.auth_test()
    assert (answer["team_id"], answer["user_id"], answer["bot_id"]) == (
        personas.TEAM_ID,
        personas.BOT_USER_ID,
        personas.BOT_ID,
    )
    assert "chat:write.customize" in answer.headers["X-OAuth-Scopes"].split(",")


def test_wrong_missing_and_revoked_tokens_have_different_errors(server, client, workspace):
    url = server.url + "/api/"
    assert refusal(WebClient("xoxb-other", base_url=url).auth_test)["error"] == "invalid_auth"
    assert refusal(WebClient(base_url=url).auth_test)["error"] == "not_authed"
    workspace.revoke()
    assert refusal(client.auth_test)["error"] == "token_revoked"
    workspace.unrevoke()
    assert client.auth_test()["ok"]


def test_a_missing_scope_is_named(client, workspace):
    workspace.scopes.discard("reactions:write")
    answer = refusal(client.reactions_add, channel=personas.TRIAGE_CHANNEL_ID, timestamp="1.1", name="eyes")
    assert answer["error"] == "missing_scope"
    assert answer["needed"] == "reactions:write"
    assert "chat:write" in answer["provided"]


def test_messages_sent_as_form_and_as_json_are_the_same(server, client, workspace):
    block = {"type": "section", "text": {"type": "mrkdwn", "text": "*hello*"}}
    client.chat_postMessage(channel=personas.TRIAGE_CHANNEL_ID, text="hello", blocks=[block])
    form = f"channel={personas.TRIAGE_CHANNEL_ID}&text=hello&blocks={json.dumps([block])}".replace(" ", "+").encode()
    request = urllib.request.Request(
        server.url + "/api/chat.postMessage", form, {"Authorization": f"Bearer {personas.BOT_TOKEN}"}
    )
    assert json.load(urllib.request.urlopen(request))["ok"]
    first, second = workspace.posted(personas.TRIAGE_CHANNEL_ID)
    assert first["blocks"][0]["text"] == second["blocks"][0]["text"]
    assert first["ts"] < second["ts"]
    assert first["bot_id"] == personas.BOT_ID and first["app_id"] == personas.APP_ID


def test_a_chosen_name_and_picture_replace_the_apps_own(client, workspace):
    posted = client.chat_postMessage(
        channel=personas.TRIAGE_CHANNEL_ID, text="x", username="Dana Whitfield", icon_url="https://p.example/d.png"
    )
    message = posted["message"]
    assert message["username"] == "Dana Whitfield"
    assert message["subtype"] == "bot_message" and "user" not in message
    workspace.scopes.discard("chat:write.customize")
    assert (
        "username"
        not in client.chat_postMessage(channel=personas.TRIAGE_CHANNEL_ID, text="x", username="Nobody")["message"]
    )


def test_threads_come_root_first_with_metadata_only_when_asked(client, workspace):
    root = client.chat_postMessage(
        channel=personas.TRIAGE_CHANNEL_ID, text="root", metadata={"event_type": "t", "event_payload": {"n": 1}}
    )
    mine = client.chat_postMessage(
        channel=personas.TRIAGE_CHANNEL_ID,
        text="one",
        thread_ts=root["ts"],
        metadata={"event_type": "t", "event_payload": {"n": 2}},
    )
    theirs = workspace.say(MAYA, personas.TRIAGE_CHANNEL_ID, "two", thread_ts=mine["ts"])
    answer = client.conversations_replies(channel=personas.TRIAGE_CHANNEL_ID, ts=root["ts"], include_all_metadata=True)
    assert [m["ts"] for m in answer["messages"]] == [root["ts"], mine["ts"], theirs]
    assert [m.get("metadata", {}).get("event_payload") for m in answer["messages"]] == [
        {"n": 1},
        {"n": 2},
        None,
    ]
    assert answer["messages"][0]["reply_count"] == 2
    bare = client.conversations_replies(channel=personas.TRIAGE_CHANNEL_ID, ts=root["ts"])
    assert all("metadata" not in m for m in bare["messages"])
    later = client.conversations_replies(channel=personas.TRIAGE_CHANNEL_ID, ts=root["ts"], oldest=mine["ts"])
    assert [m["ts"] for m in later["messages"]] == [root["ts"], theirs]


def test_history_is_newest_first_paged_and_without_replies(client, workspace):
    stamps = [workspace.say(MAYA, personas.TRIAGE_CHANNEL_ID, f"m{n}") for n in range(5)]
    workspace.say(PRIYA, personas.TRIAGE_CHANNEL_ID, "inside", thread_ts=stamps[0])
    shared = workspace.say(PRIYA, personas.TRIAGE_CHANNEL_ID, "for all", thread_ts=stamps[0], broadcast=True)
    seen = []
    for page in client.conversations_history(channel=personas.TRIAGE_CHANNEL_ID, limit=2):
        assert len(page["messages"]) <= 2
        seen += [m["ts"] for m in page["messages"]]
    assert seen == [shared, *reversed(stamps)]
    some = client.conversations_history(
        channel=personas.TRIAGE_CHANNEL_ID, oldest=stamps[1], latest=stamps[3], inclusive=True
    )
    assert [m["ts"] for m in some["messages"]] == [stamps[3], stamps[2], stamps[1]]


def test_edits_and_deletions_have_edited_and_tombstone(client, workspace):
    lone = client.chat_postMessage(channel=personas.TRIAGE_CHANNEL_ID, text="lone")["ts"]
    root = client.chat_postMessage(channel=personas.TRIAGE_CHANNEL_ID, text="root")["ts"]
    workspace.say(MAYA, personas.TRIAGE_CHANNEL_ID, "reply", thread_ts=root)
    client.chat_update(channel=personas.TRIAGE_CHANNEL_ID, ts=lone, text="changed")
    assert workspace.message(personas.TRIAGE_CHANNEL_ID, lone)["text"] == "changed"
    assert workspace.message(personas.TRIAGE_CHANNEL_ID, lone)["edited"]["user"] == personas.BOT_ID
    client.chat_delete(channel=personas.TRIAGE_CHANNEL_ID, ts=lone)
    client.chat_delete(channel=personas.TRIAGE_CHANNEL_ID, ts=root)
    assert [m.get("subtype") for m in workspace.posted(personas.TRIAGE_CHANNEL_ID)] == ["tombstone"]
    assert (
        refusal(client.chat_update, channel=personas.TRIAGE_CHANNEL_ID, ts=lone, text="x")["error"]
        == "message_not_found"
    )


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_errors_have_slacks_names(client, workspace):
    theirs = workspace.say(MAYA, personas.TRIAGE_CHANNEL_ID, "mine")
    post = client.chat_postMessage
    assert refusal(post, channel="C0NOWHERE00", text="x")["error"] == "channel_not_found"
    assert refusal(post, channel=personas.TRIAGE_CHANNEL_ID, text="")["error"] == "no_text"
    unthreaded = post(channel=personas.TRIAGE_CHANNEL_ID, text="x", thread_ts="1.000001")
    assert unthreaded["ok"] and "thread_ts" not in unthreaded["message"]
    assert (
        refusal(client.chat_update, channel=personas.TRIAGE_CHANNEL_ID, ts=theirs, text="x")["error"]
        == "cant_update_message"
    )
    assert refusal(client.chat_delete, channel=personas.TRIAGE_CHANNEL_ID, ts=theirs)["error"] == "cant_delete_message"
    assert refusal(client.conversations_history, channel="C0GENERAL01")["error"] == "not_in_channel"
    client.reactions_add(channel=personas.TRIAGE_CHANNEL_ID, timestamp=theirs, name="eyes")
    again = refusal(client.reactions_add, channel=personas.TRIAGE_CHANNEL_ID, timestamp=theirs, name="eyes")
    assert again["error"] == "already_reacted"
    workspace.archive(personas.TRIAGE_CHANNEL_ID)
    assert refusal(post, channel=personas.TRIAGE_CHANNEL_ID, text="x")["error"] == "is_archived"
    workspace.kick("C0GLOBEX001", personas.BOT_USER_ID)
    workspace.scopes.discard("chat:write.public")
    assert refusal(post, channel="C0GLOBEX001", text="x")["error"] == "not_in_channel"
    client.conversations_join(channel="C0GLOBEX001")
    assert post(channel="C0GLOBEX001", text="x")["ok"]
    assert refusal(client.api_call, "chat.nonsense")["error"] == "unknown_method"


@pytest.mark.parametrize(
    "block",
    [
        {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}},
        {"type": "header", "text": {"type": "mrkdwn", "text": "not plain"}},
        {"type": "header", "text": {"type": "plain_text", "text": "x" * 151}},
        {"type": "novelty"},
        {"type": "actions", "elements": []},
        {
            "type": "actions",
            "elements": [{"type": "button", "text": {"type": "plain_text", "text": "x" * 76}}],
        },
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "x"}] * 11},
        {"type": "image", "image_url": "https://p.example/x.png"},
    ],
)
def test_blocks_beyond_slacks_limits_are_refused_with_the_place(client, block):
    answer = refusal(client.chat_postMessage, channel=personas.TRIAGE_CHANNEL_ID, text="x", blocks=[block])
    assert answer["error"] == "invalid_blocks"
    assert "[json-pointer:/blocks/0" in answer["response_metadata"]["messages"][0]


def test_too_many_blocks_and_too_much_text_are_refused(client, workspace):
    divider = {"type": "divider"}
    assert client.chat_postMessage(channel=personas.TRIAGE_CHANNEL_ID, text="x", blocks=[divider] * 50)["ok"]
    assert (
        refusal(client.chat_postMessage, channel=personas.TRIAGE_CHANNEL_ID, text="x", blocks=[divider] * 51)["error"]
        == "invalid_blocks"
    )
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3000}}
    long = refusal(client.chat_postMessage, channel=personas.TRIAGE_CHANNEL_ID, text="x", blocks=[section] * 5)
    assert long["error"] == "msg_blocks_too_long"
    ts = client.chat_postMessage(channel=personas.TRIAGE_CHANNEL_ID, text="x" * 50_000)["ts"]
    assert len(workspace.message(personas.TRIAGE_CHANNEL_ID, ts)["text"]) == 40_000
    assert (
        refusal(client.chat_update, channel=personas.TRIAGE_CHANNEL_ID, ts=ts, text="x" * 4001)["error"]
        == "msg_too_long"
    )


def test_people_of_other_workspaces_and_guests_are_marked(client, workspace):
    ines = client.users_info(user=INES)["user"]
    assert ines["is_stranger"] is False and ines["team_id"] == "T0UMBRALABS" and "email" not in ines["profile"]
    assert client.users_info(user="U0RAFAEL001")["user"]["is_restricted"]
    assert client.users_info(user="U0DANA00001")["user"]["is_ultra_restricted"]
    assert client.users_info(user="U0NILS00001")["user"]["deleted"]
    assert client.users_lookupByEmail(email="Maya@support.northwind.example")["user"]["id"] == MAYA
    assert refusal(client.users_lookupByEmail, email="nobody@x.example")["error"] == "users_not_found"
    assert client.conversations_info(channel="C0UMBRALABS")["channel"]["is_ext_shared"]
    picture = client.users_info(user=MAYA)["user"]["profile"]["image_72"]
    assert b"<svg" in urllib.request.urlopen(picture).read()


def test_ephemeral_message_is_only_for_its_user(client, workspace):
    client.chat_postEphemeral(channel=personas.TRIAGE_CHANNEL_ID, user=MAYA, text="only you")
    assert workspace.posted(personas.TRIAGE_CHANNEL_ID) == []
    assert [w["text"] for w in workspace.ephemerals(user=MAYA)] == ["only you"]
    assert workspace.ephemerals(user=PRIYA) == []
    outside = refusal(client.chat_postEphemeral, channel="C0GLOBEX001", user=INES, text="x")
    assert outside["error"] == "user_not_in_channel"


def test_file_upload_has_three_steps_and_download_needs_the_token(client, workspace):
    root = client.chat_postMessage(channel=personas.TRIAGE_CHANNEL_ID, text="root")["ts"]
    client.files_upload_v2(
        channel=personas.TRIAGE_CHANNEL_ID,
        thread_ts=root,
        filename="log.txt",
        content="line 1",
        initial_comment="the log",
    )
    reply = workspace.replies(personas.TRIAGE_CHANNEL_ID, root)[1]
    assert reply["text"] == "the log"
    file = client.files_info(file=reply["files"][0]["id"])["file"]
    assert file["size"] == 6 and file["shares"]["public"][personas.TRIAGE_CHANNEL_ID][0]["thread_ts"] == root
    address = file["url_private_download"]
    with urllib.request.urlopen(address) as page:
        assert page.status == 200 and page.headers["Content-Type"].startswith("text/html")
    allowed = urllib.request.Request(address, headers={"Authorization": f"Bearer {personas.BOT_TOKEN}"})
    assert urllib.request.urlopen(allowed).read() == b"line 1"


def test_a_file_in_a_shared_channel_shows_only_its_id(client, workspace):
    ts = workspace.say(INES, "C0UMBRALABS", "see", files=[("scan.png", b"\x89PNG")])
    file = workspace.message("C0UMBRALABS", ts)["files"][0]
    assert file["file_access"] == "check_file_info" and "url_private" not in file
    assert client.files_info(file=file["id"])["file"]["mimetype"] == "image/png"


def test_a_completed_upload_keeps_its_blocks_and_its_authors_name(client, workspace):
    ticket = client.files_getUploadURLExternal(filename="a.txt", length=3)
    urllib.request.urlopen(ticket["upload_url"], b"abc")
    block = {"type": "section", "block_id": "ours", "text": {"type": "mrkdwn", "text": "the log"}}
    files = [{"id": ticket["file_id"], "title": "A"}]
    done = {"files": files, "channel_id": personas.TRIAGE_CHANNEL_ID, "blocks": [block], "username": "Oscar Lindgren"}
    client.api_call("files.completeUploadExternal", json=done)
    message = workspace.posted(personas.TRIAGE_CHANNEL_ID)[0]
    assert message["blocks"][0]["block_id"] == "ours" and message["username"] == "Oscar Lindgren"
    assert message["files"][0]["id"] == ticket["file_id"]
    again = refusal(client.api_call, "files.completeUploadExternal", json=done)
    assert again["error"] == "file_update_failed"
