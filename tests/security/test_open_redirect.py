"""A sign-in may lead only to pages of the portal (open redirects)."""

import pytest

from helpdesk.web.middleware import authorization

ELSEWHERE = [
    "//evil.test",
    "///evil.test",
    "/\\evil.test",
    "\\\\evil.test",
    "/\t/evil.test",
    "/%09/evil.test",
    "\t//evil.test",
    "https:evil.test",
    "https://evil.test/tickets",
    "http:/evil.test",
    "javascript:alert(1)",
    "data:text/html,x",
    "/tickets\n/x",
    "/tickets \r\nSet-Cookie: a=b",
    "/ticketsevil",
    "/nothing-here",
    "tickets",
    "",
    None,
    "/sign-in",
    "/sign-in/link/" + "t" * 43,
    "/sign-out",
    "/static/css/app.css",
    "/hooks/slack/events",
    "/tickets/1/replies",
    "/tickets/" + "9" * 3000,
    "/.//evil.test",
    "/tickets\\..\\evil",
]


@pytest.mark.parametrize("path", ELSEWHERE)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_unsafe_next_urls_are_ignored(app, path):
    with app.test_request_context():
        assert authorization.get_safe_next_path(path) is None


@pytest.mark.parametrize(
    "path", ["/", "/tickets", "/tickets?q=a%20b&status=open", "/tickets/42", "/desk?view=mine", "/account"]
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_own_next_urls_are_followed(app, path):
    with app.test_request_context():
        assert authorization.get_safe_next_path(path) == path
