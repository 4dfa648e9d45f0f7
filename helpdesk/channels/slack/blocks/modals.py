"""The forms that open in Slack, and the answer to one that was filled in wrongly. Pure."""

import json
from dataclasses import dataclass, field
from typing import Any

from helpdesk.channels.slack.blocks import parts
from helpdesk.channels.slack.interactions import NOBODY

TITLE = 24
LABEL = 2000
HINT = 2000
PLACE = 150
OPTION = 75
OPTION_VALUE = 150
OPTIONS = 100
INPUT = 3000
PRIVATE = 3000
MODAL_BLOCKS = 100

Choices = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Field:
    """One field of a form. ``kind`` is a form field's (short_text, long_text, number, date, select, multi_select, checkbox,
    person, url, file) or email.

    ``options`` are (value, label), a person's too; ``value`` is text, or a list for multi_select and checkbox. Files are
    not asked for in Slack's forms.
    """

    key: str
    label: str
    kind: str = "short_text"
    value: Any = None
    options: Choices = ()
    required: bool = False
    help: str = ""


@dataclass(frozen=True)
class EditValues:
    """What the form *Edit* shows. Choices are (value, label); ``assignee`` None is nobody."""

    number: int
    reference: str
    status: str
    statuses: Choices
    priority: str
    priorities: Choices
    assignee: str | None = None
    assignees: Choices = ()
    fields: tuple[Field, ...] = ()
    private: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class CreateValues:
    """What the form for a new ticket shows. ``origin`` comes back with it: where the message stood that it is made of."""

    organizations: Choices
    forms: Choices
    organization: str | None = None
    form: str | None = None
    requester: str = ""
    subject: str = ""
    body: str = ""
    fields: tuple[Field, ...] = ()
    origin: dict[str, Any] = field(default_factory=dict)


def edit_modal(values: EditValues) -> dict:
    """The view of *Edit*: callback edit_ticket, private {"reference"}, blocks status, assignee, priority and field-<key>."""
    nobody = ((NOBODY, "Nobody"),)
    blocks = [
        _input(Field("status", "Status", "select", values.status, values.statuses, required=True)),
        _input(
            Field(
                "assignee",
                "Assignee",
                "select",
                values.assignee or NOBODY,
                nobody + values.assignees,
                required=True,
            )
        ),
        _input(Field("priority", "Priority", "select", values.priority, values.priorities, required=True)),
        *_fields(values.fields, room=MODAL_BLOCKS - 3),
    ]
    private = {"reference": values.reference} | values.private
    return _view("edit_ticket", f"Ticket #{values.number}", "Save", blocks, private)


def create_modal(values: CreateValues) -> dict:
    """The view for a new ticket: callback create_ticket, private ``origin``; choosing a form sends the action choose_form."""
    form = _input(Field("form", "Form", "select", values.form, values.forms, required=True))
    form |= {"dispatch_action": True}
    form["element"]["action_id"] = "choose_form"
    blocks = [
        _input(
            Field(
                "organization",
                "Organization",
                "select",
                values.organization,
                values.organizations,
                required=True,
            )
        ),
        *([form] if len(values.forms) > 1 else []),
        _input(
            Field(
                "requester",
                "Requester’s email address",
                "email",
                values.requester,
                help="Empty if it is not known.",
            )
        ),
        _input(Field("subject", "Subject", "short_text", values.subject[:255], required=True)),
        _input(Field("body", "What is it about?", "long_text", values.body, required=True)),
        *_fields(values.fields, room=MODAL_BLOCKS - 5),
    ]
    return _view("create_ticket", "New ticket", "File ticket", blocks, values.origin)


def errors(sentences: dict[str, str]) -> dict:
    """The answer to a form that cannot be taken: a sentence per block (status, subject, field-<key>)."""
    return {
        "response_action": "errors",
        "errors": {name: parts.short(text, HINT) for name, text in sentences.items()},
    }


def choices(pairs: Choices) -> dict[str, Any]:
    """``options``, or where there are more than a hundred ``option_groups`` named by their first and last label."""
    options = [_option(value, label) for value, label in pairs if 0 < len(str(value)) <= OPTION_VALUE]
    if len(options) <= OPTIONS:
        return {"options": options or [_option(NOBODY, "Nothing to choose")]}
    groups = [options[start : start + OPTIONS] for start in range(0, min(len(options), OPTIONS * OPTIONS), OPTIONS)]
    return {
        "option_groups": [
            {
                "label": parts.plain(f"{group[0]['text']['text'][:30]} … {group[-1]['text']['text'][:30]}", OPTION),
                "options": group,
            }
            for group in groups
        ]
    }


def _fields(fields: tuple[Field, ...], room: int) -> list[dict]:
    asked = [each for each in fields if each.kind != "file"]
    return [_input(each, f"field-{each.key}") for each in asked[:room]]


def _input(each: Field, block_id: str = "") -> dict:
    block = {
        "type": "input",
        "block_id": (block_id or each.key)[:255],
        "label": parts.plain(each.label, LABEL),
        "optional": not each.required,
        "element": {"action_id": "value"} | _element(each),
    }
    if each.help:
        block["hint"] = parts.plain(each.help, HINT)
    return block


def _element(each: Field) -> dict[str, Any]:
    if each.kind in {"select", "multi_select", "checkbox"} or (each.kind == "person" and each.options):
        return _choosing(each)
    if each.kind == "date":
        return {"type": "datepicker"} | ({"initial_date": str(each.value)} if each.value else {})
    value = {"initial_value": str(each.value)[:INPUT]} if each.value not in {None, ""} else {}
    if each.kind == "number":
        return {"type": "number_input", "is_decimal_allowed": True} | value
    if each.kind in {"email", "url"}:
        return {"type": f"{each.kind}_text_input"} | value
    return {"type": "plain_text_input", "multiline": each.kind == "long_text", "max_length": INPUT} | value


def _choosing(each: Field) -> dict[str, Any]:
    given = each.value if isinstance(each.value, list | tuple) else [each.value]
    chosen = {str(value) for value in given if value not in {None, "", False}}
    if each.kind == "checkbox":
        options = [_option(value, label) for value, label in (each.options or (("yes", each.label),))[:10]]
        ticked = [option for option in options if option["value"] in chosen]
        if each.value is True:
            ticked = options[:1]
        return {"type": "checkboxes", "options": options} | ({"initial_options": ticked} if ticked else {})
    offered = choices(each.options)
    initial = [_option(value, label) for value, label in each.options if str(value) in chosen]
    if each.kind == "multi_select":
        return {"type": "multi_static_select"} | offered | ({"initial_options": initial} if initial else {})
    return {"type": "static_select"} | offered | ({"initial_option": initial[0]} if initial else {})


def _option(value: str, label: str) -> dict:
    return {"text": parts.plain(label, OPTION), "value": str(value)}


def _view(callback_id: str, title: str, submit: str, blocks: list[dict], private: dict[str, Any]) -> dict:
    kept = json.dumps(private, separators=(",", ":"))
    if len(kept) > PRIVATE:
        raise ValueError("More is to be remembered with this form than Slack keeps.")
    return {
        "type": "modal",
        "callback_id": callback_id,
        "title": parts.plain(title, TITLE),
        "submit": parts.plain(submit, TITLE),
        "close": parts.plain("Cancel", TITLE),
        "private_metadata": kept,
        "blocks": blocks,
    }
