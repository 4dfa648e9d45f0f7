"""Uploaded files, stored as their keys; they become attachments of the ticket's first message."""

from sqlalchemy import select

from helpdesk.domain.forms import uploads
from helpdesk.domain.forms.field_types.base import AnswerContext, FieldType, InvalidAnswer, read_label
from helpdesk.extensions import db
from helpdesk.models.attachment import Attachment
from helpdesk.models.form import Field, Widget
from helpdesk.translation import gettext, lazy_gettext, lazy_pgettext


class File(FieldType):
    name = "file"
    label = lazy_pgettext("type of field", "File")
    widget = Widget.file
    position = 100
    has_default = False
    is_file = True
    can_control = False
    missing_sentence = lazy_gettext("Add a file for {label}.")

    def parse_texts(self, field: Field, texts: list[str]) -> list[str]:
        return list(dict.fromkeys(texts))

    def check(self, field: Field, value: object, context: AnswerContext) -> None:
        keys = value if isinstance(value, list) else []
        if context.asker is None or len(uploads.pending_uploads(keys, context.asker)) < len(keys):
            raise InvalidAnswer(
                gettext("The file for %(field)s is no longer there. Add it again.", field=read_label(field))
            )

    def display_value(self, field: Field, value: object) -> str:
        if not isinstance(value, list):
            return super().display_value(field, value)
        query = select(Attachment.key, Attachment.name).where(Attachment.key.in_(value))
        names: dict[str, str] = {row.key: row.name for row in db.session.execute(query)}
        return ", ".join(names.get(key, "file") for key in value)
