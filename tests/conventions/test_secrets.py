"""No secret is written to the log."""

import io
import logging

import pytest

from helpdesk import config, logging_setup

SECRET_SETTINGS = [
    setting.name
    for setting in config.ENVIRONMENT_VARIABLES
    if setting.name.endswith(("_KEY", "_SECRET", "_SECRET_OLD", "_TOKEN", "_PASSWORD"))
]
LINES = {
    "a Slack token": "posting with xoxb-12345-abcdef-GHIJKL",
    "an app token": "socket xapp-1-A0-9-deadbeefcafe",
    "a bearer token": "Authorization: Bearer abc.DEF-ghi_jkl~mno",
    "an OAuth code": "GET /sign-in/google/authorized?state=st4te5ecret&code=4/c0de5ecret HTTP/1.1",
    "a magic link": "GET /sign-in/link/O6emPlTMu8b8S3SjDLdKN7fdh1SY8cETPXDTMJ4Gfc",
    "an unsubscribe link": "GET /unsubscribe/17/unsubscr1be5ecretWord",
    "a cookie": "Cookie: __Host-session=c00kie5ecretc00kie",
    "SMTP's AUTH": "send: 'AUTH PLAIN AGhlbHAAcGFzczVlY3JldA=='",
    "a database password": "could not connect to postgresql+psycopg://helpdesk:pa555ecret@db/helpdesk",
    "an IMAP password": "imaps://box:1map5ecret@mail.example/INBOX",
}
LEAKS = (
    "xoxb-12345-abcdef-GHIJKL",
    "deadbeefcafe",
    "abc.DEF-ghi_jkl",
    "st4te5ecret",
    "c0de5ecret",
    "O6emPlTMu8b8",
    "unsubscr1be5ecret",
    "c00kie5ecret",
    "AGhlbHAAcGFzczVlY3JldA",
    "pa555ecret",
    "1map5ecret",
)


@pytest.fixture
def written():
    """What the log says: a function that gives the text so far."""
    secrets = {name: f"v{number}-{name.lower()}-value-{'x' * 32}" for number, name in enumerate(SECRET_SETTINGS)}
    before = logging.getLogger().handlers[:]
    ids = {"GOOGLE_OAUTH_CLIENT_ID": "an id", "MICROSOFT_OAUTH_CLIENT_ID": "another"}
    logging_setup.configure_logging(config.Config(secrets | ids))
    handler = next(handler for handler in logging.getLogger().handlers if handler.name == "helpdesk")
    handler.setStream(io.StringIO())
    yield secrets, handler.stream.getvalue
    logging.getLogger().handlers[:] = before


def test_there_are_secrets():
    assert len(SECRET_SETTINGS) >= 8


@pytest.mark.parametrize("what", LINES)
def test_a_line_with_a_secret_is_cleaned(written, what):
    _, text = written
    logging.getLogger("somebody").warning("%s", LINES[what])
    assert "[secret]" in text()
    assert not [leak for leak in LEAKS if leak in text()]


@pytest.mark.parametrize("name", SECRET_SETTINGS)
def test_no_configured_secret_is_written(written, name):
    secrets, text = written
    value = secrets[name]
    log = logging.getLogger("somebody")
    log.error("plain " + value)
    log.error("argument %s", value)
    log.error("object %r", {"password": value})
    try:
        raise RuntimeError(f"failed with {value}")
    except RuntimeError:
        log.exception("a traceback")
    assert text().count("[secret]") >= 4
    assert value not in text()
