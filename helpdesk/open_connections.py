"""Settings by which secrets or customers' words would travel over a network unprotected.

IMAP_URL is none of them: a mailbox with imap:// is only read after STARTTLS.
"""

from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qsl, urlsplit


def find_open_connection(values: Any) -> str | None:
    """Return the first such setting in ``values``, attributes named like the variables, as a sentence; or None."""
    has_secret = values.MAIL_PASSWORD or values.MAIL_OAUTH_CLIENT_ID
    if has_secret and not (values.MAIL_USE_TLS or values.MAIL_USE_SSL) and not _is_local(values.MAIL_SERVER):
        name = "MAIL_PASSWORD" if values.MAIL_PASSWORD else "The access token of MAIL_OAUTH_CLIENT_ID"
        return f"{name} would travel in the clear; set MAIL_USE_TLS or MAIL_USE_SSL."
    redis = urlsplit(values.REDIS_URL)
    if redis.scheme != "unix" and not redis.password and not _is_local(redis.hostname):
        return (
            "REDIS_URL has no password; whoever can write to Redis can run code, so one on another machine needs one."
        )
    slack = urlsplit(values.SLACK_API_URL)
    if slack.scheme == "http" and not _is_local(slack.hostname):
        return "SLACK_API_URL must begin with https:// unless it is on this machine."
    scanner = urlsplit(values.CLAMD_URL)
    if scanner.scheme == "tcp" and not _is_local(scanner.hostname):
        return "CLAMD_URL names another machine, to which files would travel in the clear; use one on this machine."
    endpoint = urlsplit(dict(parse_qsl(urlsplit(values.STORAGE_URL).query)).get("endpoint", ""))
    if endpoint.scheme == "http" and not _is_local(endpoint.hostname):
        return "The endpoint of STORAGE_URL must be https unless it is on this machine."
    token_url = urlsplit(values.MAIL_OAUTH_TOKEN_URL)
    if values.MAIL_OAUTH_TOKEN_URL and token_url.scheme != "https" and not _is_local(token_url.hostname):
        return "MAIL_OAUTH_TOKEN_URL must begin with https:// unless it is on this machine."
    return None


def _is_local(host: str | None) -> bool:
    """Whether ``host`` is this machine; none at all means that nothing is connected to."""
    name = (host or "").strip("[]").lower()
    try:
        return name in ("", "localhost") or ip_address(name).is_loopback
    except ValueError:
        return False
