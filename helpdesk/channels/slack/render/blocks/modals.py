"""The modals that open in Slack, and the answer to one with mistakes. Pure."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from helpdesk.channels.slack.parse.interactions import NO_ASSIGNEE_VALUE
from helpdesk.channels.slack.render.blocks import elements
from helpdesk.models.form import Widget
from helpdesk.models.ticket import MAX_SUBJECT_LENGTH

MAX_TITLE_LENGTH = 24
MAX_LABEL_LENGTH = 2000
MAX_HINT_LENGTH = 2000
MAX_PLACEHOLDER_LENGTH = 150
MAX_OPTION_LENGTH = 75
MAX_OPTION_VALUE_LENGTH = 150
MAX_OPTIONS = 100
MAX_INPUT_LENGTH = 3000
MAX_PRIVATE_METADATA_LENGTH = 3000
MAX_MODAL_BLOCKS = 100

Choices = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ModalField:
    """One field of a modal. ``input_format`` restricts a single line: text, url or email.

    ``options`` are (value, label); ``value`` is text, or a list for multi_choice and checkbox. A widget that is not
    among WIDGETS (files) is left out: Slack's modals have no control for it.
    """

    key: str
    label: str
    widget: Widget = Widget.single_line
    value: Any = None
    options: Choices = ()
    required: bool = False
    help: str = ""
    input_format: str = "text"


@dataclass(frozen=True)
class EditValues:
    """Values of the modal *Edit*. Choices are (value, label); ``assignee`` None is nobody."""

    number: int
    reference: str
    status: str
    statuses: Choices
    priority: str
    priorities: Choices
    assignee: str | None = None
    assignees: Choices = ()
    fields: tuple[ModalField, ...] = ()
    private: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class CreateValues:
    """Values of the modal for a new ticket. ``origin`` comes back with it: the place of the message that it is made
    of.
    """

    organizations: Choices
    forms: Choices
    organization: str | None = None
    form: str | None = None
    requester: str = ""
    subject: str = ""
    body: str = ""
    fields: tuple[ModalField, ...] = ()
    origin: dict[str, Any] = field(default_factory=dict)


def edit_modal(values: EditValues) -> dict:
    """Return the view of *Edit*: callback edit_ticket, private {"reference"}, blocks status, assignee, priority and
    field-<key>.
    """
    nobody = ((NO_ASSIGNEE_VALUE, "Nobody"),)
    blocks = [
        _input_block(
            ModalField("status", "Status", Widget.single_choice, values.status, values.statuses, required=True)
        ),
        _input_block(
            ModalField(
                "assignee",
                "Assignee",
                Widget.single_choice,
                values.assignee or NO_ASSIGNEE_VALUE,
                nobody + values.assignees,
                required=True,
            )
        ),
        _input_block(
            ModalField("priority", "Priority", Widget.single_choice, values.priority, values.priorities, required=True)
        ),
        *_field_blocks(values.fields, max_count=MAX_MODAL_BLOCKS - 3),
    ]
    private = {"reference": values.reference} | values.private
    return _modal_view("edit_ticket", f"Ticket #{values.number}", "Save", blocks, private)


def create_modal(values: CreateValues) -> dict:
    """Return the view for a new ticket: callback create_ticket, private ``origin``; choosing a form sends the action
    choose_form.
    """
    form = _input_block(ModalField("form", "Form", Widget.single_choice, values.form, values.forms, required=True))
    form |= {"dispatch_action": True}
    form["element"]["action_id"] = "choose_form"
    blocks = [
        _input_block(
            ModalField(
                "organization",
                "Organization",
                Widget.single_choice,
                values.organization,
                values.organizations,
                required=True,
            )
        ),
        *([form] if len(values.forms) > 1 else []),
        _input_block(
            ModalField(
                "requester",
                "Requester’s email address",
                value=values.requester,
                help="Empty if it is not known.",
                input_format="email",
            )
        ),
        _input_block(
            ModalField("subject", "Subject", Widget.single_line, values.subject[:MAX_SUBJECT_LENGTH], required=True)
        ),
        _input_block(ModalField("body", "What is it about?", Widget.multi_line, values.body, required=True)),
        *_field_blocks(values.fields, max_count=MAX_MODAL_BLOCKS - 5),
    ]
    return _modal_view("create_ticket", "New ticket", "File ticket", blocks, values.origin)


def modal_errors(sentences: dict[str, str]) -> dict:
    """Return the answer to a modal with mistakes: a sentence per block (status, subject, field-<key>)."""
    return {
        "response_action": "errors",
        "errors": {name: elements.truncate(text, MAX_HINT_LENGTH) for name, text in sentences.items()},
    }


def option_groups(pairs: Choices) -> dict[str, Any]:
    """Return ``options``, or where there are more than a hundred ``option_groups`` named by their first and last
    label.
    """
    options = [_option_object(value, label) for value, label in pairs if 0 < len(str(value)) <= MAX_OPTION_VALUE_LENGTH]
    if len(options) <= MAX_OPTIONS:
        return {"options": options or [_option_object(NO_ASSIGNEE_VALUE, "Nothing to choose")]}
    groups = [
        options[start : start + MAX_OPTIONS]
        for start in range(0, min(len(options), MAX_OPTIONS * MAX_OPTIONS), MAX_OPTIONS)
    ]
    return {
        "option_groups": [
            {
                "label": elements.plain_text(
                    f"{group[0]['text']['text'][:30]} … {group[-1]['text']['text'][:30]}", MAX_OPTION_LENGTH
                ),
                "options": group,
            }
            for group in groups
        ]
    }


def _field_blocks(fields: tuple[ModalField, ...], max_count: int) -> list[dict]:
    shown_fields = [each for each in fields if each.widget in WIDGETS]
    return [_input_block(each, f"field-{each.key}") for each in shown_fields[:max_count]]


def _input_block(each: ModalField, block_id: str = "") -> dict:
    block = {
        "type": "input",
        "block_id": (block_id or each.key)[:255],
        "label": elements.plain_text(each.label, MAX_LABEL_LENGTH),
        "optional": not each.required,
        "element": {"action_id": "value"} | _input_element(each),
    }
    if each.help:
        block["hint"] = elements.plain_text(each.help, MAX_HINT_LENGTH)
    return block


def _input_element(each: ModalField) -> dict[str, Any]:
    return WIDGETS[each.widget](each)


def _date(each: ModalField) -> dict[str, Any]:
    return {"type": "datepicker"} | ({"initial_date": str(each.value)} if each.value else {})


def _number(each: ModalField) -> dict[str, Any]:
    return {"type": "number_input", "is_decimal_allowed": True} | _initial_text(each)


def _single_line(each: ModalField) -> dict[str, Any]:
    if each.input_format in {"email", "url"}:
        return {"type": f"{each.input_format}_text_input"} | _initial_text(each)
    return {"type": "plain_text_input", "multiline": False, "max_length": MAX_INPUT_LENGTH} | _initial_text(each)


def _multi_line(each: ModalField) -> dict[str, Any]:
    return {"type": "plain_text_input", "multiline": True, "max_length": MAX_INPUT_LENGTH} | _initial_text(each)


def _checkbox(each: ModalField) -> dict[str, Any]:
    options = [_option_object(value, label) for value, label in (each.options or (("yes", each.label),))[:10]]
    chosen = _chosen(each)
    ticked = options[:1] if each.value is True else [option for option in options if option["value"] in chosen]
    return {"type": "checkboxes", "options": options} | ({"initial_options": ticked} if ticked else {})


def _single_choice(each: ModalField) -> dict[str, Any]:
    initial = _initial_options(each)
    return {"type": "static_select"} | option_groups(each.options) | ({"initial_option": initial[0]} if initial else {})


def _multi_choice(each: ModalField) -> dict[str, Any]:
    initial = _initial_options(each)
    return (
        {"type": "multi_static_select"}
        | option_groups(each.options)
        | ({"initial_options": initial} if initial else {})
    )


def _initial_text(each: ModalField) -> dict[str, str]:
    return {"initial_value": str(each.value)[:MAX_INPUT_LENGTH]} if each.value not in {None, ""} else {}


def _chosen(each: ModalField) -> set[str]:
    given = each.value if isinstance(each.value, list | tuple) else [each.value]
    return {str(value) for value in given if value not in {None, "", False}}


def _initial_options(each: ModalField) -> list[dict]:
    chosen = _chosen(each)
    return [_option_object(value, label) for value, label in each.options if str(value) in chosen]


WIDGETS: dict[Widget, Callable[[ModalField], dict[str, Any]]] = {
    Widget.single_line: _single_line,
    Widget.multi_line: _multi_line,
    Widget.number: _number,
    Widget.date: _date,
    Widget.single_choice: _single_choice,
    Widget.multi_choice: _multi_choice,
    Widget.checkbox: _checkbox,
}


def _option_object(value: str, label: str) -> dict:
    return {"text": elements.plain_text(label, MAX_OPTION_LENGTH), "value": str(value)}


def _modal_view(callback_id: str, title: str, submit: str, blocks: list[dict], private: dict[str, Any]) -> dict:
    metadata = json.dumps(private, separators=(",", ":"))
    if len(metadata) > MAX_PRIVATE_METADATA_LENGTH:
        raise ValueError("More is to be remembered with this form than Slack keeps.")
    return {
        "type": "modal",
        "callback_id": callback_id,
        "title": elements.plain_text(title, MAX_TITLE_LENGTH),
        "submit": elements.plain_text(submit, MAX_TITLE_LENGTH),
        "close": elements.plain_text("Cancel", MAX_TITLE_LENGTH),
        "private_metadata": metadata,
        "blocks": blocks,
    }
