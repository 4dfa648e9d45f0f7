"""Absolute links, made without a request: for mail, Slack and the command line. The host is always PORTAL_BASE_URL's."""

from urllib.parse import quote

from helpdesk import config


def absolute_url(path: str) -> str:
    """``path`` (beginning with one slash) below the portal's address."""
    return config.current().PORTAL_BASE_URL + path


def ticket_url(number: int, message_id: int | None = None) -> str:
    """A ticket's page, at one message where given."""
    return absolute_url(f"/tickets/{number}" + (f"#message-{message_id}" if message_id else ""))


def sign_in_link_url(token: str) -> str:
    return absolute_url(f"/sign-in/link/{quote(token, safe='')}")
