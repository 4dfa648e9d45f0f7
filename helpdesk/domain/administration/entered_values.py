"""Values of environment variables that an admin has entered in the browser: what may be, and what holds.

They are rows of ``settings`` whose keys begin with ENTERED_PREFIX, encrypted. The environment wins: a connection of
which it names any variable is the environment's as a whole, so that values of two accounts are never mixed.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from helpdesk import config, encryption, logging_setup
from helpdesk.environment_variables import ENVIRONMENT_VARIABLES
from helpdesk.key_derivation import Purpose
from helpdesk.models.setting import ENTERED_PREFIX
from helpdesk.translation import lazy_gettext

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Connection:
    """A group of environment variables that belong together; the ``required`` ones are needed for it to work."""

    name: str
    title: Any
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def variables(self) -> tuple[str, ...]:
        return self.required + self.optional


CONNECTIONS = {
    connection.name: connection
    for connection in (
        Connection("slack", "Slack", ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET")),
        Connection("google", "Google", ("GOOGLE_OAUTH_CLIENT_ID", "GOOGLE_OAUTH_CLIENT_SECRET")),
        Connection(
            "microsoft",
            "Microsoft",
            ("MICROSOFT_OAUTH_CLIENT_ID", "MICROSOFT_OAUTH_CLIENT_SECRET"),
            ("MICROSOFT_OAUTH_TENANT",),
        ),
        Connection(
            "mail",
            lazy_gettext("Outgoing mail"),
            ("MAIL_SERVER",),
            ("MAIL_PORT", "MAIL_USE_TLS", "MAIL_USE_SSL", "MAIL_USERNAME", "MAIL_PASSWORD"),
        ),
        Connection(
            "inbound_mail",
            lazy_gettext("Incoming mail"),
            ("INBOUND_MAIL_DOMAIN",),
            (
                "IMAP_URL",
                "INBOUND_MAIL_SECRET",
                "INBOUND_AUTHSERV_ID",
                "INBOUND_SES_TOPIC",
                "INBOUND_MAILGUN_KEY",
                "INBOUND_SENDGRID_KEY",
            ),
        ),
    )
}
_VARIABLES = {variable.name: variable for variable in ENVIRONMENT_VARIABLES}
_applied: tuple[config.Config, dict[str, Any]] | None = None  # the settings of the start, and the rows in force


def list_environment_names(connection: Connection) -> list[str]:
    """Return the variables of ``connection`` that the environment sets."""
    start = config.started_with()
    return [name for name in connection.variables if getattr(start, name) != _VARIABLES[name].default]


def apply(rows: Mapping[str, Any]) -> None:
    """Let the entered values among ``rows`` of the settings hold in this process, unless the environment sets them."""
    global _applied
    stored = {key: value for key, value in rows.items() if key.startswith(ENTERED_PREFIX)}
    if _applied is not None and _applied[0] is config.started_with() and _applied[1] == stored:
        return
    texts = decrypt(stored)
    values: dict[str, Any] = {}
    for connection in CONNECTIONS.values():
        own = {name: texts[name] for name in connection.variables if name in texts}
        if own and all(name in own for name in connection.required) and not list_environment_names(connection):
            values |= parse(own)
    try:
        config.set_entered_values(values)
    except config.UnsafeConfiguration as error:
        log.error("What was entered under Set-up is not used: %s", error)
        config.set_entered_values({})
    logging_setup.redact_secrets(config.current())
    _applied = (config.started_with(), stored)


def decrypt(stored: Mapping[str, Any]) -> dict[str, str]:
    """Return the values by variable of rows by key; one whose SECRET_KEY is no longer accepted is missing."""
    texts = {key: encryption.decrypt(Purpose.CONNECTION, str(value)) for key, value in stored.items()}
    return {key.removeprefix(ENTERED_PREFIX): text for key, text in texts.items() if text}


def parse(texts: Mapping[str, str]) -> dict[str, Any]:
    """Convert texts to the types of their variables. Raises ValueError."""
    return {name: _VARIABLES[name].read(text) for name, text in texts.items()}
