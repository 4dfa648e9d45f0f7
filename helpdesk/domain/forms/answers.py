"""Parsing, validating and storing the answers of a form, each by its field's type."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from helpdesk.domain.forms.field_types import AnswerContext, FieldType, InvalidAnswer, field_type_for, read_label
from helpdesk.domain.forms.field_types.base import Choices
from helpdesk.domain.forms.published import is_asked
from helpdesk.domain.people.reader_language import get_team_language
from helpdesk.extensions import db
from helpdesk.models.form import Answer, Field, FormVersion
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import use_language


class FormValues(Protocol):
    """The values of a web form: several texts may have one name."""

    def getlist(self, name: str) -> list[str]: ...


class JsonValues:
    """Answers of the API by field key, with the interface of a web form's values."""

    def __init__(self, version: FormVersion, values: Mapping[str, object]):
        """Convert ``values``. Raises InvalidAnswer for a value that no field accepts."""
        types = {field.key: field_type_for(field) for field in version.fields}
        self._texts = {
            f"field-{key}": types.get(key, FieldType()).texts_from_json(value) for key, value in values.items()
        }

    def getlist(self, name: str) -> list[str]:
        """Return the texts of the field called ``name``."""
        return self._texts.get(name, [])


def field_name(field: Field) -> str:
    """Return the name of ``field`` in web forms, Slack forms and errors."""
    return f"field-{field.key}"


def parse_answers(
    version: FormVersion, values: FormValues, for_team: bool, *, asker: User, organization_id: int | None = None
) -> tuple[dict[str, object], dict[str, str]]:
    """Return the answers in ``values`` (named ``field-<key>``) by field key, and an error sentence by name.

    A value is ignored if ``asker`` is not asked for the field or its condition does not hold; a field that is not asked
    gets its default if its condition holds. ``organization_id``: the ticket's, by default the asker's.
    """
    answers: dict[str, object] = {}
    errors: dict[str, str] = {}
    fields = {field.key: field for field in version.fields}
    context = AnswerContext(asker, organization_id)
    for field in sorted(version.fields, key=lambda field: field.position):
        if not field_applies(field, fields, answers):
            continue
        asked = is_asked(field, for_team)
        field_type = field_type_for(field)
        try:
            value = parse_answer(
                field, values.getlist(field_name(field)) if asked else field_type.default_texts(field), context
            )
            if value is None and field.required and asked:
                raise InvalidAnswer(field_type.missing_sentence.format(label=read_label(field)))
        except InvalidAnswer as error:
            if asked:
                errors[field_name(field)] = str(error)
            continue
        if value is not None:
            answers[field.key] = value
    return answers, errors


def asks_otherwise(
    version: FormVersion, values: Mapping[str, object], answers: Mapping[str, object], for_team: bool
) -> bool:
    """Whether a condition in ``version`` asks a question that was not asked, or drops an answer that was given.

    ``values``: what was sent, by name; ``answers``: what parse_answers made of it.
    """
    fields = {field.key: field for field in version.fields}
    for field in version.fields:
        if field.shown_if_key and is_asked(field, for_team):
            given = values.get(field_name(field))
            if field_applies(field, fields, answers):
                if given is None:
                    return True
            elif given and [given] != field_type_for(field).default_texts(field):
                return True
    return False


def list_dropped_fields(version: FormVersion, answers: Mapping[str, object]) -> list[Field]:
    """Return the fields of ``version`` whose condition does not hold with ``answers``: no answer to them is stored."""
    fields = {field.key: field for field in version.fields}
    return [field for field in version.fields if not field_applies(field, fields, answers)]


def parse_answer(field: Field, texts: list[str], context: AnswerContext) -> object:
    """Parse and check the answer in ``texts`` to one field; None for no answer. Raises InvalidAnswer."""
    field_type = field_type_for(field)
    value = field_type.parse(field, texts)
    if value is not None:
        field_type.check(field, value, context)
    return value


def field_applies(field: Field, fields: Mapping[str, Field], answers: Mapping[str, object]) -> bool:
    """Whether the condition of ``field`` holds, given the answers to the fields before it."""
    if not field.shown_if_key:
        return True
    controller = fields.get(field.shown_if_key)
    value = answers.get(field.shown_if_key)
    if controller is None or value is None:
        return False
    return not field.shown_if_value or field_type_for(controller).matches(value, field.shown_if_value)


def choices_for(fields: Iterable[Field], asker: User | None, organization_id: int | None = None) -> dict[str, Choices]:
    """Return the choices of each field, as (value, label), by field key. Without ``asker``: for a preview."""
    context = AnswerContext(asker, organization_id)
    return {field.key: field_type_for(field).choices(field, context) for field in fields}


def selectable_people(user: User, organization_id: int | None = None) -> list[tuple[int, str]]:
    """Return the people that a person field offers ``user``, as (id, name)."""
    return AnswerContext(user, organization_id).people


def file_fields(version: FormVersion | None) -> list[Field]:
    """Return the fields whose answers are files."""
    return [field for field in (version.fields if version else ()) if field_type_for(field).is_file]


def answer_file_keys(version: FormVersion, answers: Mapping[str, object]) -> list[str]:
    """Return the keys of the uploads in ``answers``, to be attached to the ticket's first message."""
    return [key for field in file_fields(version) for key in _keys(answers.get(field.key))]


def team_only_file_keys(version: FormVersion | None, answers: Mapping[str, object]) -> set[str]:
    """Return the keys of uploads in fields that only the team sees: they belong on a note, not on a public message."""
    return {key for field in file_fields(version) if field.team_only for key in _keys(answers.get(field.key))}


def display_value(field: Field, value: object) -> str:
    """Return the answer as text to show and to search; "" for none."""
    return "" if value is None else field_type_for(field).display_value(field, value)


def store_text(field: Field, value: object) -> str:
    """Return the text that is stored of an answer: in the installation's language, whoever gave it."""
    with use_language(get_team_language()):
        return display_value(field, value)


def translate_answer(answer: Answer) -> tuple[str, str]:
    """Return the question and the answer as they are read in the language of the moment."""
    field = answer.field
    return read_label(field), field_type_for(field).translate_answer(answer.value, answer.text)


def save_answers(ticket: Ticket, form: FormVersion | None, answers: Mapping[str, object]) -> list[tuple[str, bool]]:
    """Store ``answers`` (by field key, already parsed and checked) with ``ticket``.

    Returns the text of each, and whether only the team sees it.
    """
    texts: list[tuple[str, bool]] = []
    for field in form.fields if form else ():
        value = answers.get(field.key)
        if value not in (None, "", []):
            answer = make_answer(ticket, field, value)
            db.session.add(answer)
            texts.append((answer.text, field.team_only))
    return texts


def make_answer(ticket: Ticket, field: Field, value: object) -> Answer:
    """Return a new answer with its text; it is not added to the session."""
    text = store_text(field, value)
    return Answer(ticket_id=ticket.id, organization_id=ticket.organization_id, field=field, value=value, text=text)


def _keys(value: object) -> list[str]:
    return value if isinstance(value, list) else []
