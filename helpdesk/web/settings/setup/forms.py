"""The forms of the set-up checklist. A field that is a secret never shows what is stored or was typed."""

from collections.abc import Mapping
from typing import Any

from wtforms import PasswordField, SelectField, StringField
from wtforms.validators import Optional, Regexp, ValidationError

from helpdesk.domain import email_address
from helpdesk.translation import gettext, lazy_gettext
from helpdesk.web.form_base import Form, to_choices
from helpdesk.web.settings.portal_form import LookFields

PLAIN = {"spellcheck": "false", "autocomplete": "off", "autocapitalize": "off"}


def _strip(text: str | None) -> str:
    return (text or "").strip()


class SecretField(PasswordField):
    """A secret: the page gets a field without a value. Left empty, what is stored stays."""

    def _value(self) -> str:
        return ""


class LookForm(LookFields, Form):
    """The names that customers read, and the colour."""


class OrganizationForm(Form):
    """A customer company and the mail domains of its people."""

    name = StringField(lazy_gettext("Name of the company"), filters=[_strip])
    domains = StringField(
        lazy_gettext("Its mail domains"),
        filters=[_strip],
        description=lazy_gettext("Whoever has a proven address there may sign in. Separated by spaces."),
        render_kw={"spellcheck": "false", "required": False},
    )


class ConnectionForm(Form):
    """Fields named like the variables of a connection; ``stored`` are the values entered before."""

    secrets: tuple[str, ...] = ()

    def __init__(self, formdata: Any = None, *, stored: Mapping[str, str], **options: Any) -> None:
        self.stored = stored
        super().__init__(formdata, **options)
        for name in self.secrets:
            if stored.get(name):
                self[name].description = gettext("Stored. Leave it empty to keep it.")
                self[name].render_kw = {**(self[name].render_kw or {}), "required": False}

    def read_values(self) -> dict[str, str]:
        """Return the values by variable, with the stored secrets where none was typed."""
        return {
            field.name: field.data or (self.stored.get(field.name, "") if self.is_secret(field) else "")
            for field in self
        }

    def is_secret(self, field: Any) -> bool:
        return field.name in self.secrets


class SlackForm(ConnectionForm):
    """The two values of the Slack app."""

    secrets = ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET")
    SLACK_BOT_TOKEN = SecretField(
        lazy_gettext("Bot User OAuth Token"),
        [Optional(), Regexp(r"\s*xoxb-\S+\s*\Z", message=lazy_gettext("A bot token begins with xoxb-."))],
        [_strip],
        lazy_gettext("OAuth & Permissions; begins with xoxb-."),
        render_kw={**PLAIN, "required": True},  # Optional skips the pattern where a stored one stays
    )
    SLACK_SIGNING_SECRET = SecretField(
        lazy_gettext("Signing Secret"),
        filters=[_strip],
        description=lazy_gettext("Basic Information, App Credentials."),
        render_kw=PLAIN,
    )


class GoogleForm(ConnectionForm):
    """An OAuth client of Google."""

    secrets = ("GOOGLE_OAUTH_CLIENT_SECRET",)
    GOOGLE_OAUTH_CLIENT_ID = StringField(lazy_gettext("Client ID"), filters=[_strip], render_kw=PLAIN)
    GOOGLE_OAUTH_CLIENT_SECRET = SecretField(lazy_gettext("Client secret"), filters=[_strip], render_kw=PLAIN)


class MicrosoftForm(ConnectionForm):
    """An app registration of Microsoft Entra."""

    secrets = ("MICROSOFT_OAUTH_CLIENT_SECRET",)
    MICROSOFT_OAUTH_CLIENT_ID = StringField(lazy_gettext("Application (client) ID"), filters=[_strip], render_kw=PLAIN)
    MICROSOFT_OAUTH_CLIENT_SECRET = SecretField(
        lazy_gettext("Client secret"),
        filters=[_strip],
        description=lazy_gettext("The secret's Value, not its ID."),
        render_kw=PLAIN,
    )
    MICROSOFT_OAUTH_TENANT = StringField(
        lazy_gettext("Tenant"),
        filters=[_strip],
        description=lazy_gettext("Empty: work and school accounts of every company (organizations)."),
        render_kw={**PLAIN, "required": False},
    )


class MailServerForm(ConnectionForm):
    """The server that sends our mail, and the address that it comes from."""

    secrets = ("MAIL_PASSWORD",)
    MAIL_SERVER = StringField(lazy_gettext("Mail server"), filters=[_strip], render_kw=PLAIN)
    security = SelectField(
        lazy_gettext("Encryption"),
        choices=to_choices(
            [("starttls", "STARTTLS (587)"), ("tls", "TLS (465)"), ("none", lazy_gettext("None, on this machine only"))]
        ),
        validate_choice=False,
        default="starttls",
    )
    MAIL_PORT = StringField(
        lazy_gettext("Port"),
        [Optional(), Regexp(r"\s*[1-9][0-9]{0,4}\s*\Z", message=lazy_gettext("The port is a number."))],
        [_strip],
        lazy_gettext("Empty: the one that belongs to the encryption."),
        render_kw={"width": "short", "inputmode": "numeric", "required": False},
    )
    MAIL_USERNAME = StringField(lazy_gettext("User name"), filters=[_strip], render_kw={**PLAIN, "required": False})
    MAIL_PASSWORD = SecretField(lazy_gettext("Password"), filters=[_strip], render_kw={**PLAIN, "required": False})
    system_email = StringField(
        lazy_gettext("Mail comes from"),
        filters=[_strip],
        description=lazy_gettext("An address of your own domain, which the mail server may send for."),
        render_kw={"spellcheck": "false"},
    )

    def validate_system_email(self, field: StringField) -> None:
        """Convert the address to its canonical form."""
        try:
            field.data = email_address.canonical_address(field.data)
        except ValueError as error:
            raise ValidationError(str(error)) from None

    def read_values(self) -> dict[str, str]:
        """Return the variables of the mail server; encryption is two of them."""
        values = super().read_values()
        security = values.pop("security") or "none"
        del values["system_email"]
        port = values["MAIL_PORT"] or {"starttls": "587", "tls": "465"}.get(security, "25")
        return values | {
            "MAIL_PORT": port,
            "MAIL_USE_TLS": "1" if security == "starttls" else "",
            "MAIL_USE_SSL": "1" if security == "tls" else "",
        }


class InboundMailForm(ConnectionForm):
    """How answers by mail come in: a mailbox that is read, or a mail server that posts them."""

    secrets = ("IMAP_URL", "INBOUND_MAIL_SECRET")
    INBOUND_MAIL_DOMAIN = StringField(
        lazy_gettext("Domain of reply addresses"),
        filters=[_strip],
        description=lazy_gettext("One of its own, such as reply.your-company.example, whose mail comes to you."),
        render_kw=PLAIN,
    )
    IMAP_URL = SecretField(
        lazy_gettext("Mailbox to read"),
        filters=[_strip],
        description=lazy_gettext("imaps://user:password@host/folder; signs such as @ in a password are written %40."),
        render_kw={**PLAIN, "required": False},
    )
    INBOUND_MAIL_SECRET = SecretField(
        lazy_gettext("Or the secret with which a mail server posts to /hooks/email"),
        filters=[_strip],
        render_kw={**PLAIN, "required": False},
    )
    INBOUND_AUTHSERV_ID = StringField(
        lazy_gettext("Name in Authentication-Results"),
        filters=[_strip],
        description=lazy_gettext("Of your own border mail server. Empty: senders are checked here, by DKIM and DMARC."),
        render_kw={**PLAIN, "required": False},
    )

    def validate_INBOUND_MAIL_DOMAIN(self, field: StringField) -> None:  # noqa: N802, named like its field
        """It is a domain."""
        try:
            field.data = email_address.canonical_domain(field.data)
        except ValueError as error:
            raise ValidationError(str(error)) from None

    def validate_INBOUND_MAIL_SECRET(self, field: SecretField) -> None:  # noqa: N802, named like its field
        """One of the two ways is needed."""
        if not any(self[name].data or self.stored.get(name) for name in self.secrets):
            raise ValidationError(gettext("Enter a mailbox or a secret."))


class TestTicketForm(Form):
    """Who plays the customer of the test ticket."""

    __test__ = False  # no test, whatever pytest makes of the name
    email = StringField(
        lazy_gettext("Email address of the test customer"),
        filters=[_strip],
        description=lazy_gettext("A second address of yours or a colleague's private one. The mails go there."),
        render_kw={"spellcheck": "false"},
    )
    organization = SelectField(lazy_gettext("Organization"), validate_choice=False)


CONNECTION_FORMS: dict[str, type[ConnectionForm]] = {
    "slack": SlackForm,
    "google": GoogleForm,
    "microsoft": MicrosoftForm,
    "mail": MailServerForm,
    "inbound_mail": InboundMailForm,
}


def make_connection_form(
    name: str, stored: Mapping[str, str], system_email: str, formdata: Any = None
) -> ConnectionForm:
    """Return the form of the connection ``name`` with what is stored, or with what was sent."""
    data: dict[str, str] = dict(stored)
    if name == "mail":
        flags = [key for key, flag in (("starttls", "MAIL_USE_TLS"), ("tls", "MAIL_USE_SSL")) if stored.get(flag)]
        data |= {"security": (flags or ["none" if stored else "starttls"])[0], "system_email": system_email}
    return CONNECTION_FORMS[name](formdata, stored=stored, data=data)
