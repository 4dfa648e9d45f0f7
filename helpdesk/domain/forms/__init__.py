"""Forms: which ones somebody may use, what they answered, and how admins build them.

``published`` and ``parse_answers`` serve filing, ``save_answers`` stores answers,
``builder`` makes forms; ``field_types`` has one class a type of field.
"""

from helpdesk.domain.forms.answers import (
    JsonValues,
    answer_file_keys,
    choices_for,
    display_value,
    field_applies,
    field_name,
    file_fields,
    parse_answer,
    parse_answers,
    save_answers,
    selectable_people,
    team_only_file_keys,
)
from helpdesk.domain.forms.field_types import AnswerContext, InvalidAnswer, field_type_for
from helpdesk.domain.forms.published import find_form, names, published, visible_fields

__all__ = [
    "AnswerContext",
    "InvalidAnswer",
    "JsonValues",
    "field_applies",
    "choices_for",
    "display_value",
    "field_name",
    "field_type_for",
    "file_fields",
    "answer_file_keys",
    "find_form",
    "names",
    "parse_answer",
    "parse_answers",
    "selectable_people",
    "published",
    "save_answers",
    "team_only_file_keys",
    "visible_fields",
]
