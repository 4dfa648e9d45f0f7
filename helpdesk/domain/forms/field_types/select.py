"""One of the options that the admin lists."""

from helpdesk.domain.forms.field_types.base import FieldType, InvalidAnswer, read_label
from helpdesk.models.form import Field, Widget
from helpdesk.translation import gettext, lazy_gettext, lazy_pgettext


class Select(FieldType):
    name = "select"
    label = lazy_pgettext("type of field", "One of several")
    widget = Widget.single_choice
    position = 50
    has_options = True
    missing_sentence = lazy_gettext("Choose an answer for {label}.")

    def parse_text(self, field: Field, text: str) -> str:
        if text not in field.options:
            raise InvalidAnswer(gettext("Choose one of the answers offered for %(field)s.", field=read_label(field)))
        return text
