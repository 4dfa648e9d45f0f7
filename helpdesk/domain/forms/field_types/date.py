"""A date, stored in ISO 8601 format."""

from datetime import date

from helpdesk.domain.forms.field_types.base import FieldType, InvalidAnswer, read_label
from helpdesk.models.form import Field, Widget
from helpdesk.translation import gettext, lazy_pgettext


class Date(FieldType):
    name = "date"
    label = lazy_pgettext("type of field", "Date")
    widget = Widget.date
    position = 40

    def parse_text(self, field: Field, text: str) -> str:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise InvalidAnswer(gettext("%(field)s is a date such as 2026-05-14.", field=read_label(field))) from None
        if not 1900 <= day.year <= 2999:
            raise InvalidAnswer(gettext("%(field)s is a date between 1900 and 2999.", field=read_label(field)))
        return day.isoformat()
