"""Several lines of text."""

from helpdesk.domain.forms.field_types.base import FieldType
from helpdesk.models.form import Widget


class LongText(FieldType):
    name = "long_text"
    label = "Long text"
    widget = Widget.multi_line
    position = 20
    max_length = 10_000
