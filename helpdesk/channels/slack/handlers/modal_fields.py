"""Convert fields of our forms to fields of Slack's modals, and their values to the texts a web form would send."""

from collections.abc import Iterable

from helpdesk.channels.slack.render import blocks
from helpdesk.domain import forms
from helpdesk.domain.content_translation.lookup import Part, translate_content
from helpdesk.models.form import Field, FormVersion, Widget
from helpdesk.models.user import User

HOLDS_SEVERAL = {Widget.multi_choice, Widget.checkbox}


class ModalValues:
    """The values of a modal by block, with the interface of a web form's values."""

    def __init__(self, fields: Iterable[Field], values: dict, choices: dict[str, blocks.Choices]) -> None:
        self._values = values
        self._choices = choices
        self._types = {forms.field_name(field): forms.field_type_for(field) for field in fields}

    def getlist(self, name: str) -> list[str]:
        """Return the texts in the block ``name``."""
        return self._types[name].texts_from_value(original_values(self._values.get(name), self._choices.get(name, ())))


def original_values(value: object, options: blocks.Choices) -> object:
    """Return what was chosen in a modal as the field's own values."""
    if isinstance(value, list):
        return [blocks.original_value(each, options) if isinstance(each, str) else each for each in value]
    return blocks.original_value(value, options) if isinstance(value, str) else value


def load_choices(fields: Iterable[Field], agent: User, organization_id: int | None) -> dict[str, blocks.Choices]:
    """Return the choices of each field by the name of its block."""
    listed = list(fields)
    offered = forms.choices_for(listed, agent, organization_id)
    return {forms.field_name(field): tuple(offered[field.key]) for field in listed}


def value_to_texts(field: Field, value: object) -> list[str]:
    """Convert one value of a modal, or a stored answer, to texts."""
    return forms.field_type_for(field).texts_from_value(value)


def is_askable(field: Field) -> bool:
    """Return whether Slack has a control for ``field``."""
    return forms.field_type_for(field).widget in blocks.WIDGETS


def parse_answers(
    form: FormVersion | None, values: dict, agent: User | None, organization_id: int
) -> tuple[dict[str, object], dict[str, str], tuple[blocks.ModalField, ...]]:
    """Return the answers of a modal by field key, a sentence by block for each mistake in them, and the fields that
    need an answer and are not in the modal.
    """
    if form is None or agent is None:
        return {}, {}, ()
    choices = load_choices(form.fields, agent, organization_id)
    answers, wrong = forms.parse_answers(
        form, ModalValues(form.fields, values, choices), True, asker=agent, organization_id=organization_id
    )
    unasked = [each for each in form.fields if (name := forms.field_name(each)) in wrong and name not in values]
    made = [
        modal_field(each, forms.field_type_for(each).default_texts(each), agent, organization_id) for each in unasked
    ]
    mistakes = {name: sentence for name, sentence in wrong.items() if name in values}
    return answers, mistakes, tuple(each for each in made if each)


def add_unstored_answers(
    body: str,
    answers: dict[str, object],
    slug: str,
    form: FormVersion | None,
    values: dict,
    agent: User | None,
    organization_id: int,
) -> tuple[str, str]:
    """Return ``body`` with what the modal says in fields for which ``form`` takes no answer, and a note with the same
    of fields for the team only.

    The form was changed meanwhile, or the condition of a field does not hold: a modal asks for it all the same.
    """
    fields = forms.list_former_fields(slug, set(values), form, for_team=True)
    fields += forms.list_dropped_fields(form, answers) if form else []
    if not fields or agent is None:
        return body, ""
    given = ModalValues(fields, values, load_choices(fields, agent, organization_id))
    context = forms.AnswerContext(agent, organization_id)

    def add(text: str, fields: list[Field]) -> str:
        return forms.add_former_answers(text, fields, lambda field: given.getlist(forms.field_name(field)), context)

    return add(body, [each for each in fields if not each.team_only]), add(
        "", [each for each in fields if each.team_only]
    )


def modal_field(field: Field, value: object, agent: User, organization_id: int | None) -> blocks.ModalField | None:
    """Return ``field`` for a modal with ``value``; None where Slack has no control for it, or there is nothing to
    choose from yet.
    """
    field_type = forms.field_type_for(field)
    if not is_askable(field):
        return None
    offered = forms.choices_for([field], agent, organization_id)[field.key]
    if field_type.widget == Widget.single_choice and not offered:
        return None
    held = value_to_texts(field, value)
    return blocks.ModalField(
        key=field.key,
        label=forms.read_label(field),
        widget=field_type.widget,
        value=held if field_type.widget in HOLDS_SEVERAL else held[0] if held else None,
        options=tuple(offered),
        required=field.required and not field.shown_if_key,
        help=translate_content(field.help, Part.field),
        input_format=field_type.input_format,
    )
