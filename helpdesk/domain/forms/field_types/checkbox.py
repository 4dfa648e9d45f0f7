"""A checkbox: yes, or no answer."""

from helpdesk.domain.forms.field_types.base import TICKED, FieldType
from helpdesk.models.form import Field, Widget
from helpdesk.translation import lazy_gettext, lazy_pgettext


class Checkbox(FieldType):
    name = "checkbox"
    label = lazy_pgettext("type of field", "Checkbox")
    widget = Widget.checkbox
    position = 70
    missing_sentence = lazy_gettext("Tick {label} to go on.")

    def parse_texts(self, field: Field, texts: list[str]) -> bool | None:
        return True if texts[0].lower() in TICKED else None
