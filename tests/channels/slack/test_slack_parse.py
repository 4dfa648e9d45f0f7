"""Every payload of Slack is parsed into one of our events, or into none."""

import json
from dataclasses import asdict
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk.channels import slack
from helpdesk.channels.slack.parse import envelopes, events, interactions, note_prefix, payload_parser
from helpdesk.domain.inbox.channel_event import RemoteFile

TS, ROOT = "1712345678.000200", "1712345600.000100"
NAMES = {"U1": "Maya"}.get


def envelope(event, **more):
    return {
        "type": "event_callback",
        "event_id": "Ev1",
        "team_id": "T1",
        "api_app_id": "A1",
        "event": event,
        "authorizations": [{"team_id": "T1", "user_id": "UBOT", "is_bot": True}],
        "is_ext_shared_channel": False,
    } | more


def said(**more):
    return {
        "type": "message",
        "channel": "C1",
        "user": "U1",
        "ts": TS,
        "thread_ts": ROOT,
        "text": "hello",
        "team": "T1",
    } | more


def hear(event, **more):
    return slack.parse_payload(envelope(event, **more), names=NAMES)


def test_a_reply_in_a_thread():
    [heard] = hear(said(text="*Hi* <@U1>"))
    assert (heard.kind, heard.channel_id, heard.thread_id, heard.external_id, heard.author_id) == (
        "message",
        "C1",
        ROOT,
        TS,
        "U1",
    )
    assert heard.body == "**Hi** @Maya"
    assert heard.when == datetime.fromtimestamp(1712345678.0002, UTC)
    assert heard.team_id == "T1"
    assert heard.event_id == "Ev1"
    assert heard.visibility is None
    assert heard.is_bot is False


def test_a_root_has_no_thread_above_it():
    assert hear(said(thread_ts=TS))[0].thread_id is None
    assert hear(said(thread_ts=None))[0].thread_id is None


@pytest.mark.parametrize("subtype", ["file_share", "thread_broadcast", "me_message"])
def test_these_subtypes_are_words_of_people(subtype):
    assert hear(said(subtype=subtype))[0].kind == "message"


@pytest.mark.parametrize(
    "subtype",
    [
        "channel_join",
        "channel_topic",
        "bot_message",
        "reminder_add",
        "ekm_access_denied",
        "huddle_thread",
        "anything_new",
    ],
)
def test_other_subtypes_are_nothing_for_us(subtype):
    assert hear(said(subtype=subtype)) == []


@pytest.mark.parametrize(
    "mark",
    [
        {"app_id": "A1"},
        {"bot_profile": {"app_id": "A1"}},
        {"user": "UBOT"},
        {"user": "USLACKBOT"},
        {"metadata": {"event_type": "helpdesk_delivery", "event_payload": {"delivery": "k"}}},
        {"subtype": "thread_broadcast", "root": {"ts": TS, "app_id": "A1"}},
        {"hidden": True},
    ],
)
def test_our_own_posts_and_slackbots_are_never_heard(mark):
    assert hear(said(**mark)) == []


def test_a_reply_under_our_own_root_is_heard():
    assert hear(said(subtype="thread_broadcast", root={"ts": ROOT, "app_id": "A1"}))[0].author_id == "U1"


def test_other_bots_and_external_users_are_marked_for_the_domain_to_judge():
    [bot] = hear(said(bot_id="B9", app_id="A9"))
    assert bot.is_bot
    [external] = hear(said(user_team="T9", source_team="T9"), is_ext_shared_channel=True)
    assert (external.user_team, external.is_ext_shared) == ("T9", True)


def test_files_come_along_and_those_kept_elsewhere_are_linked():
    [heard] = hear(
        said(
            subtype="file_share",
            files=[
                {"id": "F1", "name": "log.txt", "mimetype": "text/plain", "size": 5},
                {"id": "F2", "mode": "tombstone"},
                {"id": "F3", "file_access": "check_file_info"},
                {"id": "F4", "is_external": True, "title": "Plan", "url_private": "https://docs.example/x"},
            ],
        )
    )
    assert heard.files == (
        RemoteFile("F1", "log.txt", "text/plain", 5),
        RemoteFile("F3", "file", "application/octet-stream", 0),
    )
    assert heard.body == "hello\n\n[Plan](https://docs.example/x)"


def test_a_forwarded_message_is_quoted():
    [heard] = hear(
        said(
            text="",
            attachments=[{"is_share": True, "author_name": "Dana", "text": "it &lt;broke&gt;\nagain"}],
        )
    )
    assert heard.body == "> Dana:\n> it <broke>\n> again"


@pytest.mark.parametrize(
    ("typed", "visibility_", "body"),
    [
        ("note: check the log", "internal", "check the log"),
        ("NOTE : x", "internal", "x"),
        ("Note：x", "internal", "x"),
        ("🔒 quiet", "internal", "quiet"),
        (":lock: quiet", "internal", "quiet"),
        (":lock:quiet", "internal", "quiet"),
        ("  note:\nbelow", "internal", "below"),
        ("*note:* bold mark", "internal", "bold mark"),
        ("*note: all bold*", "internal", "**all bold**"),
        ("&gt; note: quoted", "internal", "> quoted"),
        ("🔐 x", "internal", "x"),
        ("`note:` x", "internal", "x"),
        ("reply: hello", "public", "hello"),
        ("Reply:hello", "public", "hello"),
        ("noted: fine", None, "noted: fine"),
        ("a note: no", None, "a note: no"),
        ("notes: x", "internal", "x"),
        ("Note - x", "internal", "x"),
        ("note – x", "internal", "x"),
        ("NOTE — x", "internal", "x"),
        ("note--x", "internal", "x"),
        ("note; x", "internal", "x"),
        ("[note] x", "internal", "x"),
        ("[Note]: x", "internal", "x"),
        ("(internal) x", "internal", "x"),
        ("&lt;note&gt; x", "internal", "x"),
        ("*[note]* x", "internal", "x"),
        ("private: x", "internal", "x"),
        ("Internal: x", "internal", "x"),
        ("internal note: x", "internal", "x"),
        ("Internal-note: x", "internal", "x"),
        ("Team only: x", "internal", "x"),
        ("Note to self: x", "internal", "x"),
        ("notes for the team: x", "internal", "x"),
        ("\u200bnote: x", "internal", "x"),
        ("\ufeffnote: x", "internal", "x"),
        ("n\u200bote\u200d: x", "internal", "x"),
        ("\u2060\u00a0 🔒 x", "internal", "x"),
        ("\u200b[note] x", "internal", "x"),
        ("ｎｏｔｅ： x", "internal", "x"),
        ("• note: x", "internal", "- x"),
        ("\u200breply: x", "public", "x"),
        ("reply - x", None, "reply - x"),
        ("replying: x", None, "replying: x"),
        ("note-taking is broken", None, "note-taking is broken"),
        ("Note that it works", None, "Note that it works"),
        ("internal server error: 500", None, "internal server error: 500"),
        ("Privately: no", None, "Privately: no"),
        ("Noted - thanks", None, "Noted - thanks"),
    ],
)
def test_marks_in_front_are_recognised_and_cut_off(typed, visibility_, body):
    [heard] = hear(said(text=typed))
    assert (heard.visibility, heard.body) == (visibility_, body)


def test_a_lock_picked_from_the_emoji_menu_is_a_mark_too():
    block = {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [{"type": "emoji", "name": "lock", "unicode": "1f512"}, {"type": "text", "text": " hush"}],
            }
        ],
    }
    [heard] = hear(said(text=":lock: hush", blocks=[block]))
    assert (heard.visibility, heard.body) == ("internal", "hush")


def changed(message, previous, **more):
    return {
        "type": "message",
        "subtype": "message_changed",
        "channel": "C1",
        "ts": "9.9",
        "hidden": True,
        "message": message,
        "previous_message": previous,
    } | more


def test_an_edit_carries_the_new_words_the_old_ones_and_its_time():
    [heard] = hear(changed(said(text="better", edited={"user": "U1", "ts": "1712345999.000000"}), said(text="bad")))
    assert (heard.kind, heard.external_id, heard.thread_id, heard.body) == ("edit", TS, ROOT, "better")
    assert (heard.edited_ts, heard.previous) == ("1712345999.000000", "bad")


def test_a_preview_of_a_link_is_no_edit_and_our_own_update_neither():
    assert hear(changed(said(attachments=[{"from_url": "https://x.example"}]), said())) == []
    assert hear(changed(said(text="new", app_id="A1"), said(text="old", app_id="A1"))) == []


def test_an_edit_can_turn_a_reply_into_a_note():
    [heard] = hear(changed(said(text="note: oh"), said(text="oh")))
    assert (heard.visibility, heard.body) == ("internal", "oh")


def test_a_deletion_and_a_tombstone_name_the_message():
    [gone] = hear(
        {
            "type": "message",
            "subtype": "message_deleted",
            "channel": "C1",
            "deleted_ts": TS,
            "previous_message": said(),
            "ts": "9.9",
        }
    )
    assert (gone.kind, gone.external_id, gone.author_id, gone.thread_id) == ("delete", TS, "U1", ROOT)
    [stone] = hear(changed(said(subtype="tombstone", text="This message was deleted.", user="USLACKBOT"), said()))
    assert (stone.kind, stone.external_id, stone.author_id) == ("delete", TS, "U1")


def test_somebody_deleting_our_card_is_distinguished():
    [gone] = hear(
        {
            "type": "message",
            "subtype": "message_deleted",
            "channel": "C1",
            "deleted_ts": TS,
            "previous_message": said(app_id="A1"),
        }
    )
    assert (gone.kind, gone.what, gone.author_id) == ("channel", "own_deleted", "")


def test_reactions():
    event = {
        "type": "reaction_added",
        "user": "U1",
        "reaction": "eyes",
        "item_user": "UBOT",
        "item": {"type": "message", "channel": "C1", "ts": TS},
        "event_ts": "1712345999.1",
    }
    [heard] = hear(event)
    assert (heard.kind, heard.external_id, heard.channel_id, heard.author_id) == ("reaction", TS, "C1", "U1")
    assert (heard.name, heard.emoji, heard.added) == ("eyes", "👀", True)
    assert hear(event | {"type": "reaction_removed", "reaction": "+1::skin-tone-3"})[0].name == "+1"
    assert hear(event | {"user": "UBOT"}) == []
    assert hear(event | {"item": {"type": "file", "file": "F1"}}) == []


@pytest.mark.parametrize(
    ("event", "what", "channel"),
    [
        ({"type": "channel_archive", "channel": "C1", "user": "U1"}, "archived", "C1"),
        ({"type": "group_unarchive", "channel": "G1"}, "unarchived", "G1"),
        ({"type": "channel_rename", "channel": {"id": "C1", "name": "new"}}, "renamed", "C1"),
        ({"type": "member_joined_channel", "user": "U2", "channel": "C1"}, "joined", "C1"),
        ({"type": "member_joined_channel", "user": "UBOT", "channel": "C1"}, "added", "C1"),
        ({"type": "member_left_channel", "user": "UBOT", "channel": "C1"}, "removed", "C1"),
        ({"type": "channel_left", "channel": "C1"}, "removed", "C1"),
        ({"type": "channel_shared", "channel": "C1", "connected_team_id": "T2"}, "shared", "C1"),
        ({"type": "tokens_revoked", "tokens": {"bot": ["UBOT"]}}, "uninstalled", ""),
        ({"type": "user_change", "user": {"id": "U7"}}, "profile", ""),
    ],
)
def test_the_life_of_channels(event, what, channel):
    [heard] = hear(event)
    assert (heard.kind, heard.what, heard.channel_id) == ("channel", what, channel)


def test_home_and_unheard_of_events():
    assert (
        hear({"type": "app_home_opened", "user": "U1", "channel": "D1", "tab": "home", "event_ts": "1.1"})[0].kind
        == "home"
    )
    assert hear({"type": "app_mention", "user": "U1", "text": "x", "ts": TS, "channel": "C1"}) == []
    assert hear({"type": "team_domain_change"}) == []


def test_what_the_reconciler_reads_is_heard_by_the_same_rules():
    us = events.BotIdentity("T1", "", frozenset({"UBOT"}), frozenset({"BBOT"}))
    heard = payload_parser.message_to_event(
        "C1", {"user": "U1", "ts": TS, "thread_ts": ROOT, "text": "note: missed"}, us, NAMES
    )
    assert (heard.kind, heard.body, heard.visibility, heard.team_id) == (
        "message",
        "missed",
        "internal",
        "T1",
    )
    assert (
        payload_parser.message_to_event("C1", {"user": "U1", "ts": TS, "text": "x", "bot_id": "BBOT"}, us, NAMES)
        is None
    )
    assert (
        payload_parser.message_to_event(
            "C1", {"user": "U1", "ts": TS, "text": "x", "subtype": "channel_join"}, us, NAMES
        )
        is None
    )


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


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "subtype",
                    "text",
                    "ts",
                    "user",
                    "channel",
                    "message",
                    "previous_message",
                    "blocks",
                    "elements",
                    "files",
                    "item",
                    "event",
                    "view",
                    "state",
                    "values",
                    "actions",
                    "metadata",
                    "bot_profile",
                    "root",
                    "id",
                    "team",
                    "style",
                    "attachments",
                    "edited",
                    "is_share",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(["message", "reaction_added", "app_home_opened", "channel_rename"]),
    st.dictionaries(
        st.sampled_from(
            [
                "subtype",
                "text",
                "ts",
                "user",
                "channel",
                "message",
                "previous_message",
                "blocks",
                "files",
                "item",
                "metadata",
                "root",
                "bot_profile",
                "attachments",
                "edited",
            ]
        ),
        JSON,
    ),
)
def test_no_shape_of_an_event_raises(kind, event):
    slack.parse_payload(envelope(event | {"type": kind}), NAMES)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["block_actions", "view_submission", "message_action", "shortcut", "event_callback", "x"]),
    st.dictionaries(
        st.sampled_from(
            [
                "actions",
                "view",
                "user",
                "team",
                "channel",
                "message",
                "container",
                "event",
                "command",
                "authorizations",
                "event_id",
                "trigger_id",
            ]
        ),
        JSON,
    ),
)
def test_no_shape_of_a_request_raises(kind, payload):
    payload = payload | {"type": kind}
    slack.parse_payload(payload, NAMES)
    envelopes.payload_id(payload)
    envelopes.is_for_us(payload, "A1", "T1")
    json.dumps([asdict(heard) for heard in slack.parse_payload(payload, NAMES)], default=str)


@given(st.text())
def test_no_text_makes_the_marks_stumble(text):
    note_prefix.split_note_prefix(text)
    interactions.parse_command_text(text.strip())
