"""Forms: which ones a user may use, parsing and saving answers, and the form builder of admins.

``published`` and ``parse_answers`` are for a new ticket; ``former_questions`` keeps answers to questions that are gone;
``save_answers`` stores the answers of a ticket; ``builder`` edits forms;
``field_types`` has one class for each type of field. ``tickets.change_answer`` changes one answer later.
"""

from helpdesk.domain.forms.answers import (
    JsonValues,
    answer_file_keys,
    asks_otherwise,
    choices_for,
    display_value,
    field_applies,
    field_name,
    file_fields,
    list_dropped_fields,
    parse_answer,
    parse_answers,
    save_answers,
    selectable_people,
    team_only_file_keys,
    translate_answer,
)
from helpdesk.domain.forms.field_types import AnswerContext, InvalidAnswer, field_type_for, read_label
from helpdesk.domain.forms.former_questions import add_former_answers, list_former_fields
from helpdesk.domain.forms.published import find_form, load_form, published, visible_fields

__all__ = [
    "AnswerContext",
    "InvalidAnswer",
    "JsonValues",
    "add_former_answers",
    "field_applies",
    "choices_for",
    "display_value",
    "field_name",
    "field_type_for",
    "file_fields",
    "answer_file_keys",
    "asks_otherwise",
    "find_form",
    "list_dropped_fields",
    "list_former_fields",
    "load_form",
    "parse_answer",
    "parse_answers",
    "selectable_people",
    "published",
    "read_label",
    "save_answers",
    "team_only_file_keys",
    "translate_answer",
    "visible_fields",
]
