"""The team's forms: an invitation, and a canned reply."""

from typing import Any

from wtforms import BooleanField, EmailField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import Optional

from helpdesk.domain import labels
from helpdesk.domain.tickets import canned_replies, macros
from helpdesk.translation import lazy_gettext
from helpdesk.web.form_base import Form, to_choices

ROLES = [
    ("agent", lazy_gettext("Agent"), lazy_gettext("Answers tickets.")),
    ("lead", lazy_gettext("Lead"), lazy_gettext("Also reads the reviews and works with the team's macros and views.")),
    ("admin", lazy_gettext("Admin"), lazy_gettext("Also decides the settings, and who may come in.")),
]
STATUSES = [(str(status), labels.TEAM_STATUS_LABELS[status]) for status in canned_replies.ALLOWED_STATUSES]


class InvitationForm(Form):
    """The person to invite into the team."""

    email = EmailField(lazy_gettext("Work email"), render_kw={"autocomplete": "off"})
    name = StringField(lazy_gettext("Name"), [Optional()], render_kw={"autocomplete": "off"})
    role = RadioField(lazy_gettext("Role"), choices=to_choices(ROLES), validate_choice=False)


class CannedReplyForm(Form):
    """A canned reply, also called macro; ``version`` is the version that was read."""

    version = HiddenField()
    title = StringField(lazy_gettext("Title"), render_kw={"maxlength": "80"})
    body = TextAreaField(
        lazy_gettext("Text"),
        [Optional()],
        description=lazy_gettext(
            "Markdown works. The variables below are replaced when the macro is inserted. Empty: it only sets values."
        ),
        render_kw={"rows": 8},
    )
    status = SelectField(
        lazy_gettext("Then set the status"),
        [Optional()],
        choices=to_choices(STATUSES),
        validate_choice=False,
        render_kw={"blank": lazy_gettext("Do not change")},
    )
    assignee = SelectField(
        lazy_gettext("Then assign to"),
        [Optional()],
        validate_choice=False,
        render_kw={"blank": lazy_gettext("Do not change")},
    )
    priority = SelectField(
        lazy_gettext("Then set the priority"),
        [Optional()],
        choices=to_choices([(str(each), label) for each, label in labels.PRIORITY_LABELS.items()]),
        validate_choice=False,
        render_kw={"blank": lazy_gettext("Do not change")},
    )
    tags = StringField(
        lazy_gettext("Then add tags"), [Optional()], description=lazy_gettext("Separate them with commas.")
    )
    shared = BooleanField(lazy_gettext("For the whole team"), description=lazy_gettext("Otherwise only you see it."))

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.assignee.choices = to_choices(macros.load_team_choices())
