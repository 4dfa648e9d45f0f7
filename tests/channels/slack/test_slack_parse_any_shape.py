"""Whatever Slack or somebody else sends, parsing it raises nothing."""

import json
from dataclasses import asdict

from hypothesis import example, given, settings
from hypothesis import strategies as st

from helpdesk.channels import slack
from helpdesk.channels.slack.parse import envelopes, interactions, note_prefix
from tests.channels.slack.event_samples import NAMES, envelope

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
@example("event_callback", {"event": {"type": []}})
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
