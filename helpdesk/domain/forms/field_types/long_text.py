"""Several lines of text."""

from helpdesk.domain.forms.field_types.base import FieldType
from helpdesk.models.form import Widget
from helpdesk.translation import lazy_pgettext


class LongText(FieldType):
    name = "long_text"
    label = lazy_pgettext("type of field", "Long text")
    widget = Widget.multi_line
    position = 20
    max_length = 10_000
