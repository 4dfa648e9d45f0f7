"""Each bad day is the bad day it says: what was stored, and what the caller saw."""

import contextlib
import http.client
import time
from types import SimpleNamespace

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from helpdesk.demo import personas, slack_workspace, wsgi_server
from helpdesk.demo.slack_workspace import api_faults, api_rate_limits
from tests import time_travel


def post(client, text="x"):
    return client.chat_postMessage(channel=personas.TRIAGE_CHANNEL_ID, text=text)


def stored(workspace) -> list[str]:
    return [m["text"] for m in workspace.posted(personas.TRIAGE_CHANNEL_ID)]


def test_rate_limit_has_retry_after_and_ends(client, workspace):
    workspace.misbehave("chat.postMessage", "ratelimited", retry_after=7)
    with pytest.raises(SlackApiError) as caught:
        post(client)
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "7"
    assert caught.value.response["error"] == "ratelimited"
    assert post(client)["ok"] and stored(workspace) == ["x"]


@pytest.mark.parametrize(
    "kind, kept, error",
    [
        ("500_before", False, SlackApiError),
        ("500_after", True, SlackApiError),
        ("reset_before", False, ConnectionResetError),
        ("reset_after", True, ConnectionResetError),
        ("half_after", True, http.client.IncompleteRead),
        ("hang_before", False, TimeoutError),
        ("hang_after", True, TimeoutError),
    ],
)
def test_faults_before_and_after_storing(server, workspace, kind, kept, error):
    client = WebClient(
        personas.BOT_TOKEN,
        base_url=server.url + "/api/",
        retry_handlers=[],
        timeout=1 if kind.startswith("hang") else 30,
    )
    workspace.misbehave("chat.postMessage", kind, seconds=60)
    with pytest.raises(error):
        post(client, "first")
    assert stored(workspace) == (["first"] if kept else [])
    client.timeout = 30
    assert post(client, "next")["ok"]


def test_late_request_is_stored_after_the_caller_gave_up(client, workspace):
    workspace.misbehave("chat.postMessage", "late", seconds=600, answer="reset")
    with pytest.raises(ConnectionResetError):
        post(client, "late")
    assert stored(workspace) == []
    time_travel.advance(601)
    workspace.store_late_requests()
    assert stored(workspace) == ["late"]


def test_named_errors_probabilities_skips_and_channels(client, workspace):
    workspace.misbehave("chat.postMessage", "error", error="internal_error", channel="C0GLOBEX001")
    assert post(client)["ok"]
    with pytest.raises(SlackApiError, match="internal_error"):
        client.chat_postMessage(channel="C0GLOBEX001", text="x")
    workspace.misbehave("chat.postMessage", "500_before", skip=1)
    assert post(client)["ok"]
    with pytest.raises(SlackApiError):
        post(client)
    rule = workspace.misbehave("chat.postMessage", "500_before", probability=0.5, seed=3)
    for _ in range(40):
        with contextlib.suppress(SlackApiError):
            post(client)
    assert 10 < rule.used < 30
    workspace.behave()
    assert post(client)["ok"]
    with pytest.raises(ValueError, match="unknown fault"):
        workspace.misbehave("chat.postMessage", "novelty")


def test_dark_and_revoked_end_after_their_seconds(client, workspace, monkeypatch):
    ahead = 0
    later = SimpleNamespace(monotonic=lambda: time.monotonic() + ahead, sleep=time.sleep)
    monkeypatch.setattr(api_faults, "time", later)
    monkeypatch.setattr(api_rate_limits, "time", later)
    workspace.dark(600)
    with pytest.raises(ConnectionResetError):
        client.auth_test()
    ahead = 601
    assert client.auth_test()["ok"]
    workspace.revoke(600)
    with pytest.raises(SlackApiError, match="token_revoked"):
        client.auth_test()
    ahead = 1202
    assert client.auth_test()["ok"]


def test_slacks_own_limits_can_be_switched_on():
    app = slack_workspace.create_workspace(rate_limits=True)
    with wsgi_server.serve_app(app) as server:
        client = WebClient(personas.BOT_TOKEN, base_url=server.url + "/api/", retry_handlers=[])
        with pytest.raises(SlackApiError) as caught:
            for _ in range(10):
                post(client)
        assert int(caught.value.response.headers["Retry-After"]) >= 1
        assert client.chat_postMessage(channel="C0GLOBEX001", text="elsewhere")["ok"]
