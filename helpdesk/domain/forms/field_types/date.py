"""A date, stored in ISO 8601 format."""

from datetime import date

from helpdesk.domain.forms.field_types.base import FieldType, InvalidAnswer
from helpdesk.models.form import Field, Widget


class Date(FieldType):
    name = "date"
    label = "Date"
    widget = Widget.date
    position = 40

    def parse_text(self, field: Field, text: str) -> str:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise InvalidAnswer(f"{field.label} is a date such as 2026-05-14.") from None
        if not 1900 <= day.year <= 2999:
            raise InvalidAnswer(f"{field.label} is a date between 1900 and 2999.")
        return day.isoformat()
