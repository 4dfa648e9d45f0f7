"""Base classes of the pages' forms: WTForms fields that a template renders with ``forms.draw``, and error handling.

Flask-WTF checks CSRF for every request, so forms have no token of their own.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import wtforms
from wtforms import SelectChoice
from wtforms.widgets import TextInput

from helpdesk.domain.errors import DomainError
from helpdesk.translation import format_number, gettext
from helpdesk.translation.numbers import parse_number


def to_choices(options: Iterable[Sequence[str]]) -> list[SelectChoice]:
    """Convert options of (value, label) or (value, label, help) into a field's choices."""
    return [SelectChoice(str(value), label, {"help": help[0] if help else ""}) for value, label, *help in options]


class WholeNumberField(wtforms.Field):
    """A whole number from ``low`` to ``high``; ``data`` is an int, or None if the text is no such number."""

    widget = TextInput()

    def __init__(self, label: str, low: int = 0, high: int = 10_000, **options: Any) -> None:
        super().__init__(label, **{"render_kw": {"width": "short", "inputmode": "numeric"}, **options})
        self.low, self.high = low, high

    def process_formdata(self, valuelist: list[str]) -> None:
        """Parse the text. Raises ValueError with a sentence."""
        text = valuelist[0].strip() if valuelist else ""
        number = parse_number(text)  # in the digits of any keyboard
        self.data = number if isinstance(number, int) else None
        if self.data is None or not self.low <= self.data <= self.high:
            raise ValueError(
                gettext(
                    "Write a whole number from %(low)s to %(high)s.",
                    low=format_number(self.low),
                    high=format_number(self.high),
                )
            )

    def _value(self) -> str:
        """The typed text, else the number."""
        return self.raw_data[0] if self.raw_data else "" if self.data is None else str(self.data)


class Form(wtforms.Form):
    """A form of a page. ``error_summary`` contains what the template lists above it."""

    def process(self, *args: Any, **options: Any) -> None:
        """Fill the fields; a text or choice that was not sent becomes "", not None."""
        super().process(*args, **options)
        for field in self:
            is_text = isinstance(field, wtforms.StringField | wtforms.SelectField)
            if is_text and not isinstance(field, wtforms.SelectMultipleField) and field.data is None:
                field.data = ""

    def add_refusal(self, error: DomainError) -> None:
        """Add the messages of a domain error to the fields they are about, or to the form."""
        sentences = getattr(error, "errors", None) or {error.field or "": error.message}
        for name, sentence in sentences.items():
            self.add_error(name, sentence)

    def add_error(self, name: str, sentence: str) -> None:
        """Add ``sentence`` to the errors of the field ``name``, or of the form if there is no such field."""
        if name in self:
            self[name].errors = [*self[name].errors, sentence]
        else:
            self.form_errors.append(sentence)

    @property
    def error_summary(self) -> dict[str, str]:
        """The first error of each invalid field, in the order of the fields; key "" is the form as a whole."""
        above = {"": str(self.form_errors[0])} if self.form_errors else {}
        return above | {field.name: str(field.errors[0]) for field in self if field.errors}
