"""Fields of our forms as fields of Slack's modals, and what was filled in there as the texts a web form would send."""

from helpdesk.channels.slack.render import blocks
from helpdesk.domain import forms
from helpdesk.models.form import Field
from helpdesk.models.user import User


class ModalValues:
    """A modal's values, read as a web form's."""

    def __init__(self, values: dict):
        self._values = values

    def getlist(self, name: str) -> list[str]:
        return value_to_texts(self._values.get(name))


def value_to_texts(value: object) -> list[str]:
    """One value of a modal, or an answer we keep, as texts."""
    if value is None or value == "" or value is False:
        return []
    if isinstance(value, list):
        return [str(each) for each in value]
    return ["yes"] if value is True else [str(value)]


def modal_field(field: Field, value: object, agent: User, organization_id: int | None) -> blocks.ModalField | None:
    """``field`` in a modal, holding ``value``; None where Slack has no way to ask for it."""
    if field.kind == "file":
        return None
    options = tuple((option, option) for option in field.options)
    if field.kind == "person":
        people = forms.selectable_people(agent, organization_id) if organization_id else []
        if not people:
            return None
        options = tuple((str(id), name) for id, name in people)
    if field.kind == "checkbox":
        options = ()
    held = value_to_texts(value)
    return blocks.ModalField(
        key=field.key,
        label=field.label,
        kind=field.kind,
        value=held if field.kind in {"multi_select", "checkbox"} else held[0] if held else None,
        options=options,
        required=field.required and not field.shown_if_key,
        help=field.help,
    )
