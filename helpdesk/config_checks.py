"""Values of settings that can be read and would fail only later, where nobody sees why."""

import re
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
POSITIVE_NUMBERS = (
    "DATABASE_CONNECTIONS",
    "WEB_PROCESSES",
    "WEB_THREADS",
    "WORKER_PROCESSES",
    "WORKER_THREADS",
    "DELIVERY_LEASE",
    "MAIL_PORT",
)
NUMBERS = ("LIVE_STREAMS", "DELIVERY_HOLD_OFF", "DELIVERY_MAIL_HOLD_OFF", "INBOX_ORDER_WAIT")

ADDRESSES = (
    "PORTAL_BASE_URL",
    "STORAGE_URL",
    "CLAMD_URL",
    "SLACK_API_URL",
    "MAIL_OAUTH_TOKEN_URL",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
)

WEB_ADDRESSES = ("SLACK_API_URL", "MAIL_OAUTH_TOKEN_URL", "OTEL_EXPORTER_OTLP_ENDPOINT")
DATABASES = ("DATABASE_URL", "DATABASE_REPLICA_URL")
MIN_KEY_LENGTH = 32
DOMAINS = ("INBOUND_MAIL_DOMAIN", "MAIL_RETURN_DOMAIN")
_DOMAIN = re.compile(r"[\w-]{1,63}(\.[\w-]{1,63}){0,20}")


def find_mistake(values: Any) -> str | None:
    """The first mistake in the settings ``values``, attributes named like the variables, as a sentence; or None."""
    from helpdesk import redis_url  # not needed by --help

    for name in ADDRESSES:
        if not _is_address(getattr(values, name)):
            return f"{name} is not an address: its host or port cannot be read."
    for name in DATABASES:
        if getattr(values, name) and not _is_database(getattr(values, name)):
            return f"{name} cannot be understood; signs such as / and @ in a password are written %2F and %40."
    try:
        redis_url.check_url(values.REDIS_URL)
    except redis_url.InvalidRedisUrl as error:
        return str(error)
    scheme = values.DATABASE_URL.partition(":")[0]
    if scheme.partition("+")[0] not in ("sqlite", "postgresql"):
        return f"DATABASE_URL begins with {scheme[:20]!r}; it should be postgresql:// or sqlite:///path."
    if scheme.startswith("sqlite") and values.DATABASE_URL.partition(":")[2].strip("/") in ("", ":memory:"):
        return "DATABASE_URL names no file, and what is in memory only is lost; it should be sqlite:///path."
    if values.DATABASE_REPLICA_URL and not (
        values.DATABASE_REPLICA_URL.startswith("postgresql") and scheme.startswith("postgresql")
    ):
        return "DATABASE_REPLICA_URL names a replica of the PostgreSQL in DATABASE_URL; both begin with postgresql://."
    storage = urlsplit(values.STORAGE_URL)
    if storage.scheme not in ("file", "s3") or (storage.scheme == "s3" and not storage.netloc):
        return "STORAGE_URL is file:///a/folder or s3://bucket?endpoint=https://..."
    if storage.scheme == "file" and (storage.netloc or not storage.path.strip("/")):
        return "STORAGE_URL names a folder by its whole path, with three slashes: file:///a/folder."
    endpoint = dict(parse_qsl(storage.query)).get("endpoint", "")
    if storage.scheme == "s3" and endpoint and not _is_web_address(endpoint):
        return "The endpoint in STORAGE_URL is not an http or https address."
    scanner = urlsplit(values.CLAMD_URL)
    is_named = scanner.scheme == "unix" and scanner.path or scanner.scheme == "tcp" and _host_of(scanner)
    if values.CLAMD_URL and not is_named:
        return "CLAMD_URL is unix:///run/clamav/clamd.ctl or tcp://127.0.0.1:3310."
    if values.LOG_LEVEL.upper() not in LOG_LEVELS:
        return f"LOG_LEVEL is none of {', '.join(LOG_LEVELS)}."
    if values.LOG_FORMAT not in ("text", "json"):
        return "LOG_FORMAT is text or json."
    for name in WEB_ADDRESSES:
        if getattr(values, name) and not _is_web_address(getattr(values, name)):
            return f"{name} begins with http:// or https://."
    for name in POSITIVE_NUMBERS:
        if getattr(values, name) < 1:
            return f"{name} is {getattr(values, name)}; it must be 1 or more."
    for name in NUMBERS:
        if not 0 <= getattr(values, name) < float("inf"):
            return f"{name} is {getattr(values, name)}; it must be 0 or more."
    for name in DOMAINS:
        if getattr(values, name) and not _DOMAIN.fullmatch(getattr(values, name)):
            return f"{name} is only a domain, such as reply.help.example, without @ and https://."
    if "/" in values.MAIL_SERVER or values.MAIL_SERVER.count(":") == 1:
        return "MAIL_SERVER is only a host, such as smtp.help.example; its port is MAIL_PORT."
    if values.MAIL_PORT > 65535:
        return f"MAIL_PORT is {values.MAIL_PORT}; it must be 65535 or less."
    mailbox = urlsplit(values.IMAP_URL) if _is_address(values.IMAP_URL) else urlsplit("")
    is_mailbox = mailbox.scheme in ("imap", "imaps") and _host_of(mailbox) and mailbox.username
    if values.IMAP_URL and not is_mailbox:
        return "IMAP_URL is imaps://user:password@host/folder, with / in a password written %2F."
    if not _DOMAIN.fullmatch(values.DKIM_SELECTOR):
        return "DKIM_SELECTOR is a name in DNS, such as helpdesk."
    if not _DOMAIN.fullmatch(values.MICROSOFT_OAUTH_TENANT):
        return "MICROSOFT_OAUTH_TENANT is a tenant's id or domain, organizations or common."
    for host in values.PRIVATE_PROVIDER_HOSTS:
        if "/" in host:
            return "PRIVATE_PROVIDER_HOSTS are only hosts, such as keycloak.internal, without https://."
    if any(len(key) < MIN_KEY_LENGTH for key in values.SECRET_KEY_FALLBACKS):
        return "SECRET_KEY_FALLBACKS has a key shorter than 32 characters; whoever guesses it can sign cookies."
    return None


def find_contradiction(values: Any, is_loopback: bool) -> str | None:
    """The first pair of settings that exclude or need each other, as a sentence; or None. ``is_loopback``: people reach
    the portal on this machine only.
    """
    for name in ("GOOGLE", "MICROSOFT"):
        if bool(getattr(values, f"{name}_OAUTH_CLIENT_ID")) != bool(getattr(values, f"{name}_OAUTH_CLIENT_SECRET")):
            return f"{name}_OAUTH_CLIENT_ID and {name}_OAUTH_CLIENT_SECRET go together."
        if getattr(values, f"{name}_OAUTH_URL") and not is_loopback:
            return f"{name}_OAUTH_URL names a simulated provider, which is for a portal on this machine only."
    if bool(values.MAIL_OAUTH_CLIENT_ID) != bool(values.MAIL_OAUTH_TOKEN_URL):
        return "MAIL_OAUTH_CLIENT_ID and MAIL_OAUTH_TOKEN_URL go together."
    if values.MAIL_USE_TLS and values.MAIL_USE_SSL:
        return "MAIL_USE_TLS and MAIL_USE_SSL exclude each other."
    if values.SLACK_BOT_TOKEN and not (values.SLACK_SIGNING_SECRET or values.SLACK_APP_TOKEN):
        return "SLACK_BOT_TOKEN needs SLACK_SIGNING_SECRET (or SLACK_APP_TOKEN for Socket Mode)."
    if values.WEBHOOKS_TO_LOOPBACK and not is_loopback:
        return "WEBHOOKS_TO_LOOPBACK is for a portal on this machine only."
    if values.TRUSTED_PROXIES < 0:
        return "TRUSTED_PROXIES cannot be negative."
    return None


def _is_address(url: str) -> bool:
    try:
        urlsplit(url).port  # noqa: B018 (raises for what is none)
    except ValueError:
        return False
    return True


def _is_web_address(url: str) -> bool:
    """Return whether ``url`` is an address by HTTP with a host."""
    return _is_address(url) and url.startswith(("http://", "https://")) and bool(_host_of(urlsplit(url)))


def _is_database(url: str) -> bool:
    from sqlalchemy.engine import make_url  # not needed by --help
    from sqlalchemy.exc import ArgumentError

    try:
        make_url(url)
    except (ArgumentError, ValueError):
        return False
    return True


def _host_of(parts: SplitResult) -> str | None:
    """Return the host; None if it is missing, or the port is not a number."""
    try:
        return parts.hostname if parts.port is None or parts.port else None
    except ValueError:
        return None
