"""The log of requests: one line with the route, an id that every line shows, and never a token."""

import json
import logging

import pytest

from helpdesk import logging_setup

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def written(app, caplog):
    """``written()``: the lines of the access log."""
    caplog.set_level(logging.INFO, "helpdesk.access")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "helpdesk.access"]


def test_request_is_a_line_with_its_route_and_no_token(browser_of, make, written):
    user = make.user(make.organization())
    answer = browser_of().get("/sign-in/link/a-token-that-signs-in-once?code=secret")
    browser_of(user).get("/tickets?q=private+words")
    first, second = written()
    assert "a-token" not in first and "secret" not in first and f" {answer.status_code} " in first
    assert second.startswith("GET /tickets 200 ") and "private" not in second
    assert second.endswith(f"user {user.id}")


def test_health_checks_are_not_logged(browser_of, written):
    browser_of().get("/healthz")
    assert written() == []


def test_id_of_the_request_is_in_the_answer(browser_of):
    first, second = (browser_of().get("/healthz").headers["X-Request-ID"] for _ in range(2))
    assert first != second and len(first) >= 8
    forged = browser_of().get("/healthz", headers={"X-Request-ID": "chosen-by-a-client"})
    assert forged.headers["X-Request-ID"] != "chosen-by-a-client"


def test_json_lines_hold_the_context(app):
    logging_setup.set_context(request_id="abc", row=7)
    try:
        record = logging.LogRecord("helpdesk", logging.WARNING, "", 0, "Something %s", ("odd\nhere",), None)
        entry = json.loads(logging_setup.JsonFormatter().format(record))
    finally:
        logging_setup.set_context()
    assert entry["message"] == "Something odd\nhere" and entry["level"] == "WARNING"
    assert (entry["request_id"], entry["row"]) == ("abc", 7)


class TestBehindAProxy:
    @pytest.fixture
    def settings(self):
        return {"TRUSTED_PROXIES": 1}

    def test_id_of_the_proxy_is_kept(self, browser_of):
        given = "0123456789abcdef0123456789abcdef"
        assert browser_of().get("/healthz", headers={"X-Request-ID": given}).headers["X-Request-ID"] == given
        odd = browser_of().get("/healthz", headers={"X-Request-ID": "a b\tc; rm"}).headers["X-Request-ID"]
        assert odd != "a b\tc; rm"
