"""Every way Slack can answer, or not, over real HTTP: is it certain that nothing was stored?"""

import http.server
import socket
import threading

import pytest

from helpdesk.channels.slack.api import api_errors, client, rate_limits
from helpdesk.demo import personas
from helpdesk.domain.outbox import errors


def post(slack_client):
    return slack_client.call("chat.postMessage", channel=personas.TRIAGE_CHANNEL_ID, text="hello")


def test_an_answer_is_a_dictionary(slack_client):
    assert slack_client.call("auth.test")["team_id"] == personas.TEAM_ID


def test_slowing_down_says_for_how_long(slack_client, workspace):
    workspace.misbehave("chat.postMessage", "ratelimited", retry_after=7)
    with pytest.raises(errors.TemporaryError) as caught:
        post(slack_client)
    assert (caught.value.retry_after, api_errors.error_code(caught.value)) == (7.0, "ratelimited")


@pytest.mark.parametrize("code", ["ratelimited", "rate_limited"])
def test_slowing_down_in_an_answer_of_200_holds_the_next_call(slack_client, workspace, code):
    workspace.misbehave("chat.postMessage", "error", error=code)
    for _ in range(2):
        with pytest.raises(errors.TemporaryError) as caught:
            post(slack_client)
        assert rate_limits.is_rate_limit(caught.value)
    assert workspace.calls["chat.postMessage"] == 1


@pytest.mark.parametrize("kind", ["500_before", "500_after", "reset_before", "reset_after", "half_after"])
def test_what_broke_on_the_way_is_in_doubt_and_tried_only_once(slack_client, workspace, kind):
    workspace.misbehave("chat.postMessage", kind)
    with pytest.raises(errors.UnknownOutcomeError):
        post(slack_client)
    assert workspace.calls["chat.postMessage"] == 1


def test_no_answer_in_time_is_in_doubt(place):
    workspace, address = place
    workspace.misbehave("chat.postMessage", "hang_after", seconds=60)
    with pytest.raises(errors.UnknownOutcomeError, match="in time"):
        post(client.Client(personas.BOT_TOKEN, address, timeout=1))


@pytest.mark.parametrize("code", ["internal_error", "fatal_error", "service_unavailable"])
def test_slacks_own_trouble_is_in_doubt(slack_client, workspace, code):
    workspace.misbehave("chat.postMessage", "error", error=code)
    with pytest.raises(errors.UnknownOutcomeError):
        post(slack_client)


@pytest.mark.parametrize(
    ("code", "scope"),
    [(code, "installation") for code in ("token_revoked", "invalid_auth", "account_inactive", "not_authed")]
    + [(code, "channel") for code in ("channel_not_found", "is_archived", "restricted_action", "ekm_access_denied")]
    + [(code, "channel") for code in ("no_permission", "access_denied", "is_inactive")],
)
def test_what_only_a_person_can_repair_is_blocked(slack_client, workspace, code, scope):
    workspace.misbehave("chat.postMessage", "error", error=code)
    with pytest.raises(errors.ChannelBlockedError) as caught:
        post(slack_client)
    assert (caught.value.scope, api_errors.error_code(caught.value)) == (scope, code)
    assert caught.value.reason.endswith(".")


def test_a_missing_permission_is_named(slack_client, workspace):
    workspace.scopes.discard("chat:write")
    with pytest.raises(errors.ChannelBlockedError, match="chat:write") as caught:
        post(slack_client)
    assert caught.value.scope == "installation"


@pytest.mark.parametrize(
    "code", ["message_not_found", "user_not_found", "something_new", "no_text", "restricted_action_thread_locked"]
)
def test_what_can_never_work_is_permanent(slack_client, workspace, code):
    workspace.misbehave("chat.postMessage", "error", error=code)
    with pytest.raises(errors.PermanentError) as caught:
        post(slack_client)
    assert api_errors.error_code(caught.value) == code


def test_a_public_channel_is_joined_once_and_the_post_repeated(slack_client, workspace):
    workspace.scopes.discard("chat:write.public")
    assert slack_client.call("chat.postMessage", channel="C0GENERAL01", text="hello")["ok"]
    assert (workspace.calls["conversations.join"], workspace.calls["chat.postMessage"]) == (1, 2)


def test_where_joining_does_not_help_the_channel_is_blocked(slack_client, workspace):
    workspace.misbehave("chat.postMessage", "error", error="not_in_channel", times=None)
    with pytest.raises(errors.ChannelBlockedError, match="invite"):
        post(slack_client)
    assert workspace.calls["chat.postMessage"] == 2


def test_nobody_listening_and_no_such_host_are_certain():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(errors.TemporaryError):
        client.Client("xoxb-1", f"http://127.0.0.1:{port}/api/", timeout=30).call("auth.test")
    with pytest.raises(errors.TemporaryError, match="address"):
        client.Client("xoxb-1", "http://no-such-host.invalid/api/", timeout=30).call("auth.test")


def test_without_a_token_nothing_is_called():
    with pytest.raises(errors.ChannelBlockedError, match="SLACK_BOT_TOKEN"):
        client.Client("", "http://127.0.0.1:9/api/").call("auth.test")


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, b"<html>proxy</html>", errors.UnknownOutcomeError),
        (200, b"", errors.UnknownOutcomeError),
        (200, b"[]", errors.UnknownOutcomeError),
        (200, b"null", errors.UnknownOutcomeError),
        (200, b"{}", errors.UnknownOutcomeError),
        (200, b"\xff\xfe", errors.UnknownOutcomeError),
        (200, b'{"ok": "yes"', errors.UnknownOutcomeError),
        (200, b'"ok"', errors.UnknownOutcomeError),
        (403, b"<html>forbidden</html>", errors.TemporaryError),
        (503, b'{"ok": false, "error": "channel_not_found"}', errors.UnknownOutcomeError),
        (429, b"slow down", errors.TemporaryError),
        (400, b'{"ok": false, "error": "invalid_blocks"}', errors.PermanentError),
        (200, b'{"ok": false}', errors.UnknownOutcomeError),
        (200, b'{"ok": false, "error": "x y <script>"}', errors.UnknownOutcomeError),
    ],
)
def test_no_odd_answer_is_taken_for_one(status, body, expected):
    class Odd(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Odd) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        with pytest.raises(expected) as caught:
            client.Client("xoxb-1", f"http://127.0.0.1:{server.server_port}/api/", timeout=30).call(
                "chat.postMessage", text="x"
            )
    assert "<" not in caught.value.reason


def test_the_token_stands_in_no_reason(slack_client, workspace):
    for kind in ("reset_after", "500_after", "half_after"):
        workspace.misbehave("auth.test", kind)
        with pytest.raises(errors.ChannelError) as caught:
            slack_client.call("auth.test")
        assert personas.BOT_TOKEN not in str(caught.value)


def test_a_list_ends_only_where_slack_says_so(slack_client, workspace):
    root = workspace.say("U0MAYA00001", personas.TRIAGE_CHANNEL_ID, "root")
    for n in range(7):
        workspace.say("U0MAYA00001", personas.TRIAGE_CHANNEL_ID, f"reply {n}", thread_ts=root)
    every = list(
        slack_client.pages("conversations.replies", "messages", channel=personas.TRIAGE_CHANNEL_ID, ts=root, limit=3)
    )
    assert [message["text"] for message in every] == ["root", *[f"reply {n}" for n in range(7)]]
    workspace.misbehave("conversations.replies", "500_before", skip=1)
    with pytest.raises(errors.UnknownOutcomeError):
        list(
            slack_client.pages(
                "conversations.replies", "messages", channel=personas.TRIAGE_CHANNEL_ID, ts=root, limit=3
            )
        )


def test_the_client_of_the_settings_is_made_once():
    class Settings:
        SLACK_BOT_TOKEN = "xoxb-settings"
        SLACK_API_URL = "http://127.0.0.1:1/api"

    made = client.for_config(Settings)
    assert made is client.for_config(Settings)
    assert (made.token, made.base_url) == ("xoxb-settings", "http://127.0.0.1:1/api/")
