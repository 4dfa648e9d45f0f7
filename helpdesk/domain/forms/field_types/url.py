"""A web address."""

import re
from urllib.parse import urlsplit

from helpdesk.domain.forms.field_types.base import FieldType, InvalidAnswer, read_label
from helpdesk.models.form import Field, Widget
from helpdesk.translation import gettext, lazy_pgettext


class Url(FieldType):
    name = "url"
    label = lazy_pgettext("type of field", "Web address")
    widget = Widget.single_line
    input_format = "url"
    position = 90
    max_length = 2000
    is_link = True
    placeholder = "https://"

    def parse_text(self, field: Field, text: str) -> object:
        if len(text) <= self.max_length and not is_web_address(text):
            raise InvalidAnswer(
                gettext("%(field)s is an address that begins with https:// or http://.", field=read_label(field))
            )
        return super().parse_text(field, text)


def is_web_address(text: str) -> bool:
    """Whether ``text`` is an http or https address that is safe in a link."""
    try:
        parts = urlsplit(text)
        has_host = bool(parts.hostname)
    except ValueError:
        return False
    return parts.scheme.lower() in {"http", "https"} and has_host and not re.search(r"[\s<>\"\x00-\x1f]", text)
