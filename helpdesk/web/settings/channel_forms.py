"""The forms of Slack channels: connect one, and how replies from Slack are treated."""

from wtforms import BooleanField, RadioField, SelectField, StringField
from wtforms.validators import AnyOf, ValidationError

from helpdesk.domain.people import organizations
from helpdesk.web.form_base import Form, WholeNumberField, to_choices
from helpdesk.web.settings.settings_form import SettingsForm

READERS = [
    ("team", "Only the team", "It becomes the triage channel."),
    ("customer", "An organization", "Its people may read along; notes never go there."),
]


class ChannelForm(Form):
    """Which channel is connected to which organization or to the team."""

    channel = StringField("Channel")
    audience = RadioField(
        "Who reads it",
        [AnyOf(["team", "customer"], "Choose who reads the channel.")],
        choices=to_choices(READERS),
        validate_choice=False,
    )
    organization = SelectField("Organization", validate_choice=False, render_kw={"blank": "None", "required": False})

    def validate_organization(self, field: SelectField) -> None:
        """A customer's channel needs an organization."""
        if self.audience.data == "customer" and organizations.find_by_slug(field.data) is None:
            raise ValidationError("Choose whose channel it is.")


class SlackOptionsForm(SettingsForm):
    """How replies from Slack are treated."""

    undo_seconds = WholeNumberField(
        "Undo window, in seconds",
        description="So long the mail of an agent’s reply waits, and it can be made internal.",
    )
    assign_first_responder = BooleanField("Assign a ticket to the first who answers")
