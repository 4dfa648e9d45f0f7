"""Files from Slack: only from Slack's hosts, whole, up to the limit, and the token goes nowhere else."""

import http.server
import json
import threading

import pytest

from helpdesk.channels.slack.api import client, file_downloads
from helpdesk.domain.outbox import errors


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://files.slack.com/files-pri/T1-F1/a.txt", True),
        ("https://files-origin.slack.com/x", True),
        ("https://files.slack.com:443/x", True),
        ("http://files.slack.com/x", False),
        ("https://files.slack.com.evil.example/x", False),
        ("https://evil.example/files.slack.com", False),
        ("https://files.slack.com@evil.example/x", False),
        ("https://user:pass@files.slack.com/x", False),
        ("https://files.slack.com:8443/x", False),
        ("file:///etc/passwd", False),
        ("http://127.0.0.1:5001/x", False),
        ("http://169.254.169.254/latest", False),
        ("//files.slack.com/x", False),
        ("https://[::1/x", False),
        ("https://files.slack.com:x/", False),
        ("", False),
    ],
)
def test_files_are_fetched_only_from_slacks_hosts(url, allowed):
    assert file_downloads.is_allowed_url(url, client.Client("xoxb-1")) is allowed


def test_a_stand_in_on_this_machine_may_give_files_but_only_itself():
    stand_in = client.Client("xoxb-1", "http://127.0.0.1:5001/api/")
    assert file_downloads.is_allowed_url("http://127.0.0.1:5001/files-pri/x", stand_in)
    assert not file_downloads.is_allowed_url("http://127.0.0.1:5002/files-pri/x", stand_in)
    assert not file_downloads.is_allowed_url(
        "http://127.0.0.1:5001/x", client.Client("xoxb-1", "http://slack.example/api/")
    )


class Odd:
    """A Web API of one file, whose download does what the test sets; records the tokens it was sent."""

    def __init__(self, download, **file):
        self.tokens = []
        odd = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                about = {
                    "id": "F1",
                    "name": "a.png",
                    "mimetype": "image/png",
                    "size": 5,
                    "url_private_download": odd.url + "/f",
                } | file
                self.answer(200, json.dumps({"ok": True, "file": about}).encode())

            def do_GET(self):
                odd.tokens.append(self.headers.get("Authorization"))
                self.answer(*download(odd))

            def answer(self, status, body=b"", headers=None):
                self.send_response(status)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def fetch(self, **more):
        return file_downloads.download_file("F1", client.Client("xoxb-1", self.url + "/api/", timeout=30), **more)


def test_a_sign_in_page_is_not_taken_for_the_file():
    with (
        Odd(lambda _: (200, b"<html>", {"Content-Type": "text/html"})) as odd,
        pytest.raises(errors.PermanentError, match="sign-in page"),
    ):
        odd.fetch()


def test_half_a_file_is_not_taken_for_the_whole():
    with (
        Odd(lambda _: (200, b"abc", {"Content-Type": "image/png"})) as odd,
        pytest.raises(errors.TemporaryError, match="part"),
    ):
        odd.fetch()


def test_more_than_was_said_is_cut_off_at_the_limit():
    with (
        Odd(lambda _: (200, b"x" * 5000, {"Content-Type": "image/png"}), size=None) as odd,
        pytest.raises(errors.PermanentError, match="larger"),
    ):
        odd.fetch(limit=1000)


def test_the_token_does_not_follow_a_redirect_elsewhere():
    with Odd(lambda _: (200, b"stolen", {})) as elsewhere:
        with (
            Odd(lambda _: (302, b"", {"Location": elsewhere.url + "/f"})) as odd,
            pytest.raises(errors.PermanentError, match="outside"),
        ):
            odd.fetch()
        assert elsewhere.tokens == []


def test_a_redirect_within_is_followed_and_a_circle_is_left():
    with Odd(
        lambda odd: (
            (302, b"", {"Location": "/g"}) if len(odd.tokens) == 1 else (200, b"hello", {"Content-Type": "image/png"})
        )
    ) as odd:
        assert odd.fetch().data == b"hello"
    with (
        Odd(lambda odd: (302, b"", {"Location": "/g"})) as odd,
        pytest.raises(errors.PermanentError, match="one address to the next"),
    ):
        odd.fetch()


@pytest.mark.parametrize(
    ("status", "error"), [(403, errors.PermanentError), (404, errors.PermanentError), (500, errors.TemporaryError)]
)
def test_a_refused_download_says_so(status, error):
    with Odd(lambda _: (status, b"", {})) as odd, pytest.raises(error, match="a.png"):
        odd.fetch()


def test_a_file_that_lies_elsewhere_is_not_fetched():
    with (
        Odd(lambda _: (200, b"", {}), is_external=True) as odd,
        pytest.raises(errors.PermanentError, match="is not stored in Slack"),
    ):
        odd.fetch()
