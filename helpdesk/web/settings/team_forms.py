"""The team's forms: an invitation, and a canned reply."""

from wtforms import BooleanField, EmailField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import Optional

from helpdesk.domain import labels
from helpdesk.domain.tickets import canned_replies
from helpdesk.web.form_base import Form, to_choices

ROLES = [
    ("agent", "Agent", "Answers tickets."),
    ("lead", "Lead", "Also reads the reviews and works with the team's replies and views."),
    ("admin", "Admin", "Also decides the settings, and who may come in."),
]
STATUSES = [(str(status), labels.status_label(status)) for status in canned_replies.ALLOWED_STATUSES]


class InvitationForm(Form):
    """The person to invite into the team."""

    email = EmailField("Work email", render_kw={"autocomplete": "off"})
    name = StringField("Name", [Optional()], render_kw={"autocomplete": "off"})
    role = RadioField("Role", choices=to_choices(ROLES), validate_choice=False)


class CannedReplyForm(Form):
    """A canned reply; ``version`` is the version that was read."""

    version = HiddenField()
    title = StringField("Title", render_kw={"maxlength": "80"})
    body = TextAreaField(
        "Text",
        description="Markdown works. The variables below are replaced when the reply is inserted.",
        render_kw={"rows": 8},
    )
    status = SelectField(
        "Then set the status",
        [Optional()],
        choices=to_choices(STATUSES),
        validate_choice=False,
        render_kw={"blank": "Leave it"},
    )
    shared = BooleanField("For the whole team", description="Otherwise only you see it.")
