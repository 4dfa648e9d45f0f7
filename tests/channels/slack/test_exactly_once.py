"""The errors and the look-up together: whatever Slack does to us, each message stands there once and in order."""

import pytest

from helpdesk import clock
from helpdesk.channels import errors, slack
from helpdesk.channels.slack import blocks
from helpdesk.channels.values import Post
from helpdesk.demo import cast


def deliver(post, client):
    """What the outbox does, without its waiting: look only when in doubt, never post while the look-up fails."""
    began = None
    for _ in range(60):
        tried = Post(post.key, post.method, post.arguments, began)
        try:
            found = slack.find(tried, client) if began else None
            if found:
                return found
            began_now = clock.now()
            return slack.send(tried, client)
        except errors.Unknown:
            began = began or began_now
        except errors.Temporary:
            pass
    raise AssertionError("never delivered")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_forty_messages_through_a_bad_day(slack_client, workspace, seed):
    root = workspace.say("U0MAYA00001", cast.TRIAGE, "root")
    for number, kind in enumerate(
        ("ratelimited", "500_before", "500_after", "reset_before", "reset_after", "half_after")
    ):
        workspace.misbehave("*", kind, probability=0.08, seed=seed * 10 + number)
    for number in range(40):
        place = {"channel": cast.TRIAGE, "thread_ts": root}
        deliver(Post(f"k-{number}", "chat.postMessage", place | blocks.event(f"message {number}")), slack_client)
    workspace.behave()
    assert [reply["text"] for reply in workspace.replies(cast.TRIAGE, root)[1:]] == [
        f"message {number}" for number in range(40)
    ]
    assert workspace.calls["chat.postMessage"] > 45
