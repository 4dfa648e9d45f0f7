"""Interactions and commands of Slack are parsed to typed events."""

import pytest

from helpdesk.channels import slack
from helpdesk.channels.slack.parse import envelopes
from tests.channels.slack.event_samples import NAMES, ROOT, TS, envelope, said


def test_a_pressed_button():
    payload = {
        "type": "block_actions",
        "trigger_id": "1.2.3",
        "response_url": "https://hooks.slack.com/actions/x",
        "api_app_id": "A1",
        "team": {"id": "T1"},
        "user": {"id": "U1", "name": "maya", "team_id": "T1"},
        "channel": {"id": "C1"},
        "container": {"type": "message_attachment", "message_ts": ROOT, "channel_id": "C1", "is_ephemeral": False},
        "message": {"ts": ROOT},
        "actions": [{"action_id": "take_it", "value": "42", "action_ts": "1712345999.5", "block_id": "ticket"}],
    }
    [heard] = slack.parse_payload(payload, NAMES)
    assert (heard.kind, heard.external_id, heard.thread_id, heard.channel_id, heard.author_id) == (
        "action",
        ROOT,
        None,
        "C1",
        "U1",
    )
    assert {
        name: getattr(heard, name) for name in ("action_id", "value", "container", "trigger_id", "user_team", "team_id")
    } == {
        "action_id": "take_it",
        "value": "42",
        "container": "message",
        "trigger_id": "1.2.3",
        "user_team": "T1",
        "team_id": "T1",
    }
    payload["container"] |= {"is_ephemeral": True, "message_ts": TS, "thread_ts": ROOT}
    [inside] = slack.parse_payload(payload, NAMES)
    assert (inside.container, inside.thread_id) == ("ephemeral", ROOT)


def test_a_sent_form():
    state = {
        "values": {
            "status": {"value": {"type": "static_select", "selected_option": {"value": "solved"}}},
            "assignee": {"value": {"type": "static_select", "selected_option": {"value": "-"}}},
            "field-host": {"value": {"type": "plain_text_input", "value": "gw-1"}},
            "field-tags": {
                "value": {"type": "multi_static_select", "selected_options": [{"value": "a"}, {"value": "b"}]}
            },
            "field-day": {"value": {"type": "datepicker", "selected_date": "2026-01-02"}},
            "field-empty": {"value": {"type": "plain_text_input", "value": None}},
        }
    }
    view = {
        "id": "V1",
        "callback_id": "edit_ticket",
        "private_metadata": '{"reference":"42"}',
        "state": state,
        "hash": "h",
    }
    [heard] = slack.parse_payload(
        {
            "type": "view_submission",
            "trigger_id": "t",
            "user": {"id": "U1"},
            "team": {"id": "T1"},
            "view": view,
        },
        NAMES,
    )
    assert (heard.kind, heard.external_id, heard.callback_id, heard.private) == (
        "modal",
        "V1",
        "edit_ticket",
        {"reference": "42"},
    )
    assert heard.values == {
        "status": "solved",
        "assignee": "",
        "field-host": "gw-1",
        "field-tags": ["a", "b"],
        "field-day": "2026-01-02",
        "field-empty": None,
    }
    assert slack.parse_payload({"type": "view_closed", "view": view}, NAMES) == []


def test_a_message_shortcut():
    payload = {
        "type": "message_action",
        "callback_id": "create_ticket",
        "trigger_id": "t",
        "user": {"id": "U1"},
        "team": {"id": "T1"},
        "channel": {"id": "C1"},
        "message": {"ts": TS, "user": "U2", "text": "it *broke*", "files": [{"id": "F1", "name": "a", "size": 1}]},
    }
    [heard] = slack.parse_payload(payload, NAMES)
    assert (heard.kind, heard.body, heard.author_id, heard.message_author, len(heard.files)) == (
        "shortcut",
        "it **broke**",
        "U1",
        "U2",
        1,
    )


@pytest.mark.parametrize(
    ("typed", "verb", "rest"),
    [
        ("", "mine", ""),
        ("mine", "mine", ""),
        ("Open", "open", ""),
        ("unassigned", "unassigned", ""),
        ("search vpn down", "search", "vpn down"),
        ("create  VPN", "create", "VPN"),
        ("new", "create", ""),
        ("42", "show", "42"),
        ("#42", "show", "42"),
        ("vpn", "search", "vpn"),
        ("open the endpoints", "search", "open the endpoints"),
        ("help", "help", ""),
    ],
)
def test_what_is_typed_after_the_command(typed, verb, rest):
    [heard] = slack.parse_payload(
        {
            "command": "/ticket",
            "text": typed,
            "user_id": "U1",
            "channel_id": "C1",
            "team_id": "T1",
            "trigger_id": "t",
        },
        NAMES,
    )
    assert (heard.kind, heard.verb, heard.rest) == ("command", verb, rest)


def test_requests_are_decoded_by_what_they_are():
    assert envelopes.decode_request(b'{"a":1}', "application/json") == {"a": 1}
    assert envelopes.decode_request(
        b"payload=%7B%22type%22%3A%22block_actions%22%7D", "application/x-www-form-urlencoded"
    ) == {"type": "block_actions"}
    assert envelopes.decode_request(b"command=%2Fticket&text=a+b", "application/x-www-form-urlencoded")["text"] == "a b"
    for odd in (b"", b"[]", b"x=1", b"payload=no", b"\xff\xfe", b"{", b"payload=[1]"):
        with pytest.raises(ValueError):  # noqa: PT011
            envelopes.decode_request(odd, "application/x-www-form-urlencoded")


def test_the_same_thing_sent_again_has_the_same_id():
    assert envelopes.payload_id(envelope(said())) == "Ev1"
    action = {"type": "block_actions", "trigger_id": "t1", "actions": [{"action_ts": "1.1"}]}
    assert (
        envelopes.payload_id(action)
        == envelopes.payload_id(dict(action))
        != envelopes.payload_id(action | {"trigger_id": "t2"})
    )
    assert envelopes.payload_id({}) == envelopes.payload_id({}) != envelopes.payload_id({"x": 1})


def test_whose_request_it_is():
    assert envelopes.is_for_us(envelope({}), "A1", "T1")
    assert not envelopes.is_for_us(envelope({}), "A2", None)
    assert not envelopes.is_for_us({"team": {"id": "T9"}}, None, "T1")
    assert envelopes.is_for_us(
        envelope({}, team_id="T9"), "A1", "T1"
    )  # written by a guest workspace in a shared channel
