"""Buttons, modals, shortcuts, commands, and the answers an app may give to them."""

import json
import time
import urllib.request

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.webhook import WebhookClient

from helpdesk.demo import personas

MAYA, PRIYA = "U0MAYA00001", "U0PRIYA0001"
PLAIN = {"type": "plain_text", "text": "Edit"}
MODAL = {
    "type": "modal",
    "callback_id": "edit",
    "private_metadata": "42",
    "title": PLAIN,
    "submit": PLAIN,
    "blocks": [
        {
            "type": "input",
            "block_id": "subject",
            "label": PLAIN,
            "element": {"type": "plain_text_input", "action_id": "text"},
        },
        {
            "type": "input",
            "block_id": "status",
            "label": PLAIN,
            "optional": True,
            "element": {"type": "static_select", "action_id": "pick", "options": [{"text": PLAIN, "value": "open"}]},
        },
    ],
}


def card(client) -> str:
    button = {"type": "button", "action_id": "take", "value": "42", "text": PLAIN}
    blocks = [{"type": "actions", "elements": [button]}]
    return client.chat_postMessage(channel=personas.TRIAGE_CHANNEL_ID, text="card", blocks=blocks)["ts"]


def pressed(workspace, portal, client) -> dict:
    ts = card(client)
    workspace.settle(60)
    portal.requests.clear()
    assert workspace.press(MAYA, personas.TRIAGE_CHANNEL_ID, ts, "take").ok
    return portal.requests[0].payload


def test_button_press_sends_user_action_and_channel(workspace, portal, client):
    payload = pressed(workspace, portal, client)
    request = portal.requests[0]
    assert request.path == "/hooks/slack/actions"
    assert SignatureVerifier(personas.SIGNING_SECRET).is_valid_request(request.body, request.headers)
    assert (payload["type"], payload["user"]["id"], payload["channel"]["id"]) == (
        "block_actions",
        MAYA,
        personas.TRIAGE_CHANNEL_ID,
    )
    assert payload["actions"][0]["value"] == "42"
    assert payload["message"]["text"] == "card"


def test_trigger_id_opens_one_modal_once(workspace, portal, client):
    trigger = pressed(workspace, portal, client)["trigger_id"]
    view = client.views_open(trigger_id=trigger, view=MODAL)["view"]
    assert workspace.modal(MAYA)["id"] == view["id"] and workspace.modal(PRIYA) is None
    with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
        client.views_open(trigger_id=trigger, view=MODAL)
    workspace.interactivity.trigger_seconds = 0
    with pytest.raises(SlackApiError, match="expired_trigger_id"):
        client.views_open(trigger_id=pressed(workspace, portal, client)["trigger_id"], view=MODAL)


def test_view_submission_sends_values_and_applies_response_action(workspace, portal, client):
    client.views_open(trigger_id=pressed(workspace, portal, client)["trigger_id"], view=MODAL)
    assert workspace.submit(MAYA)["errors"] == {"subject": "This field is required."}
    portal.answer({"response_action": "errors", "errors": {"subject": "Too short."}})
    workspace.submit(MAYA, {"subject": {"text": "x"}})
    assert workspace.modal(MAYA)["_errors"] == {"subject": "Too short."}
    portal.answer({"response_action": "update", "view": {**MODAL, "callback_id": "second"}})
    workspace.submit(MAYA, {"subject": {"text": "Printer"}, "status": {"pick": "open"}})
    view = portal.requests[-1].payload["view"]
    assert view["private_metadata"] == "42"
    assert view["state"]["values"]["subject"]["text"]["value"] == "Printer"
    assert view["state"]["values"]["status"]["pick"]["selected_option"]["value"] == "open"
    assert workspace.modal(MAYA)["callback_id"] == "second"
    portal.answer({"response_action": "push", "view": {**MODAL, "callback_id": "third"}})
    workspace.submit(MAYA, {"subject": {"text": "Printer"}})
    assert workspace.modal(MAYA)["callback_id"] == "third"
    portal.answer({"response_action": "clear"})
    workspace.submit(MAYA, {"subject": {"text": "Printer"}})
    assert workspace.modal(MAYA) is None


def test_view_closed_is_sent_when_requested(workspace, portal, client):
    view = {**MODAL, "notify_on_close": True}
    client.views_open(trigger_id=pressed(workspace, portal, client)["trigger_id"], view=view)
    workspace.close(MAYA)
    assert portal.requests[-1].payload["type"] == "view_closed" and workspace.modal(MAYA) is None


def test_invalid_view_is_refused_with_reasons(workspace, portal, client):
    title = {"type": "plain_text", "text": "x" * 25}
    with pytest.raises(SlackApiError) as caught:
        client.views_open(trigger_id=pressed(workspace, portal, client)["trigger_id"], view={**MODAL, "title": title})
    assert caught.value.response["error"] == "invalid_arguments"
    assert "/view/title/text" in caught.value.response["response_metadata"]["messages"][0]


def test_response_url_replaces_ephemerals_and_expires(workspace, portal, client):
    payload = pressed(workspace, portal, client)
    hook = WebhookClient(payload["response_url"])
    assert hook.send(text="only you").body == "ok"
    assert [w["text"] for w in workspace.wait_ephemerals(MAYA)] == ["only you"]
    assert hook.send(text="new card", replace_original=True).status_code == 200
    assert workspace.posted(personas.TRIAGE_CHANNEL_ID)[-1]["text"] == "new card"
    hook.send(text="for all", response_type="in_channel")
    assert workspace.posted(personas.TRIAGE_CHANNEL_ID)[-1]["text"] == "for all"
    hook.send(text="4"), hook.send(text="5")
    assert hook.send(text="6").status_code == 404


def test_ephemeral_button_can_delete_its_own_message(workspace, portal, client):
    button = {"type": "button", "action_id": "undo", "text": PLAIN}
    sent = client.chat_postEphemeral(
        channel=personas.TRIAGE_CHANNEL_ID, user=MAYA, text="x", blocks=[{"type": "actions", "elements": [button]}]
    )
    workspace.press(MAYA, personas.TRIAGE_CHANNEL_ID, sent["message_ts"], "undo")
    payload = portal.requests[-1].payload
    assert payload["container"]["is_ephemeral"] and "message" not in payload
    assert WebhookClient(payload["response_url"]).send(delete_original=True).status_code == 200
    assert workspace.ephemerals() == []


def test_slash_command_response_is_shown_to_its_user(workspace, portal):
    portal.answer({"text": "You have 3 tickets."})
    assert workspace.command(MAYA, personas.TRIAGE_CHANNEL_ID, "/ticket", "mine")[0] == 200
    form = portal.requests[0].form
    assert (form["command"], form["text"], form["user_id"]) == ("/ticket", "mine", MAYA)
    assert [w["text"] for w in workspace.ephemerals(user=MAYA)] == ["You have 3 tickets."]
    portal.answers.append((500, b"", "text/plain"))
    workspace.command(MAYA, personas.TRIAGE_CHANNEL_ID, "/ticket")
    assert "dispatch_failed" in workspace.ephemerals(user=MAYA)[-1]["text"]


def test_message_shortcut_sends_the_message(workspace, portal):
    ts = workspace.say(MAYA, personas.TRIAGE_CHANNEL_ID, "make me a ticket")
    workspace.settle(60)
    workspace.shortcut(PRIYA, personas.TRIAGE_CHANNEL_ID, ts, "create_ticket")
    payload = portal.requests[-1].payload
    assert (payload["type"], payload["callback_id"]) == ("message_action", "create_ticket")
    assert payload["message"]["text"] == "make me a ticket" and payload["message_ts"] == ts


def test_the_home_tab_is_published_per_user(workspace, client):
    client.views_publish(user_id=MAYA, view={"type": "home", "blocks": [{"type": "divider"}]})
    assert workspace.home_view(MAYA)["blocks"][0]["type"] == "divider" and workspace.home_view(PRIYA) is None


def test_control_api_runs_actions_and_returns_state(server, workspace):
    def order(**what):
        body = json.dumps(what).encode()
        request = urllib.request.Request(server.url + "/control", body, {"Content-Type": "application/json"})
        return json.load(urllib.request.urlopen(request))["result"]

    ts = order(do="say", user=MAYA, channel=personas.TRIAGE_CHANNEL_ID, text="by wire")
    order(do="say", user=PRIYA, channel=personas.TRIAGE_CHANNEL_ID, text="below", thread_ts=ts)
    order(do="misbehave", method="auth.test", kind="500_before")
    state = json.load(urllib.request.urlopen(server.url + "/control/state"))
    assert [m["text"] for m in state["channels"][personas.TRIAGE_CHANNEL_ID]["messages"]] == ["by wire", "below"]
    assert list(state["threads"][personas.TRIAGE_CHANNEL_ID]) == [ts]
    with pytest.raises(urllib.error.HTTPError):
        order(do="__init__")
    assert time.time() - float(ts) < 60
