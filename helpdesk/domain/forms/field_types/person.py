"""A person of the organization, stored as their id."""

import re

from helpdesk.domain.forms.field_types.base import AnswerContext, Choices, FieldType, InvalidAnswer, read_label
from helpdesk.extensions import db
from helpdesk.models.form import Field, Widget
from helpdesk.models.user import User
from helpdesk.translation import gettext, lazy_gettext, lazy_pgettext


class Person(FieldType):
    name = "person"
    label = lazy_pgettext("type of field", "Person")
    widget = Widget.single_choice
    position = 80
    has_default = False
    blank_label = lazy_gettext("Choose a person")
    cleared_label = lazy_gettext("Nobody")
    missing_sentence = lazy_gettext("Choose an answer for {label}.")

    def parse_text(self, field: Field, text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,18}", text):
            raise InvalidAnswer(gettext("Choose a person for %(field)s.", field=read_label(field)))
        return int(text)

    def check(self, field: Field, value: object, context: AnswerContext) -> None:
        if value not in {id for id, _ in context.people}:
            raise InvalidAnswer(gettext("Choose somebody of the organization for %(field)s.", field=read_label(field)))

    def choices(self, field: Field, context: AnswerContext) -> Choices:
        return [(str(id), name) for id, name in context.people]

    def display_value(self, field: Field, value: object) -> str:
        person = db.session.get(User, value) if isinstance(value, int) else None
        return person.display_name if person else super().display_value(field, value)
