"""Errors go to Sentry and traces to a collector by their own SDKs, without a secret and without what people wrote."""

import gzip
import http.server
import subprocess
import sys
import threading

import pytest

from tests import conftest, timeouts

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

# A process of its own, because both SDKs change theirs for good. A request fails, an open one has a token in its path.
PROGRAM = """
import logging
from helpdesk import create_app, telemetry
from helpdesk.web.middleware import authorization
app = create_app()
app.add_url_rule("/sign-in/broken/<token>", "broken", authorization.public(lambda token: 1 // 0))
client = app.test_client()
assert client.get("/sign-in/broken/one-time-token?q=private-words", headers={"Cookie": "a=cookie-value"}).status_code == 500
client.get("/sign-in/link/another-token?q=private-words")
logging.getLogger("helpdesk.test").error("A line with xoxb-1234-secret and %s", app.config["SECRET_KEY"])
with telemetry.span("deliveries", "deliveries-0"):
    pass
"""


@pytest.fixture
def collector():
    """A server that keeps what it is sent; ``collector.taken`` are pairs of path and body."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            server.taken.append((self.path, body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.taken = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def run(program, database_url, redis_url, tmp_path, **environment):
    values = {
        "SECRET_KEY": conftest.SECRET,
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "VAR_DIR": str(tmp_path),
        "PATH": "/usr/bin:/bin",
    }
    return subprocess.run(
        [sys.executable, "-c", program],
        env=values | environment,
        capture_output=True,
        text=True,
        timeout=timeouts.LIMIT,
    )


def test_errors_and_traces_are_sent_without_secrets_or_words(collector, database_url, redis_url, tmp_path):
    pytest.importorskip("sentry_sdk")
    pytest.importorskip("opentelemetry.sdk")
    address = f"127.0.0.1:{collector.server_port}"
    ended = run(
        PROGRAM,
        database_url,
        redis_url,
        tmp_path,
        SENTRY_DSN=f"http://key@{address}/7",
        OTEL_EXPORTER_OTLP_ENDPOINT=f"http://{address}",
    )
    assert ended.returncode == 0, ended.stderr
    errors = b"".join(body for path, body in collector.taken if path == "/api/7/envelope/")
    traces = b"".join(body for path, body in collector.taken if path == "/v1/traces")
    assert b"ZeroDivisionError" in errors and b"A line with [secret] and [secret]" in errors
    assert b"GET /sign-in/broken/<token>" in traces and b"GET /sign-in/link/<token>" in traces
    assert b"deliveries-0" in traces
    for secret in (b"private-words", b"cookie-value", b"another-token", b"xoxb-", conftest.SECRET.encode()):
        assert secret not in errors + traces
    assert b"one-time-token" not in traces


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"SENTRY_DSN": "sentry.example"}, "SENTRY_DSN is https://"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "127.0.0.1:4318"}, "OTEL_EXPORTER_OTLP_ENDPOINT begins with http"),
    ],
)
def test_an_address_that_is_none_is_one_sentence(database_url, redis_url, tmp_path, wrong, named):
    pytest.importorskip("sentry_sdk")
    program = "import sys; from helpdesk.cli import main; sys.argv = ['helpdesk', 'settings', 'list']; main()"
    ended = run(program, database_url, redis_url, tmp_path, **wrong)
    assert ended.returncode == 1 and ended.stderr.startswith(f"helpdesk: {named}"), ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_a_missing_extra_is_one_sentence(database_url, redis_url, tmp_path):
    program = """
import sys
sys.modules["sentry_sdk"] = sys.modules["opentelemetry"] = None
from helpdesk.cli import main
sys.argv = ["helpdesk", "settings", "list"]
main()
"""
    for name, value in {
        "SENTRY_DSN": "https://k@s.example/1",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1",
    }.items():
        ended = run(program, database_url, redis_url, tmp_path, **{name: value})
        assert ended.returncode == 1 and ended.stderr.startswith(f"helpdesk: {name} needs the extra "), ended.stderr
