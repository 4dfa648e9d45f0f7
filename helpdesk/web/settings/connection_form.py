"""The form of a sign-in connection; the domain validates its values."""

from datetime import UTC, datetime
from typing import cast

from wtforms import BooleanField, DateField, PasswordField, SelectField, StringField, TextAreaField
from wtforms.validators import Optional

from helpdesk.database.row_ids import parse_id
from helpdesk.domain.authentication.connections import administration, roles
from helpdesk.domain.authentication.connections.values import ConnectionValues
from helpdesk.domain.errors import DomainError
from helpdesk.models.sign_in_connection import SignInConnection
from helpdesk.translation import lazy_gettext
from helpdesk.web.form_base import Form, to_choices

UNCHECKED = {"spellcheck": "false", "autocapitalize": "none"}


class ConnectionForm(Form):
    """A connection: its provider, our client there, its domains, and what it may decide."""

    name = StringField(
        lazy_gettext("Name"),
        description=lazy_gettext("What its people read on the button, such as Globex or Okta."),
        render_kw={"maxlength": "80"},
    )
    client_id = StringField(lazy_gettext("Client ID"), render_kw=UNCHECKED | {"maxlength": "255"})
    client_secret = PasswordField(
        lazy_gettext("Client secret"),
        [Optional()],
        description=lazy_gettext("Kept encrypted and never shown. Empty keeps the one that is stored."),
        render_kw={"autocomplete": "off"},
    )
    secret_expires_at = DateField(
        lazy_gettext("The secret runs out on"),
        [Optional()],
        description=lazy_gettext("Two weeks before, the list of connections says so. Entra ID gives secrets that end."),
    )
    tenant = StringField(
        lazy_gettext("Workspace"),
        [Optional()],
        description=lazy_gettext("Of Slack only: the id of your workspace, like T0123ABCD."),
        render_kw=UNCHECKED | {"maxlength": "64", "width": "short"},
    )
    domains = TextAreaField(
        lazy_gettext("Mail domains it may speak for"),
        [Optional()],
        description=lazy_gettext("One on each line. Each has to be proven before it counts; free mail never does."),
        render_kw={"rows": 3, "spellcheck": "false"},
    )
    role_rules = TextAreaField(
        lazy_gettext("What a group or claim gives"),
        [Optional()],
        description=lazy_gettext(
            "One rule on each line, the first that fits holds, asked at each sign-in: groups = Support : agent. "
            "Customers get organization, own or organization-admin; the team agent, lead or admin."
        ),
        render_kw={"rows": 3, "spellcheck": "false"},
    )
    session_hours = StringField(
        lazy_gettext("Longest session, in hours"),
        [Optional()],
        description=lazy_gettext("Then they sign in again. Empty is as long as everywhere."),
        render_kw={"width": "short", "inputmode": "numeric"},
    )
    redirects_at_once = BooleanField(
        lazy_gettext("Send whoever enters such an address straight to the provider"),
        description=lazy_gettext(
            "Without it they get a mail with the button. "
            "With it strangers can find out that an address is a customer’s."
        ),
    )
    logs_out_at_provider = BooleanField(lazy_gettext("Signing out here signs out at the provider too"))
    is_active = BooleanField(lazy_gettext("Switched on"))

    def add_refusal(self, error: DomainError) -> None:
        """Add the messages of ``error``; the secret is not sent back."""
        super().add_refusal(error)
        self.client_secret.data = ""

    def read_values(self) -> ConnectionValues:
        """The values as the domain takes them."""
        values = dict(self.data)
        day, hours = values["secret_expires_at"], (values["session_hours"] or "").strip()
        values["secret_expires_at"] = datetime(day.year, day.month, day.day, tzinfo=UTC) if day else None
        values["session_hours"] = (parse_id(hours) or -1) if hours else None
        values["domains"] = (values["domains"] or "").replace(",", " ").split()
        values["role_rules"] = values["role_rules"] or ""
        return cast(ConnectionValues, values)


class NewConnectionForm(ConnectionForm):
    """A new connection: also what stays as it is, the kind of provider and its issuer."""

    preset = SelectField(
        lazy_gettext("Kind of provider"),
        choices=to_choices(administration.PRESET_LABELS.items()),
        validate_choice=False,
    )
    issuer = StringField(
        lazy_gettext("Issuer"),
        [Optional()],
        description=lazy_gettext(
            "The address below which the provider has its discovery document, such as https://login.globex.com. "
            "It cannot be changed later. Google and Slack have one of their own."
        ),
        render_kw=UNCHECKED | {"placeholder": "https://", "maxlength": "255"},
    )


def make_form(connection: SignInConnection) -> ConnectionForm:
    """The form with the stored values of ``connection``."""
    names = ("name", "client_id", "tenant", "redirects_at_once", "logs_out_at_provider", "is_active")
    return ConnectionForm(
        data={name: getattr(connection, name) for name in names}
        | {
            "domains": "\n".join(row.domain for row in connection.domains),
            "role_rules": roles.format_rules(connection.role_rules),
            "session_hours": str(connection.session_hours or ""),
            "secret_expires_at": connection.secret_expires_at.date() if connection.secret_expires_at else None,
        }
    )
