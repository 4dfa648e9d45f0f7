"""Logging to standard error, with every secret redacted."""

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime

from helpdesk import config

_context: ContextVar[dict[str, object]] = ContextVar("log_context", default={})  # noqa: B039, never changed in place
NOISY_LOGGERS = ("flask_dance", "oauthlib", "requests_oauthlib", "slack_sdk", "smtplib", "urllib3", "botocore", "rq")
SECRET_PATTERN = re.compile(
    r"""(?x)
    xox[a-z]-[\w-]+ | xapp-[\w-]+                               # Slack's tokens
    | (?i:bearer\s+)[\w.~+/=-]+
    | (?i:\b(?:code|state|token|nonce|client_secret|code_verifier|id_token|access_token|password|secret)=)[^\s&"']+
    | (?i:/sign-in/link/)[\w-]+ | (?i:/unsubscribe/\d+/)[\w-]+
    | (?i:cookie:\s*)[^\r\n]+ | (?i:AUTH\s+(?:PLAIN|LOGIN)\s+)\S+
    | (?:rediss?|postgres(?:ql)?(?:\+psycopg)?|imaps?)://[^\s@/]*:[^\s@/]*@
    """
)


def set_context(**values: object) -> None:
    """Have every line that this thread logs from now on show ``values``: the id of a request, of a delivery."""
    _context.set(values)


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, and the context as further members."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_context.get(),
        }
        if record.exc_text or record.exc_info:
            entry["exception"] = record.exc_text or self.formatException(record.exc_info)
        return json.dumps(entry, default=str)


class TextFormatter(logging.Formatter):
    """A line for people, which ends with the context in brackets."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        context = " ".join(f"{name}={value}" for name, value in _context.get().items())
        record.message = record.message.replace("\n", "\\n")  # one line an event, whatever a server's answer has in it
        return super().formatMessage(record) + (f" [{context}]" if context else "")


class SecretFilter(logging.Filter):
    """Redact secrets in a record's formatted text, tracebacks included."""

    def __init__(self, secrets: tuple[str, ...] = ()):
        super().__init__()
        self.secrets = tuple(secret for secret in secrets if len(secret) >= 8)

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = self.clean(record.getMessage())
        record.args = ()
        if record.exc_info or record.exc_text:
            # Another handler may have stored its own text of the traceback in the record already.
            record.exc_text = self.clean(record.exc_text or logging.Formatter().formatException(record.exc_info))
        return True

    def clean(self, text: str) -> str:
        """Return ``text`` without secrets: those of the configuration, and whatever matches SECRET_PATTERN."""
        for secret in self.secrets:
            text = text.replace(secret, "[secret]")
        return SECRET_PATTERN.sub("[secret]", text)


def configure_logging(configuration: config.Config) -> None:
    """Log to standard error at LOG_LEVEL. Libraries that log secrets at DEBUG are limited to INFO."""
    handler = logging.StreamHandler()
    text_format = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    handler.setFormatter(JsonFormatter() if configuration.LOG_FORMAT == "json" else TextFormatter(text_format))
    handler.addFilter(SecretFilter(_list_secrets(configuration)))
    handler.name = "helpdesk"
    root = logging.getLogger()
    for other in [other for other in root.handlers if other.name == "helpdesk"]:
        root.removeHandler(other)
    root.addHandler(handler)
    root.setLevel(configuration.LOG_LEVEL.upper())
    for name in NOISY_LOGGERS:
        logging.getLogger(name).setLevel(max(logging.WARNING if name == "rq" else logging.INFO, root.level))
    # Its warnings are about connections that broke, each of which raises an error as well.
    logging.getLogger("psycopg").setLevel(max(logging.ERROR, root.level))


def redact_secrets(configuration: config.Config) -> None:
    """Redact the secrets of ``configuration`` from now on, besides those that were redacted before."""
    for handler in logging.getLogger().handlers:
        for secret_filter in handler.filters:
            if isinstance(secret_filter, SecretFilter):
                known = dict.fromkeys((*secret_filter.secrets, *_list_secrets(configuration)))
                secret_filter.secrets = tuple(secret for secret in known if len(secret) >= 8)


def clean(text: str) -> str:
    """Return ``text`` without secrets, as a line of the log."""
    filters = [each for handler in logging.getLogger().handlers for each in handler.filters]
    for secret_filter in filters:
        if isinstance(secret_filter, SecretFilter):
            text = secret_filter.clean(text)
    return text


def _list_secrets(configuration: config.Config) -> tuple[str, ...]:
    return tuple(
        str(value)
        for name, value in configuration.as_dict().items()
        if value and isinstance(value, str) and name.endswith(("_KEY", "_SECRET", "_SECRET_OLD", "_TOKEN", "_PASSWORD"))
    )
