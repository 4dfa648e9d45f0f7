"""Every setting that comes from the environment, each with one line of explanation."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class EnvironmentVariable:
    """One environment variable: its name, default, purpose, and the function that parses its text."""

    name: str
    default: Any
    why: str
    read: Callable[[str], Any] = str


ON, OFF = {"1", "true", "yes", "on"}, {"", "0", "false", "no", "off"}


def parse_flag(text: str) -> bool:
    """Return whether ``text`` switches something on. Raises ValueError for what may be a typing mistake."""
    word = text.strip().lower()
    if word not in ON | OFF:
        raise ValueError("neither yes nor no")
    return word in ON


def parse_list(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


ENVIRONMENT_VARIABLES = (
    EnvironmentVariable("SECRET_KEY", "", "Signs cookies and derives every other key; at least 32 characters."),
    EnvironmentVariable(
        "SECRET_KEY_FALLBACKS", (), "Earlier keys, still accepted after SECRET_KEY has changed.", parse_list
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
        "DATABASE_REPLICA_URL",
        "",
        "A streaming replica of DATABASE_URL's PostgreSQL, for lists, search, review and exports; empty means none.",
    ),
    EnvironmentVariable(
        "DATABASE_CONNECTIONS", 8, "Most connections of one process to PostgreSQL. They stay open.", int
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
    EnvironmentVariable("MAIL_USE_TLS", False, "STARTTLS, with the certificate checked.", parse_flag),
    EnvironmentVariable("MAIL_USE_SSL", False, "TLS from the first byte, with the certificate checked.", parse_flag),
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
        "MAIL_RETURN_DOMAIN",
        "",
        "Domain of the addresses bounce+key@, to which each mail is returned if it cannot be delivered; empty: to its "
        "sender's address.",
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
        parse_flag,
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
        "WEBHOOKS_TO_LOOPBACK",
        False,
        "Let webhooks and sign-in connections reach this machine; for tests and the demo only.",
        parse_flag,
    ),
    EnvironmentVariable(
        "PRIVATE_PROVIDER_HOSTS",
        (),
        "Hosts on a private network that sign-in connections may call, such as your own Keycloak; by spaces.",
        parse_list,
    ),
    EnvironmentVariable("SENTRY_DSN", "", "Address of a Sentry project for errors; needs the extra sentry."),
    EnvironmentVariable(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "",
        "Where traces go by OTLP over HTTP, such as http://127.0.0.1:4318; needs the extra opentelemetry.",
    ),
    EnvironmentVariable("LOG_LEVEL", "INFO", "Python log level; secrets are redacted at every level."),
    EnvironmentVariable("LOG_FORMAT", "text", "text, or json: one object a line."),
    EnvironmentVariable(
        "ACCESS_LOG",
        True,
        "One line for each request: method, route, status, time; never a path or query.",
        parse_flag,
    ),
)
