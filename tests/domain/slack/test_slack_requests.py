"""Malformed bodies, signed as Slack would: never an error of ours, and nothing stays stuck."""

import json
from urllib.parse import urlencode

import pytest

from helpdesk.channels.slack import requests
from helpdesk.demo import personas
from helpdesk.demo.slack_workspace import signed_requests
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.message import Message
from tests import worker_helpers

HOSTILE = [
    {},
    {"type": "event_callback", "event": "text"},
    {
        "type": "event_callback",
        "event_id": "Ev\x00\ud800",
        "event": {"type": "message", "channel": "C\x00", "ts": "\ud800"},
    },
    {
        "type": "event_callback",
        "event_id": {"a": 1},
        "event": {"type": "channel_rename", "channel": {"id": ["C"], "name": 7}},
    },
    {
        "type": "event_callback",
        "event": {"type": "message", "channel": personas.TRIAGE_CHANNEL_ID, "ts": 12, "thread_ts": [], "user": {}},
    },
    {"type": "event_callback", "event": {"type": "reaction_added", "item": "C1", "user": None}},
    {
        "type": "view_submission",
        "view": {"callback_id": "edit_ticket", "private_metadata": '{"reference": "٣"}', "state": []},
    },
    {"type": "view_submission", "view": {"callback_id": "create_ticket", "private_metadata": '{"files": [1, {}]}'}},
    {
        "type": "view_submission",
        "view": {"callback_id": "create_ticket", "state": {"values": {"organization": {"v": {"value": "9" * 30}}}}},
    },
    {"type": "view_submission", "user": {"id": "U0PRIYA0001"}, "view": {"id": None, "callback_id": ["edit_ticket"]}},
    {"type": "block_actions", "actions": [{"action_id": "make_internal", "value": "1e9"}, None, 7], "user": "me"},
    {
        "type": "block_actions",
        "actions": [{"action_id": "edit", "value": "1"}],
        "trigger_id": "t",
        "user": {"id": "U0NOBODY"},
    },
    {"type": "message_action", "callback_id": "create_ticket", "message": [], "user": {}},
    {
        "command": "/ticket",
        "text": "99999999999999999999",
        "user_id": "U0PRIYA0001",
        "response_url": "https://evil.example/",
    },
]


@pytest.mark.parametrize("place", range(len(HOSTILE)))
def test_a_signed_body_that_makes_no_sense_is_answered_and_done_with(client, session, workspace, place):
    body = json.dumps(HOSTILE[place]).encode()
    form = urlencode({"payload": body.decode()}).encode()
    for path, sent, kind in (
        ("events", body, "application/json"),
        ("actions", form, "application/x-www-form-urlencoded"),
        (
            "commands",
            urlencode({"command": "/ticket\x00", "text": "\x00"}).encode(),
            "application/x-www-form-urlencoded",
        ),
    ):
        headers = signed_requests.build_signature_headers(personas.SIGNING_SECRET, sent)
        answer = client.post(f"/hooks/slack/{path}", data=sent, content_type=kind, headers=headers)
        assert answer.status_code == 200, (path, answer.status_code)
    for _ in range(2):
        worker_helpers.advance_time(session)
        worker_helpers.drain(session)
    assert {row.state for row in session.query(InboundEvent)} <= {"done", "ignored"}
    assert session.query(Message).count() == 0


def test_what_another_workspaces_installation_hears_is_nothing_to_us(filed_ticket, day, session):
    root = day.root()
    day.disconnect()
    day.workspace.say("U0PRIYA0001", personas.TRIAGE_CHANNEL_ID, "Foreign.", thread_ts=root)
    payload = day.workspace.events.log[-1].body
    foreign = payload | {
        "team_id": "T0OTHER",
        "context_team_id": "T0OTHER",
        "authorizations": [{"team_id": "T0OTHER", "is_bot": True}],
    }
    requests.handle_slack_request(foreign)
    worker_helpers.drain(session)
    assert day.words() == []
