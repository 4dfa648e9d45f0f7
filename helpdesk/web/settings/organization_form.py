"""The form of an organization: whom it admits, its channels, and how its people are written to."""

from typing import Any

from wtforms import BooleanField, EmailField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import Optional

from helpdesk.domain.people import organization_channels, organizations
from helpdesk.models.organization import Organization
from helpdesk.translation import gettext, lazy_gettext, offered_languages
from helpdesk.web.form_base import Form, to_choices

ADMITTED = [
    (
        "everybody",
        lazy_gettext("Everybody with an address at these domains"),
        lazy_gettext("And the addresses listed below."),
    ),
    ("listed", lazy_gettext("Only the addresses listed below")),
]
VISIBILITIES = [
    ("organization", lazy_gettext("All tickets of the organization")),
    ("own", lazy_gettext("Only their own tickets")),
]
STORED_NAMES = (
    "version",
    "name",
    "portal_enabled",
    "default_ticket_visibility",
    "microsoft_tenant",
    "from_address",
    "language",
    "notes",
)
LIST_NAMES = ("domains", "addresses", "slack_channels")


class OrganizationForm(Form):
    """An organization; ``version`` is the version that was read, of a new one there is none."""

    version = HiddenField()
    name = StringField(lazy_gettext("Name"), render_kw={"maxlength": "200"})
    portal_enabled = BooleanField(
        lazy_gettext("Portal open"),
        description=lazy_gettext(
            "Switched off, nobody of this organization is let in, and open pages end within a minute."
        ),
    )
    domains = TextAreaField(
        lazy_gettext("Mail domains"),
        [Optional()],
        description=lazy_gettext("One on each line, like globex.com. Compared exactly: a subdomain is another domain."),
        render_kw={"rows": 3, "spellcheck": "false"},
    )
    users = RadioField(lazy_gettext("Who is let in"), choices=to_choices(ADMITTED), validate_choice=False)
    addresses = TextAreaField(
        lazy_gettext("Listed addresses"),
        [Optional()],
        description=lazy_gettext("One on each line; they may be at any domain, free mail too."),
        render_kw={"rows": 4, "spellcheck": "false"},
    )
    default_ticket_visibility = RadioField(
        lazy_gettext("New people see"), choices=to_choices(VISIBILITIES), validate_choice=False
    )
    slack_channels = TextAreaField(
        lazy_gettext("Slack channels"),
        [Optional()],
        description=lazy_gettext(
            "Channel ids like C0123ABCD, one on each line. New tickets get their card in the first."
        ),
        render_kw={"rows": 2, "spellcheck": "false"},
    )
    microsoft_tenant = StringField(
        lazy_gettext("Microsoft directory"),
        [Optional()],
        description=lazy_gettext("With an id here, signing in with Microsoft works only from that directory (tenant)."),
        render_kw={"spellcheck": "false"},
    )
    from_address = EmailField(
        lazy_gettext("From address of mails"),
        [Optional()],
        description=lazy_gettext("Used only while own From addresses are switched on in the mail settings."),
    )
    language = SelectField(
        lazy_gettext("Language"),
        [Optional()],
        validate_choice=False,
        description=lazy_gettext("For people who chose none and whose browser asks for none."),
        render_kw={"blank": lazy_gettext("As everywhere")},
    )
    notes = TextAreaField(lazy_gettext("Notes for the team"), [Optional()], render_kw={"rows": 3})

    def prepare(self, organization: Organization | None) -> None:
        """Fill in what depends on the installation and on ``organization``."""
        self.language.choices = to_choices((each.code, each.name) for each in offered_languages())
        if len(self.language.choices) < 2:
            del self.language
        tenants = organizations.list_microsoft_tenants(organization) if organization is not None else []
        if tenants:
            self.microsoft_tenant.description = gettext(
                "With an id here, signing in with Microsoft works only from that directory (tenant). "
                "Seen so far: %(tenants)s.",
                tenants=", ".join(tenants),
            )

    def to_rules(self) -> dict[str, Any]:
        """Convert the typed texts to the domain's arguments."""
        rules = {name: value for name, value in self.data.items() if name not in ("users", "version")}
        for name in LIST_NAMES:
            rules[name] = rules[name].replace(",", " ").replace(";", " ").split()
        return rules | {"allowlist_only": self.users.data == "listed"}


def stored_form(organization: Organization) -> OrganizationForm:
    """Return the form with the stored values."""
    stored = {name: getattr(organization, name) for name in STORED_NAMES}
    lists = {
        "domains": "\n".join(row.domain for row in organization.domains),
        "addresses": "\n".join(row.email for row in organization.addresses),
        "slack_channels": "\n".join(organization_channels.list_channel_ids("slack_channels", organization)),
    }
    return OrganizationForm(data=stored | lists | {"users": "listed" if organization.allowlist_only else "everybody"})
