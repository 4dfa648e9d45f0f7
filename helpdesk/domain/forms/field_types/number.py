"""A number, written as the reader's language writes it."""

import re

from helpdesk.domain.forms.field_types.base import FieldType, InvalidAnswer, read_label
from helpdesk.models.form import Field, Widget
from helpdesk.translation import gettext, lazy_pgettext
from helpdesk.translation.numbers import parse_number, write_number

PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+\.[0-9]+")  # as programs and Slack write it, whatever the language


class Number(FieldType):
    name = "number"
    label = lazy_pgettext("type of field", "Number")
    widget = Widget.number
    position = 30

    def parse_text(self, field: Field, text: str) -> int | float:
        number = parse_number(text)
        if number is None:
            raise InvalidAnswer(
                gettext(
                    "%(field)s is a number, for example 12 or %(example)s.",
                    field=read_label(field),
                    example=write_number(3.5),
                )
            )
        return number

    def texts_from_json(self, value: object) -> list[str]:
        return super().texts_from_json(_as_written(value))

    def texts_from_value(self, value: object) -> list[str]:
        return super().texts_from_value(_as_written(value))


def _as_written(value: object) -> object:
    """A number, or its text in the format of programs, as a reader of the present language would write it."""
    if isinstance(value, str) and PLAIN_NUMBER.fullmatch(value):
        return write_number(float(value))
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return write_number(value) if is_number else value  # type: ignore[arg-type]
