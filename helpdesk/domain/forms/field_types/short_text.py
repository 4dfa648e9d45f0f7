"""One line of text."""

from helpdesk.domain.forms.field_types.base import FieldType
from helpdesk.markup.one_line import to_one_line
from helpdesk.models.form import Field, Widget
from helpdesk.translation import lazy_pgettext


class ShortText(FieldType):
    name = "short_text"
    label = lazy_pgettext("type of field", "Short text")
    widget = Widget.single_line
    position = 10

    def parse_text(self, field: Field, text: str) -> object:
        return super().parse_text(field, to_one_line(text))
