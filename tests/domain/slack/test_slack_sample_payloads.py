"""One payload of every kind that Slack sends to an app, also of those we did not ask for: each is answered 200, and its
row says what became of it.

The kinds are those of the sample payloads in slackapi/bolt-python, tests/scenario_tests, and of slackapi/java-slack-sdk,
json-logs/samples/app-backend; what stands here was written for this test.
"""

import json
from urllib.parse import urlencode

import pytest

from helpdesk.demo import personas
from helpdesk.demo.slack_workspace import signed_requests
from helpdesk.models.inbound_event import InboundEvent
from tests import worker_helpers

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

TEAM = {"id": personas.TEAM_ID, "domain": personas.TEAM_DOMAIN}
USER = {"id": "U0ELLEN0001", "username": "ellen", "name": "ellen", "team_id": personas.TEAM_ID}
CHANNEL = {"id": "C0GENERAL01", "name": "general"}
VIEW = {"id": "V1", "type": "modal", "callback_id": "of_another", "private_metadata": "", "state": {"values": {}}}
COMMON = {"team": TEAM, "user": USER, "api_app_id": personas.APP_ID, "token": "x", "trigger_id": "1.2.abc"}
EVENTS = (
    {"type": "app_mention", "user": "U0ELLEN0001", "text": "<@U0HELPDESK1> hi", "ts": "1.1", "channel": "C0GENERAL01"},
    {"type": "assistant_thread_started", "assistant_thread": {"user_id": "U0ELLEN0001", "channel_id": "D1"}},
    {"type": "assistant_thread_context_changed", "assistant_thread": {"channel_id": "D1", "thread_ts": "1.1"}},
    {"type": "function_executed", "function": {"callback_id": "f"}, "function_execution_id": "Fx1"},
    {"type": "message_metadata_posted", "app_id": "A2", "metadata": {"event_type": "t", "event_payload": {}}},
    {"type": "link_shared", "channel": "C0GENERAL01", "links": [{"url": "https://a.example", "domain": "a.example"}]},
    {"type": "workflow_step_execute", "callback_id": "w", "workflow_step": {"workflow_step_execute_id": "1.1"}},
    {"type": "shared_channel_invite_received", "invite": {"id": "I1"}, "channel": CHANNEL},
    {"type": "team_access_granted", "team_ids": ["T1"]},
    {"type": "user_huddle_changed", "user": {"id": "U0ELLEN0001"}},
    {"type": "message", "subtype": "channel_join", "user": "U0ELLEN0001", "channel": "C0GENERAL01", "ts": "1.2"},
    {"type": "message", "subtype": "huddle_thread", "channel": "C0GENERAL01", "ts": "1.3", "user": "USLACKBOT"},
    {"type": "message", "subtype": "assistant_app_thread", "channel": "D1", "ts": "1.4", "hidden": True},
    {"type": "message", "subtype": "message_replied", "channel": "C0GENERAL01", "ts": "1.5", "hidden": True},
    {"type": "message", "subtype": "ekm_access_denied", "user": "UREVOKEDU", "channel": "C0GENERAL01", "ts": "1.6"},
    {"type": "message", "channel": "D1", "channel_type": "im", "user": "U0ELLEN0001", "text": "hi", "ts": "1.7"},
)
ACTIONS = (
    COMMON | {"type": "block_actions", "actions": [{"action_id": "x", "block_id": "b", "type": "button"}]},
    COMMON | {"type": "block_actions", "team": None, "view": VIEW, "actions": [{"action_id": "x", "type": "button"}]},
    COMMON | {"type": "view_submission", "view": VIEW, "response_urls": []},
    COMMON | {"type": "view_closed", "view": VIEW, "is_cleared": False},
    COMMON | {"type": "interactive_message", "callback_id": "c", "actions": [{"name": "a", "value": "1"}]},
    COMMON
    | {"type": "dialog_submission", "callback_id": "d", "submission": {"a": "1"}, "state": "", "channel": CHANNEL},
    COMMON | {"type": "dialog_cancellation", "callback_id": "d", "state": "", "channel": CHANNEL},
    COMMON | {"type": "dialog_suggestion", "callback_id": "d", "name": "a", "value": "", "channel": CHANNEL},
    COMMON | {"type": "workflow_step_edit", "callback_id": "w", "workflow_step": {}},
    COMMON | {"type": "something_new"},
)


def test_every_kind_is_answered_and_its_row_says_why(client, session, workspace):
    def post(path: str, body: bytes, kind: str) -> None:
        headers = signed_requests.build_signature_headers(personas.SIGNING_SECRET, body)
        assert client.post(f"/hooks/slack/{path}", data=body, content_type=kind, headers=headers).status_code == 200

    for number, event in enumerate(EVENTS):
        payload = {"type": "event_callback", "event_id": f"Ev{number}", "team_id": personas.TEAM_ID, "event": event}
        post("events", json.dumps(payload).encode(), "application/json")
    post("events", json.dumps({"type": "app_rate_limited", "team_id": "T1"}).encode(), "application/json")
    for number, payload in enumerate(ACTIONS):
        form = urlencode({"payload": json.dumps(payload | {"trigger_id": f"{number}.2.abc"})}).encode()
        post("actions", form, "application/x-www-form-urlencoded")
    worker_helpers.drain(session)
    rows = session.query(InboundEvent).order_by(InboundEvent.id).all()
    assert len(rows) == len(EVENTS) + 1 + len(ACTIONS)
    assert [row.payload for row in rows if row.state != "ignored" or not row.result] == []
    said = " ".join(row.result for row in rows)
    for named in ("function_executed", "dialog_submission", "something_new", "app_rate_limited", "user_huddle_changed"):
        assert f"Nothing for us: {named}." in said
    assert "In no ticket's thread" in said and "No form of ours." in said
