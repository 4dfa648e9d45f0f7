"""Every setting that comes from the environment, each with one line of explanation; read once, at the start.

Some may be entered by an admin instead (``entered_values``). What admins change at run time is in ``models.setting``.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from helpdesk import config_checks, open_connections, postgresql_url, var_folder

PACKAGE_FOLDER = Path(__file__).resolve().parent
MIGRATIONS_FOLDER = str(  # within an installed package, or beside it in a checkout
    next(path for path in (PACKAGE_FOLDER / "migrations", PACKAGE_FOLDER.parent / "migrations") if path.is_dir())
)


class UnsafeConfiguration(Exception):
    """The settings contradict each other or are unsafe; the text is one sentence for the operator."""


@dataclass(frozen=True)
class EnvironmentVariable:
    """One environment variable: its name, default, purpose, and the function that parses its text."""

    name: str
    default: Any
    why: str
    read: Callable[[str], Any] = str


def _parse_flag(text: str) -> bool:
    return text.strip().lower() in {"1", "true", "yes", "on"}


def _parse_list(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


ENVIRONMENT_VARIABLES = (
    EnvironmentVariable("SECRET_KEY", "", "Signs cookies and derives every other key; at least 32 characters."),
    EnvironmentVariable(
        "SECRET_KEY_FALLBACKS", (), "Earlier keys, still accepted after SECRET_KEY has changed.", _parse_list
    ),
    EnvironmentVariable(
        "PORTAL_BASE_URL",
        "http://127.0.0.1:5000",
        "The portal's public address; links in mail and Slack begin with it.",
    ),
    EnvironmentVariable(
        "TRUSTED_PROXIES", 0, "Number of proxies in front that set X-Forwarded-*; 0 ignores them.", int
    ),
    EnvironmentVariable("DATABASE_URL", "", "SQLAlchemy address of the database; empty means SQLite in VAR_DIR."),
    EnvironmentVariable(
        "DATABASE_CONNECTIONS", 8, "Most connections of one process to PostgreSQL; five of them stay open.", int
    ),
    EnvironmentVariable(
        "REDIS_URL", "redis://127.0.0.1:6379/0", "Redis or Valkey: wakes workers and carries live updates."
    ),
    EnvironmentVariable(
        "STORAGE_URL",
        "",
        "File storage: file:///a/folder or s3://bucket?endpoint=...; empty means VAR_DIR/files.",
    ),
    EnvironmentVariable(
        "CLAMD_URL",
        "",
        "Virus scanner: unix:///run/clamav/clamd.ctl or tcp://127.0.0.1:3310; empty means that files are not scanned.",
    ),
    EnvironmentVariable("VAR_DIR", "var", "Folder for the SQLite database, the demo's Redis and stored files."),
    EnvironmentVariable("SLACK_BOT_TOKEN", "", "Bot token of your Slack app; empty switches Slack off."),
    EnvironmentVariable("SLACK_SIGNING_SECRET", "", "Proves that a request comes from Slack."),
    EnvironmentVariable("SLACK_SIGNING_SECRET_OLD", "", "The former signing secret, accepted while Slack rotates it."),
    EnvironmentVariable(
        "SLACK_APP_TOKEN", "", "App-level token; receives events by Socket Mode instead of a public address."
    ),
    EnvironmentVariable(
        "SLACK_API_URL",
        "https://slack.com/api/",
        "Base address of Slack's Web API; the demo uses a simulator.",
    ),
    EnvironmentVariable("GOOGLE_OAUTH_CLIENT_ID", "", "Shows Sign in with Google when set."),
    EnvironmentVariable("GOOGLE_OAUTH_CLIENT_SECRET", "", "Goes with the client id."),
    EnvironmentVariable("GOOGLE_OAUTH_URL", "", "Base address of a simulated provider, for tests and the demo only."),
    EnvironmentVariable("MICROSOFT_OAUTH_CLIENT_ID", "", "Shows Sign in with Microsoft when set."),
    EnvironmentVariable("MICROSOFT_OAUTH_CLIENT_SECRET", "", "Goes with the client id."),
    EnvironmentVariable(
        "MICROSOFT_OAUTH_TENANT", "organizations", "Which accounts may sign in: a tenant id, organizations or common."
    ),
    EnvironmentVariable(
        "MICROSOFT_OAUTH_URL", "", "Base address of a simulated provider, for tests and the demo only."
    ),
    EnvironmentVariable("MAIL_SERVER", "", "SMTP host; while it is empty, mail waits in the outbox."),
    EnvironmentVariable("MAIL_PORT", 25, "SMTP port.", int),
    EnvironmentVariable("MAIL_USE_TLS", False, "STARTTLS, with the certificate checked.", _parse_flag),
    EnvironmentVariable("MAIL_USE_SSL", False, "TLS from the first byte, with the certificate checked.", _parse_flag),
    EnvironmentVariable("MAIL_USERNAME", "", "SMTP user, if the server requires one."),
    EnvironmentVariable("MAIL_PASSWORD", "", "SMTP password."),
    EnvironmentVariable(
        "MAIL_OAUTH_TOKEN_URL",
        "",
        "Where access tokens for the mail server and IMAP_URL's mailbox come from (XOAUTH2).",
    ),
    EnvironmentVariable(
        "MAIL_OAUTH_CLIENT_ID", "", "Your program at Microsoft or Google; with it no password of mail is used."
    ),
    EnvironmentVariable("MAIL_OAUTH_CLIENT_SECRET", "", "Goes with the client id."),
    EnvironmentVariable(
        "MAIL_OAUTH_REFRESH_TOKEN", "", "Google's refresh token; empty means client credentials, as Microsoft offers."
    ),
    EnvironmentVariable(
        "MAIL_OAUTH_SCOPE", "", "Scope of the tokens: https://outlook.office365.com/.default for Microsoft 365."
    ),
    EnvironmentVariable("MAIL_DEFAULT_SENDER", "", "The system address; the setting system_email overrides it."),
    EnvironmentVariable(
        "INBOUND_MAIL_SECRET", "", "Secret of POST /hooks/email; empty switches incoming mail by HTTP off."
    ),
    EnvironmentVariable("INBOUND_SES_TOPIC", "", "ARN of the SNS topic by which Amazon SES posts received mail."),
    EnvironmentVariable("INBOUND_MAILGUN_KEY", "", "Mailgun's HTTP webhook signing key, for mail of its routes."),
    EnvironmentVariable(
        "INBOUND_SENDGRID_KEY", "", "Public key of the security policy of SendGrid's Inbound Parse, if it has one."
    ),
    EnvironmentVariable(
        "INBOUND_MAIL_DOMAIN", "", "Domain of reply+token@ addresses; empty switches replies by mail off."
    ),
    EnvironmentVariable(
        "INBOUND_AUTHSERV_ID",
        "",
        "Server name in the Authentication-Results headers to trust (your incoming mail server).",
    ),
    EnvironmentVariable(
        "IMAP_URL", "", "imaps://user:password@host/folder to poll for incoming mail; empty means off."
    ),
    EnvironmentVariable(
        "DKIM_PRIVATE_KEY", "", "PEM key to sign outgoing mail with; empty means the mail server signs."
    ),
    EnvironmentVariable("DKIM_SELECTOR", "helpdesk", "DKIM selector: the DNS name of the public key."),
    EnvironmentVariable("WEB_PROCESSES", 2, "Number of web server processes.", int),
    EnvironmentVariable("WEB_THREADS", 64, "Threads of each web process: how many requests it handles at once.", int),
    EnvironmentVariable(
        "LIVE_STREAMS", 4000, "Live connections of each web process, one per browser; any further browser polls.", int
    ),
    EnvironmentVariable(
        "WORKER_PROCESSES",
        2,
        "Processes of `helpdesk worker` that deliver; half as many more, at least one, do other jobs.",
        int,
    ),
    EnvironmentVariable(
        "WORKER_THREADS",
        12,
        "Deliveries each of them makes at once; a Slack call or mail server that does not answer occupies one.",
        int,
    ),
    EnvironmentVariable(
        "HSTS_INCLUDE_SUBDOMAINS",
        False,
        "Have browsers use https for every subdomain of the portal's host, too, for a year.",
        _parse_flag,
    ),
    EnvironmentVariable("METRICS_TOKEN", "", "Bearer token for GET /metrics; empty switches /metrics off."),
    EnvironmentVariable(
        "DELIVERY_HOLD_OFF", 60, "Seconds before a Slack post with unknown result is searched for and retried.", int
    ),
    EnvironmentVariable(
        "INBOX_ORDER_WAIT", 0.5, "Seconds that a message from Slack waits for earlier ones that arrive later.", float
    ),
    EnvironmentVariable("DELIVERY_MAIL_HOLD_OFF", 600, "Seconds before a mail with unknown result is sent again.", int),
    EnvironmentVariable(
        "DELIVERY_LEASE", 180, "Seconds a worker has for one delivery or inbound event before another takes over.", int
    ),
    EnvironmentVariable(
        "WEBHOOKS_TO_LOOPBACK", False, "Let webhooks reach this machine; for tests and the demo only.", _parse_flag
    ),
    EnvironmentVariable("LOG_LEVEL", "INFO", "Python log level; secrets are redacted at every level."),
    EnvironmentVariable("LOG_FORMAT", "text", "text, or json: one object a line."),
    EnvironmentVariable(
        "ACCESS_LOG",
        True,
        "One line for each request: method, route, status, time; never a path or query.",
        _parse_flag,
    ),
)


class Config:
    """The settings of one process as attributes named like their variables; never changed after the start."""

    if TYPE_CHECKING:  # attributes are set from ENVIRONMENT_VARIABLES

        def __getattr__(self, name: str) -> Any: ...

    def __init__(self, values: Mapping[str, Any]) -> None:
        known = {setting.name: setting.default for setting in ENVIRONMENT_VARIABLES}
        unknown = set(values) - set(known)
        if unknown:
            raise UnsafeConfiguration(f"There is no setting {sorted(unknown)[0]}.")
        self.__dict__.update(known | dict(values))
        var = Path(self.VAR_DIR).resolve()
        self.VAR_DIR = str(var)
        self.DATABASE_URL = _normalize_database_url(self.DATABASE_URL or f"sqlite:///{var}/helpdesk.db")
        self.STORAGE_URL = self.STORAGE_URL or f"file://{var}/files"
        self.PORTAL_BASE_URL = self.PORTAL_BASE_URL.rstrip("/")
        _reject_unsafe(self)

    @property
    def is_https(self) -> bool:
        """Whether people reach the portal by https; cookies and HSTS depend on it."""
        return self.PORTAL_BASE_URL.startswith("https://")

    @property
    def is_sqlite(self) -> bool:
        return self.DATABASE_URL.startswith("sqlite")

    @property
    def portal_host(self) -> str:
        return urlsplit(self.PORTAL_BASE_URL).hostname or "localhost"

    def as_dict(self) -> dict[str, Any]:
        return dict(self.__dict__)

    def replace(self, values: Mapping[str, Any]) -> "Config":
        """These settings with others in place of some. Raises UnsafeConfiguration."""
        return Config(self.as_dict() | dict(values))


def load_config(environ: Mapping[str, str] = os.environ) -> Config:
    """Read every setting from ``environ``; ``NAME_FILE`` names a file with the value. Raises UnsafeConfiguration."""
    values = var_folder.read_values(Path(environ.get("VAR_DIR") or "var"))
    if environ.get("PORT", "").isdecimal():  # where "helpdesk serve" listens
        values["PORTAL_BASE_URL"] = f"http://127.0.0.1:{environ['PORT']}"
    for setting in ENVIRONMENT_VARIABLES:
        text = environ.get(setting.name) or None  # an empty variable is none, so that it hides no NAME_FILE
        path = environ.get(setting.name + "_FILE")
        if text is None and path:
            try:
                text = Path(path).read_text().strip()
            except OSError as error:
                raise UnsafeConfiguration(f"{setting.name}_FILE cannot be read: {error.strerror}.") from None
        if text is None:
            continue
        try:
            values[setting.name] = setting.read(text)
        except ValueError:
            raise UnsafeConfiguration(f"{setting.name} is not a number.") from None
    for name in ("OAUTHLIB_INSECURE_TRANSPORT", "FLASK_DEBUG"):
        if _parse_flag(environ.get(name, "")):
            raise UnsafeConfiguration(f"{name} switches protections off; unset it.")
    return Config(values)


_current: Config | None = None
_started_with: Config | None = None


def set_current(config: Config) -> None:
    """Make ``config`` the configuration that this process was started with."""
    global _current, _started_with
    _current = _started_with = config


def set_entered_values(values: Mapping[str, Any]) -> None:
    """Let ``values``, which an admin has entered, hold from now on. Raises UnsafeConfiguration."""
    global _current
    _current = started_with().replace(values) if values else started_with()


def started_with() -> Config:
    """The settings this process was started with."""
    assert _started_with is not None, "create_app() has not run"
    return _started_with


def current() -> Config:
    """The settings that hold now: those of the start, and what an admin has entered."""
    assert _current is not None, "create_app() has not run"
    return _current


def _normalize_database_url(url: str) -> str:
    if not postgresql_url.is_postgresql(url):
        return url
    try:
        return postgresql_url.normalize_url(url)
    except postgresql_url.InvalidDatabaseUrl as error:
        raise UnsafeConfiguration(str(error)) from None


def _reject_unsafe(config: Config) -> None:
    if mistake := config_checks.find_mistake(config) or open_connections.find_open_connection(config):
        raise UnsafeConfiguration(mistake)
    parts = urlsplit(config.PORTAL_BASE_URL)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UnsafeConfiguration("PORTAL_BASE_URL is not an http or https address.")
    if len(config.SECRET_KEY) < 32:
        raise UnsafeConfiguration("SECRET_KEY is missing or shorter than 32 characters.")
    loopback = parts.hostname in {"127.0.0.1", "localhost", "::1"}
    if parts.scheme == "http" and not loopback:
        what = "PORTAL_BASE_URL must be https unless it is on this machine; sign-in cookies would travel in the clear."
        raise UnsafeConfiguration(what)
    if "demo-only" in config.SECRET_KEY and not loopback:
        raise UnsafeConfiguration("SECRET_KEY is the demo's, which everybody knows.")
    if contradiction := config_checks.find_contradiction(config, loopback):
        raise UnsafeConfiguration(contradiction)
