"""The inputs of modals, within Slack's limits: what does not fit is offered another way and never cut. Pure."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from helpdesk.channels.slack.parse.interactions import NO_ASSIGNEE_VALUE
from helpdesk.channels.slack.render.blocks import elements
from helpdesk.models.form import Widget
from helpdesk.translation import gettext

# Limits of docs.slack.dev: composition objects (option), block elements, views.
MAX_LABEL_LENGTH = 2000
MAX_HINT_LENGTH = 2000
MAX_OPTION_LENGTH = 75
MAX_OPTION_VALUE_LENGTH = 150
MAX_OPTIONS = 100
MAX_CHECKBOXES = 10
MAX_INPUT_LENGTH = 3000
MAX_MODAL_BLOCKS = 100
MAX_VIEW_BYTES = 240_000  # Slack holds 250 KB with what it adds
MAX_FORM_FIELDS = MAX_MODAL_BLOCKS - 20  # of a new ticket's form; the other blocks are what every ticket has
BYTES_BESIDE_FORM = 40_000
HASHED_VALUE_PREFIX = "sha256-"

Choices = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ModalField:
    """One field of a modal. ``input_format`` restricts a single line: text, url or email.

    ``options`` are (value, label); where there are more than a hundred, they are found by typing. ``value`` is text, or
    a list for multi_choice and checkbox. A widget that is not among WIDGETS (files) is left out: Slack's modals have no
    control for it.
    """

    key: str
    label: str
    widget: Widget = Widget.single_line
    value: Any = None
    options: Choices = ()
    required: bool = False
    help: str = ""
    input_format: str = "text"


def option_value(value: str) -> str:
    """Return ``value`` as Slack holds it: a longer one than an option may have is represented by its hash."""
    if slack_length(value) <= MAX_OPTION_VALUE_LENGTH:
        return value
    return HASHED_VALUE_PREFIX + hashlib.sha256(value.encode()).hexdigest()


def original_value(value: str, options: Choices) -> str:
    """Return the value that ``option_value`` made ``value`` of, among those of ``options``."""
    if not value.startswith(HASHED_VALUE_PREFIX):
        return value
    return next((each for each, _ in options if option_value(each) == value), value)


def option_object(value: str, label: str) -> dict:
    """Make an option. A long label keeps its beginning and its end, where labels of one kind differ."""
    text = label.strip()
    if slack_length(text) > MAX_OPTION_LENGTH:
        text = f"{_cut(text, 46)}…{_cut(text[::-1], 26)[::-1]}"
    return {"text": elements.plain_text(text, MAX_OPTION_LENGTH), "value": option_value(str(value))}


def suggestions(options: Choices, typed: str) -> dict[str, list[dict]]:
    """Return the answer to what somebody types into an external select: at most a hundred options that contain it,
    those that begin with it first.
    """
    words = " ".join(typed.casefold().split())
    fitting = [each for each in options if words in each[1].casefold()]
    fitting.sort(key=lambda each: not each[1].casefold().startswith(words))
    return {"options": [option_object(*each) for each in fitting[:MAX_OPTIONS]]}


def slack_length(text: str) -> int:
    """Return the length of ``text`` as Slack counts it, in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def fits_input(text: object) -> bool:
    """Return whether an input can hold ``text``."""
    return slack_length(str(text or "")) <= MAX_INPUT_LENGTH


def split_for_inputs(text: str) -> list[tuple[str, str]]:
    """Split ``text`` into (part, what follows it) so that each part fits an input; joined they are ``text`` again.

    The parts end at a line where they can: Slack may not keep a line break at the end of an input.
    """
    parts = []
    while not fits_input(text):
        piece = _cut(text, MAX_INPUT_LENGTH)
        line = piece.rfind("\n")
        if line > len(piece) // 2:
            parts.append((text[:line], "\n"))
            text = text[line + 1 :]
        else:
            parts.append((piece, ""))
            text = text[len(piece) :]
    return [*parts, (text, "")]


def fit_fields(
    fields: tuple[ModalField, ...], max_count: int, max_bytes: int = MAX_VIEW_BYTES
) -> tuple[tuple[ModalField, ...], tuple[ModalField, ...]]:
    """Return (the fields that a modal holds, those that it does not: too many, or a value longer than an input)."""
    shown: list[ModalField] = []
    left_out: list[ModalField] = []
    used = 0
    for each in fields:
        if each.widget not in WIDGETS:
            continue
        size = len(json.dumps(field_block(each), ensure_ascii=False).encode())
        texts = each.value if isinstance(each.value, list | tuple) else [each.value]
        if len(shown) < max_count and used + size <= max_bytes and all(map(fits_input, texts)):
            shown.append(each)
            used += size
        else:
            left_out.append(each)
    return tuple(shown), tuple(left_out)


def field_block(each: ModalField) -> dict:
    """Make the input of a form's field; its block is called field-<key>."""
    return input_block(each, f"field-{each.key}")


def tag_blocks(chosen: tuple[str, ...], options: Choices) -> list[dict]:
    """Make the inputs of a ticket's tags: of those there are (none without any), and names that are typed."""
    present = ModalField("tags", gettext("Tags"), Widget.multi_choice, chosen, options)
    typed = ModalField("new_tags", gettext("Further tags"), help=gettext("Separated by commas. Customers see none."))
    return [input_block(each) for each in ((present, typed) if options else (typed,))]


def input_block(each: ModalField, block_id: str = "") -> dict:
    block = {
        "type": "input",
        "block_id": (block_id or each.key)[:255],
        "label": elements.plain_text(each.label, MAX_LABEL_LENGTH),
        "optional": not each.required,
        "element": {"action_id": "value"} | WIDGETS[each.widget](each),
    }
    if each.help:
        block["hint"] = elements.plain_text(each.help, MAX_HINT_LENGTH)
    return block


def _cut(text: str, limit: int) -> str:
    """Return the longest beginning of ``text`` with at most ``limit`` UTF-16 code units."""
    units = text.encode("utf-16-le", "surrogatepass")[: limit * 2]
    return units.decode("utf-16-le", "ignore")


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
    if len(each.options) > MAX_CHECKBOXES:
        return _multi_choice(each)
    options = [option_object(value, label) for value, label in each.options or (("yes", each.label),)]
    chosen = _chosen(each)
    ticked = options[:1] if each.value is True else [option for option in options if option["value"] in chosen]
    return {"type": "checkboxes", "options": options} | ({"initial_options": ticked} if ticked else {})


def _single_choice(each: ModalField) -> dict[str, Any]:
    initial = _initial_options(each)
    return _select("", each) | ({"initial_option": initial[0]} if initial else {})


def _multi_choice(each: ModalField) -> dict[str, Any]:
    initial = _initial_options(each)
    return _select("multi_", each) | ({"initial_options": initial} if initial else {})


def _select(prefix: str, each: ModalField) -> dict[str, Any]:
    if len(each.options) > MAX_OPTIONS:
        return {"type": f"{prefix}external_select", "min_query_length": 0}
    options = [option_object(value, label) for value, label in each.options if str(value)]
    offered = options or [option_object(NO_ASSIGNEE_VALUE, gettext("Nothing to choose"))]
    return {"type": f"{prefix}static_select", "options": offered}


def _initial_text(each: ModalField) -> dict[str, str]:
    return {"initial_value": str(each.value)} if each.value not in {None, ""} else {}


def _chosen(each: ModalField) -> set[str]:
    given = each.value if isinstance(each.value, list | tuple) else [each.value]
    return {option_value(str(value)) for value in given if value not in {None, "", False}}


def _initial_options(each: ModalField) -> list[dict]:
    chosen = _chosen(each)
    return [option_object(value, label) for value, label in each.options if option_value(str(value)) in chosen]


WIDGETS: dict[Widget, Callable[[ModalField], dict[str, Any]]] = {
    Widget.single_line: _single_line,
    Widget.multi_line: _multi_line,
    Widget.number: _number,
    Widget.date: _date,
    Widget.single_choice: _single_choice,
    Widget.multi_choice: _multi_choice,
    Widget.checkbox: _checkbox,
}
