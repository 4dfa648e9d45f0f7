"""The modal for a new ticket, in the words of the form that is chosen. Pure."""

import json
from dataclasses import dataclass, field
from typing import Any

from helpdesk.channels.slack.parse import json_access
from helpdesk.channels.slack.render.blocks import elements, modals
from helpdesk.channels.slack.render.blocks.inputs import (
    BYTES_BESIDE_FORM,
    MAX_FORM_FIELDS,
    MAX_MODAL_BLOCKS,
    MAX_VIEW_BYTES,
    Choices,
    ModalField,
    field_block,
    fit_fields,
    input_block,
    split_for_inputs,
)
from helpdesk.models.form import Widget
from helpdesk.models.ticket import MAX_SUBJECT_LENGTH
from helpdesk.translation import gettext

CHANGED_BLOCK_ID = "changed"
VIEW_PARTS = ("type", "callback_id", "title", "submit", "close", "private_metadata")
INITIAL_NAMES = {
    "value": "initial_value",
    "selected_option": "initial_option",
    "selected_options": "initial_options",
    "selected_date": "initial_date",
}


@dataclass(frozen=True)
class CreateValues:
    """Values of the modal for a new ticket. ``origin`` comes back with it: the place of the message that it is made
    of. ``title``, ``description``, the labels and ``body_help`` are the form's own words, "" where it has none.
    """

    organizations: Choices
    forms: Choices
    organization: str | None = None
    form: str | None = None
    requester: str = ""
    subject: str = ""
    body: str = ""
    title: str = ""
    description: str = ""
    subject_label: str = ""
    body_label: str = ""
    body_help: str = ""
    fields: tuple[ModalField, ...] = ()
    origin: dict[str, Any] = field(default_factory=dict)
    web_fields: tuple[str, ...] = ()
    url: str = ""


def create_modal(values: CreateValues) -> dict:
    """Return the view for a new ticket: callback create_ticket, private ``origin``; choosing a form sends the action
    choose_form.
    """
    form = input_block(
        ModalField("form", gettext("Form"), Widget.single_choice, values.form, values.forms, required=True)
    )
    form |= {"dispatch_action": True}
    form["element"]["action_id"] = "choose_form"
    blocks = [
        input_block(
            ModalField(
                "organization",
                gettext("Organization"),
                Widget.single_choice,
                values.organization,
                values.organizations,
                required=True,
            )
        ),
        *([form] if len(values.forms) > 1 else []),
        *([elements.context_block(elements.escape_text(values.description, 1000))] if values.description else []),
        input_block(
            ModalField(
                "requester",
                gettext("Requester’s email address"),
                value=values.requester,
                help=gettext("Empty if it is not known."),
                input_format="email",
            )
        ),
        input_block(
            ModalField(
                "subject",
                values.subject_label or gettext("Subject"),
                Widget.single_line,
                values.subject[:MAX_SUBJECT_LENGTH],
                required=True,
            )
        ),
        *modals.body_blocks(values.body, values.body_label, help=values.body_help),
    ]
    blocks += modals.form_blocks(
        values.fields, values.web_fields, values.url, "asked", MAX_MODAL_BLOCKS - len(blocks) - 1
    )
    glue = [following for _, following in split_for_inputs(values.body)[:-1]]
    private = {**values.origin, "glue": glue} if glue else {k: v for k, v in values.origin.items() if k != "glue"}
    title = values.title or gettext("New ticket")
    return modals.modal_view("create_ticket", title, gettext("File ticket"), blocks, private)


def extend_modal(view: dict[str, Any], fields: tuple[ModalField, ...]) -> dict[str, Any] | None:
    """Return the modal ``view`` as it was filled in, with ``fields`` at its end; None where it can hold none of them,
    so that it said already which of them the page asks.

    Slack keeps what was typed in a block whose ids stay (docs.slack.dev, views.update); it is its initial value, too.
    """
    state = json_access.object_in(json_access.object_in(view, "state"), "values")
    kept = [
        _fill_in(block, state) for block in json_access.objects_in(view.get("blocks")) if not _is_changed_notice(block)
    ]
    used = len(json.dumps(kept, ensure_ascii=False).encode())
    count = sum(str(block.get("block_id")).startswith("field-") for block in kept)
    shown, _ = fit_fields(fields, MAX_FORM_FIELDS - count, MAX_VIEW_BYTES - BYTES_BESIDE_FORM - used)
    if not shown:
        return None
    sentence = gettext("This form was changed while you filled it in. Look it over, then file the ticket.")
    notice = elements.section_block(elements.escape_text(sentence, 500), block_id=CHANGED_BLOCK_ID)
    parts = {name: view[name] for name in VIEW_PARTS if view.get(name)}
    return parts | {"blocks": [*kept, notice, *map(field_block, shown)]}


def _is_changed_notice(block: dict[str, Any]) -> bool:
    return block.get("block_id") == CHANGED_BLOCK_ID


def _fill_in(block: dict[str, Any], state: dict[str, Any]) -> dict[str, Any]:
    """Return ``block`` with what was typed or chosen in it as its initial value."""
    element = json_access.object_in(block, "element")
    typed = json_access.object_in(state, str(block.get("block_id"))).get(element.get("action_id"))
    if not element or not isinstance(typed, dict):
        return block
    left = {name: value for name, value in element.items() if name not in INITIAL_NAMES.values()}
    given = {INITIAL_NAMES[name]: value for name, value in typed.items() if name in INITIAL_NAMES and value}
    return block | {"element": left | given}
