"""Any number of the options that the admin lists."""

from helpdesk.domain.content_translation.lookup import Part, translate_content
from helpdesk.domain.forms.field_types.base import FieldType, InvalidAnswer, read_label
from helpdesk.models.form import Field, Widget
from helpdesk.translation import gettext, lazy_gettext, lazy_pgettext


class MultiSelect(FieldType):
    name = "multi_select"
    label = lazy_pgettext("type of field", "Any of several")
    widget = Widget.multi_choice
    position = 60
    has_options = True
    missing_sentence = lazy_gettext("Choose an answer for {label}.")

    def parse_texts(self, field: Field, texts: list[str]) -> list[str]:
        """Return the chosen options in the order of the list."""
        if any(text not in field.options for text in texts):
            raise InvalidAnswer(gettext("Choose one of the answers offered for %(field)s.", field=read_label(field)))
        return [option for option in field.options if option in texts]

    def translate_answer(self, value: object, text: str) -> str:
        if not isinstance(value, list):
            return text
        return ", ".join(translate_content(str(option), Part.option) for option in value)

    def default_texts(self, field: Field) -> list[str]:
        return (field.default or "").splitlines()
