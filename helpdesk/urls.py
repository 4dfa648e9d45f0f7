"""Absolute URLs, built without a request: for mail, Slack and the command line. The host is that of PORTAL_BASE_URL."""

from urllib.parse import quote

from helpdesk import config


def absolute_url(path: str) -> str:
    """Return the URL of ``path``, which begins with one slash."""
    return config.current().PORTAL_BASE_URL + path


def ticket_url(number: int, message_id: int | None = None) -> str:
    """Return the URL of a ticket's page, or of one message on it."""
    return absolute_url(f"/tickets/{number}" + (f"#message-{message_id}" if message_id else ""))


def sign_in_link_url(token: str) -> str:
    """Return the URL that signs in with a magic link's ``token``."""
    return absolute_url(f"/sign-in/link/{quote(token, safe='')}")


def own_provider_url(slug: str) -> str:
    """Return the URL that leads to the provider of the sign-in connection with ``slug``."""
    return absolute_url(f"/sign-in/sso/{quote(slug, safe='')}")
