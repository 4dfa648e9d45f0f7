"""The form of retention."""

from typing import Any

from wtforms import BooleanField
from wtforms.validators import ValidationError

from helpdesk.domain.privacy import retention
from helpdesk.translation import format_number, gettext, lazy_gettext
from helpdesk.web.form_base import WholeNumberField
from helpdesk.web.settings.settings_form import SettingsForm


class DaysField(WholeNumberField):
    """A number of days; a request without it leaves the setting as it is."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Parse the text, if there is one. Raises ValueError with a sentence."""
        if valuelist:
            super().process_formdata(valuelist)


def _days(label: Any, description: Any = "") -> DaysField:
    return DaysField(label, description=description)


class RetentionForm(SettingsForm):
    """The days until closed tickets are erased and other rows deleted.

    A number that erases tickets now must be confirmed.
    """

    retention_days = WholeNumberField(
        lazy_gettext("Erase closed tickets after, in days"),
        description=lazy_gettext("0 keeps them. Erased tickets are gone with messages and files."),
    )
    received_retention_days = _days(lazy_gettext("Received mails and Slack events, once processed"))
    delivery_retention_days = _days(lazy_gettext("Webhook calls, account mails and card updates, once sent"))
    session_retention_days = _days(lazy_gettext("Sessions, once ended"))
    sign_in_retention_days = _days(lazy_gettext("Requests for sign-in links"))
    sign_in_audit_days = _days(lazy_gettext("Sign-ins in the audit log"))
    audit_retention_days = _days(
        lazy_gettext("All of the audit log"), lazy_gettext("0 keeps who changed settings and access for good.")
    )
    operation_retention_days = _days(
        lazy_gettext("Merges and moves"), lazy_gettext("They can be undone until then. 0 keeps them.")
    )
    notification_retention_days = _days(lazy_gettext("Notifications of the team"))
    draft_retention_days = _days(lazy_gettext("Drafts that nobody went on with"))
    understood = BooleanField(lazy_gettext("Yes, erase"))

    def count_expiring(self) -> int:
        """Return how many tickets the typed number would erase now."""
        return retention.count_expiring_tickets(self.retention_days.data) if self.retention_days.data else 0

    def validate_understood(self, field: BooleanField) -> None:
        """The box must be ticked if tickets would be erased."""
        if not field.data and not self.retention_days.errors and (count := self.count_expiring()):
            raise ValidationError(
                gettext(
                    "%(count)s closed tickets would be erased within the hour. Tick the box if that is right.",
                    count=format_number(count),
                )
            )
