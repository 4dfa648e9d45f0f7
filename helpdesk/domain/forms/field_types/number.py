"""A number, with a point or a comma as decimal separator."""

import re

from helpdesk.domain.forms.field_types.base import FieldType, InvalidAnswer
from helpdesk.models.form import Field, Widget
from helpdesk.translation import gettext, lazy_gettext

NUMBER = re.compile(r"[+-]?\d{1,15}([.,]\d{1,10})?", re.ASCII)


class Number(FieldType):
    name = "number"
    label = lazy_gettext("Number")
    widget = Widget.number
    position = 30

    def parse_text(self, field: Field, text: str) -> int | float:
        text = text.replace("\u00a0", "").replace(" ", "")
        if not NUMBER.fullmatch(text):
            raise InvalidAnswer(gettext("%(field)s is a number, for example 12 or 3.5.", field=field.label))
        return float(text.replace(",", ".")) if re.search(r"[.,]", text) else int(text)
