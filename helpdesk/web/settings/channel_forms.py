"""The forms of Slack channels: connect one, and how replies from Slack are treated."""

from wtforms import BooleanField, RadioField, SelectField, StringField
from wtforms.validators import AnyOf, ValidationError

from helpdesk.domain.people import organizations
from helpdesk.translation import gettext, lazy_gettext, lazy_pgettext
from helpdesk.web.form_base import Form, WholeNumberField, to_choices
from helpdesk.web.settings.settings_form import SettingsForm

AUDIENCES = [
    ("team", lazy_gettext("Only the team"), lazy_gettext("It becomes the triage channel.")),
    ("customer", lazy_gettext("An organization"), lazy_gettext("Its people may read along; notes never go there.")),
]


class ChannelForm(Form):
    """Which channel is connected to which organization or to the team."""

    channel = StringField(lazy_gettext("Channel"))
    audience = RadioField(
        lazy_gettext("Who reads it"),
        [AnyOf(["team", "customer"], lazy_gettext("Choose who reads the channel."))],
        choices=to_choices(AUDIENCES),
        validate_choice=False,
    )
    organization = SelectField(
        lazy_gettext("Organization"),
        validate_choice=False,
        render_kw={"blank": lazy_pgettext("Slack channel", "None"), "required": False},
    )

    def validate_organization(self, field: SelectField) -> None:
        """A customer's channel needs an organization."""
        if self.audience.data == "customer" and organizations.find_by_slug(field.data) is None:
            raise ValidationError(gettext("Choose whose channel it is."))


class SlackOptionsForm(SettingsForm):
    """How long replies can be undone, and who is assigned."""

    undo_seconds = WholeNumberField(
        lazy_gettext("Undo time for replies from Slack, in seconds"),
        description=lazy_gettext(
            "How long the mail of an agent’s reply waits. Until then the reply can be made internal."
        ),
    )
    web_undo_seconds = WholeNumberField(
        lazy_gettext("Undo time for replies from the desk, in seconds"),
        description=lazy_gettext(
            "How long mail and Slack wait, so that the agent can undo the reply. 0 sends at once."
        ),
    )
    slack_undo_mode = SelectField(
        lazy_gettext("Until then a reply from Slack is"),
        default="at_once",
        choices=to_choices(
            [
                ("at_once", lazy_gettext("in the portal and the customer’s channel at once; only mail waits")),
                ("hold", lazy_gettext("seen by the team only")),
            ]
        ),
    )
    slack_customer_messages = SelectField(
        lazy_gettext("A customer’s message outside a ticket’s thread"),
        default="ask",
        choices=to_choices(
            [
                ("ask", lazy_gettext("They are asked whether it is a ticket")),
                ("always", lazy_gettext("Is always a ticket")),
                ("never", lazy_gettext("Is never a ticket; they are informed")),
            ]
        ),
    )
    on_call_group = StringField(
        lazy_gettext("Slack user group on call"),
        description=lazy_gettext(
            "Its id, like S0123ABCD. It is mentioned for an urgent ticket that nobody has. Empty: nobody is."
        ),
        render_kw={"required": False},
    )
    assign_first_responder = BooleanField(lazy_gettext("Assign an unassigned ticket to the first agent who answers"))
