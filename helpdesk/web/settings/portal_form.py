"""The portal form: name, colour, sign-in methods, edition and plan."""

from wtforms import BooleanField, ColorField, SelectField, StringField
from wtforms.validators import Length, Optional, Regexp, ValidationError

from helpdesk.domain.people import email_address
from helpdesk.models.setting import SETTINGS
from helpdesk.web.form_base import to_choices
from helpdesk.web.settings.settings_form import SettingsForm

EDITIONS = [("external_helpdesk", "External helpdesk"), ("internal_helpdesk", "Internal helpdesk")]
PLANS = [(plan, plan.title()) for plan in SETTINGS["portal_plan"].choices]
SECOND_FACTOR = [("nobody", "For whoever wants it"), ("admins", "Required of admins"), ("team", "Required of the team")]
NAME_LENGTH = Length(1, 60, "Enter a name of at most 60 characters.")


def _strip(text: str | None) -> str:
    return (text or "").strip()


class PortalForm(SettingsForm):
    """The portal's appearance and its sign-in methods."""

    portal_name = StringField(
        "Portal name", [NAME_LENGTH], [_strip], "Shown in the header and in mails.", render_kw={"maxlength": "60"}
    )
    team_name = StringField(
        "Team name", [NAME_LENGTH], [_strip], "What customers read as your name.", render_kw={"maxlength": "60"}
    )
    accent = ColorField(
        "Accent colour",
        [Regexp(r"#[0-9a-fA-F]{6}\Z", message="Choose a colour, like #2f5fd0.")],
        description="Made darker or lighter by itself where text on it would be hard to read.",
        render_kw={"width": "short"},
    )
    internal_domains = StringField(
        "Our own mail domains",
        [Optional()],
        [_strip],
        "They can never be an organization's. Separated by spaces; the team's and our mail's are always included.",
        render_kw={"spellcheck": "false"},
    )
    sign_in_google = BooleanField("Google")
    sign_in_microsoft = BooleanField("Microsoft")
    sign_in_link = BooleanField("A link by mail")
    second_factor_for = SelectField(
        "Second factor",
        choices=to_choices(SECOND_FACTOR),
        validate_choice=False,
        description="Who of the team must have a passkey or an app, unless their provider asks for several factors.",
    )
    portal_edition = SelectField("Edition", choices=to_choices(EDITIONS), validate_choice=False)
    portal_plan = SelectField("Plan", choices=to_choices(PLANS), validate_choice=False)

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
            raise ValidationError("Leave at least one way of signing in.")
