"""The portal form: name, colour, sign-in methods, and whether the portal is open."""

from datetime import UTC

from wtforms import BooleanField, ColorField, SelectField, StringField
from wtforms.validators import Length, Optional, Regexp, ValidationError
from wtforms.widgets import DateTimeLocalInput

from helpdesk.domain import email_address
from helpdesk.domain.people.organization_choices import list_choices
from helpdesk.domain.portal import announcements
from helpdesk.models.setting import SETTINGS
from helpdesk.translation import gettext, lazy_gettext, lazy_pgettext, offered_languages
from helpdesk.web.form_base import to_choices
from helpdesk.web.settings.settings_form import SettingsForm, own_text_field

OPEN_OR_CLOSED = [
    ("external_helpdesk", lazy_gettext("Yes")),
    ("internal_helpdesk", lazy_gettext("No")),
]
PLANS = [(plan, plan.title()) for plan in SETTINGS["portal_plan"].choices]
SECOND_FACTOR = [
    ("nobody", lazy_gettext("For whoever wants it")),
    ("admins", lazy_gettext("Required of admins")),
    ("team", lazy_gettext("Required of the team")),
]
NAME_LENGTH = Length(1, 60, lazy_gettext("Enter a name of at most 60 characters."))


def _strip(text: str | None) -> str:
    return (text or "").strip()


def list_organizations() -> list[tuple[str, str]]:
    """Every organization as (short name, name)."""
    return [(each.slug, each.name) for each in list_choices(most=None)]


def _ensure_moment(field: StringField) -> None:
    if announcements.parse_moment(field.data, UTC) is None:
        raise ValidationError(gettext("Write a day and a time, like 2026-11-28T09:00."))


class LookFields:
    """The fields of the portal's look, for every form that has them."""

    portal_name = StringField(
        lazy_gettext("Portal name"),
        [NAME_LENGTH],
        [_strip],
        lazy_gettext("Shown in the header and in mails."),
        render_kw={"maxlength": "60"},
    )
    team_name = StringField(
        lazy_gettext("Team name"),
        [NAME_LENGTH],
        [_strip],
        lazy_gettext("What customers read as your name."),
        render_kw={"maxlength": "60"},
    )
    accent = ColorField(
        lazy_gettext("Accent colour"),
        [Regexp(r"#[0-9a-fA-F]{6}\Z", message=lazy_gettext("Choose a colour, like #2f5fd0."))],
        description=lazy_gettext("Made darker or lighter automatically where text on it would be hard to read."),
        render_kw={"width": "short"},
    )


class PortalForm(LookFields, SettingsForm):
    """The portal's appearance and its sign-in methods."""

    language = SelectField(
        lazy_gettext("Language"),
        choices=lambda: to_choices([(each.code, each.name) for each in offered_languages()]),
        validate_choice=False,
        description=lazy_gettext("For people who chose none and whose browser asks for none, and for Slack."),
    )
    welcome_text = own_text_field(
        lazy_gettext("Welcome"),
        description=lazy_gettext("Shown above the ways of signing in. Markdown works."),
    )
    announcement = StringField(
        lazy_gettext("Announcement"),
        [Optional(), Length(max=300, message=lazy_gettext("Write at most 300 characters."))],
        [_strip],
        lazy_gettext("A line above every page of your customers. Empty: none."),
        render_kw={"maxlength": "300"},
    )
    announcement_from = StringField(lazy_pgettext("time", "From"), [Optional()], [_strip], widget=DateTimeLocalInput())
    announcement_until = StringField(
        lazy_pgettext("time", "Until"), [Optional()], [_strip], widget=DateTimeLocalInput()
    )
    announcement_organization = SelectField(
        lazy_gettext("Who reads it"),
        [Optional()],
        choices=lambda: to_choices(list_organizations()),
        validate_choice=False,
        render_kw={"blank": lazy_gettext("All organizations")},
    )
    status_page_url = StringField(
        lazy_gettext("Status page"),
        [Optional(), Regexp(r"https?://[^\s]+\Z", message=lazy_gettext("Write an address that begins with https://."))],
        [_strip],
        lazy_gettext("Where customers see whether your service works. A link at the foot of their pages."),
    )
    show_hours = BooleanField(
        lazy_gettext("Say when the team is back"),
        description=lazy_gettext("On the filing page, outside business hours, in the customer’s own time."),
    )
    internal_domains = StringField(
        lazy_gettext("Our own mail domains"),
        [Optional()],
        [_strip],
        lazy_gettext(
            "They can never be an organization's. Separated by spaces; the team's and our mail's are always included."
        ),
        render_kw={"spellcheck": "false"},
    )
    sign_in_google = BooleanField(lazy_gettext("Google"))
    sign_in_microsoft = BooleanField(lazy_gettext("Microsoft"))
    sign_in_link = BooleanField(lazy_gettext("A link by mail"))
    second_factor_for = SelectField(
        lazy_gettext("Second factor"),
        choices=to_choices(SECOND_FACTOR),
        validate_choice=False,
        description=lazy_gettext(
            "Who of the team must have a passkey or an app, unless their provider asks for several factors."
        ),
    )
    portal_edition = SelectField(
        lazy_gettext("Portal open"),
        choices=to_choices(OPEN_OR_CLOSED),
        validate_choice=False,
        description=lazy_gettext("While it is closed, customers cannot sign in. The team can."),
    )
    portal_plan = SelectField(lazy_gettext("Plan"), choices=to_choices(PLANS), validate_choice=False)

    def validate_announcement_from(self, field: StringField) -> None:
        """It is a time."""
        _ensure_moment(field)

    def validate_announcement_until(self, field: StringField) -> None:
        """It is a time after the beginning."""
        _ensure_moment(field)
        if self.announcement_from.data and field.data <= self.announcement_from.data:
            raise ValidationError(gettext("It ends before it begins."))

    def validate_announcement_organization(self, field: SelectField) -> None:
        """It is an organization that was not merged into another meanwhile."""
        if field.data not in {slug for slug, _ in list_organizations()}:
            raise ValidationError(gettext("Choose an organization."))

    def validate_internal_domains(self, field: StringField) -> None:
        """Convert each domain to its canonical form."""
        domains = []
        for text in field.data.replace(",", " ").split():
            try:
                domains.append(email_address.canonical_domain(text))
            except ValueError as error:
                raise ValidationError(f"{text[:80]}: {error}") from None
        field.data = " ".join(domains)

    def validate_sign_in_link(self, field: BooleanField) -> None:
        """At least one sign-in method remains enabled."""
        if not (field.data or self.sign_in_google.data or self.sign_in_microsoft.data):
            raise ValidationError(gettext("Leave at least one way of signing in."))
