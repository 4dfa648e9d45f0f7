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
    """How long replies can be undone, and who is assigned."""

    undo_seconds = WholeNumberField(
        "Undo time for replies from Slack, in seconds",
        description="How long the mail of an agent’s reply waits. Until then the reply can be made internal.",
    )
    web_undo_seconds = WholeNumberField(
        "Undo time for replies from the desk, in seconds",
        description="How long mail and Slack wait, so that the agent can undo the reply. 0 sends at once.",
    )
    slack_undo_mode = SelectField(
        "Until then a reply from Slack is",
        default="at_once",
        choices=to_choices(
            [
                ("at_once", "in the portal and the customer’s channel at once; only mail waits"),
                ("hold", "seen by the team only"),
            ]
        ),
    )
    slack_customer_messages = SelectField(
        "A customer’s message outside a ticket’s thread",
        default="ask",
        choices=to_choices(
            [
                ("ask", "They are asked whether it is a ticket"),
                ("always", "Is always a ticket"),
                ("never", "Is never a ticket; they are informed"),
            ]
        ),
    )
    on_call_group = StringField(
        "Slack user group on call",
        description="Its id, like S0123ABCD. It is mentioned for an urgent ticket that nobody has. Empty: nobody is.",
        render_kw={"required": False},
    )
    assign_first_responder = BooleanField("Assign an unassigned ticket to the first agent who answers")
