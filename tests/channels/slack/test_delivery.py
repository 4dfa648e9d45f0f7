"""Put in once, recognised afterwards, and never called missing when nobody could look."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from helpdesk.channels import slack
from helpdesk.channels.slack.api import api_errors
from helpdesk.channels.slack.api.requests import response_url_request, web_api_request
from helpdesk.channels.slack.render import blocks
from helpdesk.demo import personas
from helpdesk.domain.outbox import errors

C = personas.TRIAGE_CHANNEL_ID


@pytest.fixture
def root(workspace):
    return workspace.say("U0MAYA00001", C, "root")


def message(root, key="k-1", text="hello", **more):
    return web_api_request(
        "chat.postMessage",
        {"channel": C, "thread_ts": root, **blocks.reply_message(blocks.ReplyValues("Dana", text)), **more},
        key,
    )


def again(post, ago=10):
    return replace(post, possibly_sent_since=datetime.now(UTC) - timedelta(seconds=ago))


def test_what_was_put_in_is_found(slack_client, workspace, root):
    sent = slack.send(message(root), slack_client)
    assert slack.find(again(message(root)), slack_client).external_id == sent.external_id
    [_, reply] = workspace.replies(C, root)
    assert reply["metadata"] == {"event_type": "helpdesk_delivery", "event_payload": {"delivery": "k-1"}}
    assert reply["username"] == "Dana"


def test_what_was_not_put_in_is_not_found_nor_is_anothers(slack_client, root):
    slack.send(message(root, key="other"), slack_client)
    assert slack.find(again(message(root)), slack_client) is None


def test_a_root_is_found_in_the_channel(slack_client):
    post = web_api_request("chat.postMessage", {"channel": C, **blocks.event_line("a card")}, "k-root")
    sent = slack.send(post, slack_client)
    assert slack.find(again(post), slack_client).external_id == sent.external_id
    assert slack.find(post, slack_client).external_id == sent.external_id


@pytest.mark.parametrize("kind", ["500_after", "reset_after", "half_after"])
def test_stored_though_the_answer_broke_is_found(slack_client, workspace, root, kind):
    workspace.misbehave("chat.postMessage", kind)
    with pytest.raises(errors.UnknownOutcomeError):
        slack.send(message(root), slack_client)
    assert slack.find(again(message(root)), slack_client) is not None
    assert len(workspace.replies(C, root)) == 2


@pytest.mark.parametrize("kind", ["500_before", "reset_before"])
def test_not_stored_is_not_found(slack_client, workspace, root, kind):
    workspace.misbehave("chat.postMessage", kind)
    with pytest.raises(errors.UnknownOutcomeError):
        slack.send(message(root), slack_client)
    assert slack.find(again(message(root)), slack_client) is None


@pytest.mark.parametrize("kind", ["500_before", "reset_before", "half_after", "ratelimited", "error"])
def test_a_look_up_that_fails_never_says_not_found(slack_client, workspace, root, kind):
    workspace.misbehave("conversations.replies", kind, **({"error": "internal_error"} if kind == "error" else {}))
    with pytest.raises(errors.ChannelError):
        slack.find(again(message(root)), slack_client)


def test_it_is_found_on_a_later_page_and_among_many(slack_client, workspace, root):
    sent = slack.send(message(root), slack_client)
    for n in range(205):
        workspace.say("U0MAYA00001", C, f"reply {n}", thread_ts=root)
    before = workspace.calls["conversations.replies"]
    assert slack.find(again(message(root, key="k-none")), slack_client) is None
    assert workspace.calls["conversations.replies"] > before + 1
    assert slack.find(again(message(root)), slack_client).external_id == sent.external_id


def test_nothing_pings_or_unfurls(slack_client, workspace, root):
    slack.send(message(root, text="<!channel> @here <https://a.example>"), slack_client)
    assert workspace.replies(C, root)[1]["text"].startswith("&lt;!channel&gt; @here <https://a.example>")


def test_a_layout_slack_refuses_goes_out_as_plain_words(slack_client, workspace, root):
    post = message(root, text="still **readable**", blocks=[{"type": "section"}])
    sent = slack.send(post, slack_client)
    assert "readable" in workspace.message(C, sent.external_id)["text"]
    assert slack.find(again(post), slack_client) is not None


def test_too_long_for_words_alone_is_permanent(slack_client, root):
    with pytest.raises(errors.PermanentError):
        slack.send(
            web_api_request(
                "chat.postMessage",
                {"channel": C, "thread_ts": root, "text": "x" * 40_001, "blocks": [{"type": "section"}]},
                "k",
            ),
            slack_client,
        )


def test_a_message_that_slack_put_beside_its_thread_is_taken_back(slack_client, workspace):
    with pytest.raises(errors.PermanentError) as caught:
        slack.send(message("1700000000.000100"), slack_client)
    assert api_errors.error_code(caught.value) == "thread_not_found"
    assert workspace.posted(C) == []


def test_changes_and_removals_may_be_repeated(slack_client, workspace, root):
    sent = slack.send(message(root), slack_client)
    change = web_api_request(
        "chat.update", {"channel": C, "ts": sent.external_id, **blocks.event_line("changed")}, "k-2"
    )
    assert (
        slack.send(change, slack_client).external_id == slack.send(change, slack_client).external_id == sent.external_id
    )
    assert workspace.message(C, sent.external_id)["text"] == "changed"
    assert slack.find(again(change), slack_client) is None
    removal = web_api_request("chat.delete", {"channel": C, "ts": sent.external_id}, "k-3")
    assert slack.send(removal, slack_client).external_id == slack.send(removal, slack_client).external_id
    with pytest.raises(errors.PermanentError) as caught:
        slack.send(change, slack_client)
    assert api_errors.error_code(caught.value) == "message_not_found"


def test_marks_may_be_put_and_taken_twice(slack_client, root):
    place = {"channel": C, "timestamp": root, "name": "lock"}
    for method in ("reactions.add", "reactions.add", "reactions.remove", "reactions.remove"):
        assert slack.send(web_api_request(method, place, "k"), slack_client).external_id == root


def test_what_only_one_person_sees(slack_client, workspace, root):
    slack.send(
        web_api_request(
            "chat.postEphemeral",
            {
                "channel": C,
                "user": "U0MAYA00001",
                "thread_ts": root,
                **blocks.pending_reply_notice("Goes to Dana.", "7"),
            },
            "k",
        ),
        slack_client,
    )
    [shown] = workspace.ephemerals(C, "U0MAYA00001")
    assert "Goes to Dana." in shown["text"]


def test_a_home_page_is_published(slack_client, workspace):
    view = blocks.home_view(blocks.HomeValues("Maya", "http://127.0.0.1:5000/desk"))
    assert slack.send(
        web_api_request("views.publish", {"user_id": "U0MAYA00001", "view": view}, "k"), slack_client
    ).external_id
    assert workspace.home_view("U0MAYA00001")["type"] == "home"


def test_an_answer_address_outside_of_slack_is_refused(slack_client):
    for url in (
        "https://evil.example/x",
        "http://hooks.slack.com/x",
        "https://hooks.slack.com.evil.example/x",
        "https://hooks.slack.com@evil.example/",
        "//",
        "https://[::1/x",
    ):
        with pytest.raises(errors.PermanentError, match="not Slack's"):
            slack.send(response_url_request(url, text="x"), slack_client)
