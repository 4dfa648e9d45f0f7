"""The form of automatic closing."""

from wtforms.validators import ValidationError

from helpdesk.translation import gettext, lazy_gettext
from helpdesk.web.form_base import WholeNumberField
from helpdesk.web.settings.settings_form import SettingsForm


class ClosingForm(SettingsForm):
    """The days until a solved ticket is closed, and how many days before that its customer is notified."""

    close_after_days = WholeNumberField(
        lazy_gettext("Close after, in days"), description=lazy_gettext("0 never closes automatically.")
    )
    close_warning_days = WholeNumberField(
        lazy_gettext("Tell the customer before, in days"), description=lazy_gettext("0 tells nobody.")
    )

    def validate_close_warning_days(self, field: WholeNumberField) -> None:
        """The warning comes before the closing."""
        if self.close_after_days.data and field.data is not None and self.close_after_days.data <= field.data:
            raise ValidationError(gettext("The warning comes before the closing: write fewer days."))
