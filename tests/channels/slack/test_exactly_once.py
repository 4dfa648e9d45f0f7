"""Errors and look-up together: whatever fault Slack has, each message is posted once and in order."""

import time
from dataclasses import replace

import pytest

from helpdesk import clock
from helpdesk.channels import slack
from helpdesk.channels.slack.api.requests import web_api_request
from helpdesk.channels.slack.render import blocks
from helpdesk.demo import personas
from helpdesk.domain.outbox import errors


def deliver(post, client):
    """What the outbox does, waiting only where Slack says how long: look only when in doubt, never post while the
    look-up fails.
    """
    began = None
    for _ in range(60):
        tried = replace(post, possibly_sent_since=began)
        try:
            found = slack.find(tried, client) if began else None
            if found:
                return found
            began_now = clock.now()
            return slack.send(tried, client)
        except errors.UnknownOutcomeError:
            began = began or began_now
        except errors.TemporaryError as refusal:
            time.sleep(refusal.retry_after or 0)  # calls before that are refused without asking Slack
    raise AssertionError("never delivered")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_forty_messages_through_a_bad_day(slack_client, workspace, seed):
    root = workspace.say("U0MAYA00001", personas.TRIAGE_CHANNEL_ID, "root")
    for number, kind in enumerate(
        ("ratelimited", "500_before", "500_after", "reset_before", "reset_after", "half_after")
    ):
        workspace.misbehave("*", kind, probability=0.08, seed=seed * 10 + number)
    for number in range(40):
        place = {"channel": personas.TRIAGE_CHANNEL_ID, "thread_ts": root}
        deliver(
            web_api_request("chat.postMessage", place | blocks.event_line(f"message {number}"), f"k-{number}"),
            slack_client,
        )
    workspace.behave()
    assert [reply["text"] for reply in workspace.replies(personas.TRIAGE_CHANNEL_ID, root)[1:]] == [
        f"message {number}" for number in range(40)
    ]
    assert workspace.calls["chat.postMessage"] > 45
