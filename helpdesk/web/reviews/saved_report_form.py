"""The form of a saved report: its name, when it is mailed, and to whom."""

from typing import Any

from wtforms import HiddenField, RadioField, SelectMultipleField, StringField
from wtforms.validators import Optional

from helpdesk.domain.reporting import saved_reports
from helpdesk.models.saved_report import SavedReport
from helpdesk.translation import lazy_gettext
from helpdesk.web.form_base import Form, to_choices


class SavedReportForm(Form):
    """One report; ``version`` is the version that was read."""

    version = HiddenField()
    name = StringField(lazy_gettext("Name"), render_kw={"maxlength": "80"})
    schedule = RadioField(
        lazy_gettext("Mail it"),
        choices=to_choices([("", lazy_gettext("Never")), *saved_reports.SCHEDULE_LABELS.items()]),
        validate_choice=False,
    )
    recipients = SelectMultipleField(lazy_gettext("To whom"), [Optional()], validate_choice=False)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        people = saved_reports.list_possible_recipients()
        self.recipients.choices = to_choices([(str(user.id), user.display_name) for user in people])

    @classmethod
    def of(cls, saved: SavedReport) -> "SavedReportForm":
        """Return the form with the values of a saved report."""
        people = [str(user.id) for user in saved.recipients]
        values = {"name": saved.name, "schedule": saved.schedule or "", "recipients": people}
        return cls(data={"version": str(saved.version), **values})
