"""The modals that open in Slack, and the answer to one with mistakes. Pure."""

import json
from dataclasses import dataclass, field
from typing import Any

from helpdesk.channels.slack.parse.interactions import NO_ASSIGNEE_VALUE
from helpdesk.channels.slack.render.blocks import elements
from helpdesk.channels.slack.render.blocks.inputs import (
    MAX_HINT_LENGTH,
    MAX_MODAL_BLOCKS,
    Choices,
    ModalField,
    field_block,
    fit_fields,
    input_block,
    split_for_inputs,
    tag_blocks,
)
from helpdesk.models.form import Widget
from helpdesk.translation import gettext, lazy_gettext, ngettext

MAX_TITLE_LENGTH = 24
NOBODY = (NO_ASSIGNEE_VALUE, lazy_gettext("Nobody"))
MAX_PRIVATE_METADATA_LENGTH = 3000


@dataclass(frozen=True)
class EditValues:
    """Values of the modal *Edit*. Choices are (value, label); ``assignee`` None is nobody.

    ``web_fields`` are the labels of fields that no modal can hold; the page ``url`` can.
    """

    number: int
    reference: str
    status: str
    statuses: Choices
    priority: str
    priorities: Choices
    assignee: str | None = None
    assignees: Choices = ()
    tags: tuple[str, ...] = ()
    all_tags: Choices = ()
    fields: tuple[ModalField, ...] = ()
    private: dict[str, Any] = field(default_factory=dict)
    web_fields: tuple[str, ...] = ()
    url: str = ""


@dataclass(frozen=True)
class ReplyModalValues:
    """Values of the modal *Reply*. Choices are (value, label)."""

    number: int
    requester: str
    canned_replies: Choices
    statuses: Choices
    canned_reply: str = ""
    body: str = ""
    is_body_needed: bool = True
    status: str = ""
    assignees: Choices = ()
    assignee: str = ""
    priorities: Choices = ()
    priority: str = ""
    private: dict[str, Any] = field(default_factory=dict)


def edit_modal(values: EditValues) -> dict:
    """Return the view of *Edit*: callback edit_ticket, private {"reference"}, blocks status, assignee, priority, tags
    (of those there are), new_tags (names that are typed) and field-<key>.
    """
    blocks = [
        input_block(
            ModalField("status", gettext("Status"), Widget.single_choice, values.status, values.statuses, required=True)
        ),
        input_block(
            ModalField(
                "assignee",
                gettext("Assignee"),
                Widget.single_choice,
                values.assignee or NO_ASSIGNEE_VALUE,
                (NOBODY, *values.assignees),
                required=True,
            )
        ),
        input_block(
            ModalField(
                "priority", gettext("Priority"), Widget.single_choice, values.priority, values.priorities, required=True
            )
        ),
        *tag_blocks(values.tags, values.all_tags),
    ]
    blocks += form_blocks(values.fields, values.web_fields, values.url, "changed", MAX_MODAL_BLOCKS - len(blocks) - 1)
    private = {"reference": values.reference} | values.private
    return modal_view(
        "edit_ticket", gettext("Ticket #%(number)s", number=values.number), gettext("Save"), blocks, private
    )


def reply_modal(values: ReplyModalValues) -> dict:
    """Return the view of *Reply*: callback reply_ticket, blocks canned, kind, body, status, assignee and priority;
    choosing a canned reply sends the action choose_canned.
    """
    kinds = (
        ("reply", gettext("Answer to %(requester)s", requester=values.requester)),
        ("note", gettext("Note for the team")),
    )
    canned = input_block(
        ModalField(
            "canned",
            gettext("Macro"),
            Widget.single_choice,
            values.canned_reply,
            values.canned_replies,
            required=False,
        )
    )
    canned |= {"dispatch_action": True}
    canned["element"]["action_id"] = "choose_canned"
    set_by_macro = f"of-{values.canned_reply}" if values.canned_reply else ""
    changes = (
        ("status", gettext("Status"), values.statuses, values.status),
        ("assignee", gettext("Assignee"), values.assignees, values.assignee),
        ("priority", gettext("Priority"), values.priorities, values.priority),
    )
    blocks = [
        *([canned] if values.canned_replies else []),
        input_block(ModalField("kind", gettext("Who reads it"), Widget.single_choice, "reply", kinds, required=True)),
        *body_blocks(
            values.body, gettext("Message"), f"body-{set_by_macro}" if set_by_macro else "", values.is_body_needed
        ),
        *(_change_block(*change, set_by_macro) for change in changes),
    ]
    glue = [following for _, following in split_for_inputs(values.body)[:-1]]
    private = {name: value for name, value in values.private.items() if name != "glue"} | (
        {"glue": glue} if glue else {}
    )
    return modal_view(
        "reply_ticket", gettext("Reply to #%(number)s", number=values.number), gettext("Send"), blocks, private
    )


def _change_block(name: str, label: str, choices: Choices, chosen: str, action_id: str) -> dict:
    """Make the input of something that a reply sets. Slack keeps what was chosen while the ids stay, so that what
    another macro sets needs another ``action_id``.
    """
    options = ((NO_ASSIGNEE_VALUE, gettext("As it is")), *choices)
    made = input_block(
        ModalField(name, label, Widget.single_choice, chosen or NO_ASSIGNEE_VALUE, options, required=True)
    )
    if action_id:
        made["element"]["action_id"] = f"{name}-{action_id}"
    return made


def modal_errors(sentences: dict[str, str]) -> dict:
    """Return the answer to a modal with mistakes: a sentence per block (status, subject, field-<key>); {} without."""
    return sentences and {
        "response_action": "errors",
        "errors": {name: elements.truncate(text, MAX_HINT_LENGTH) for name, text in sentences.items()},
    }


def modal_update(view: dict[str, Any]) -> dict[str, Any]:
    """Return the answer to a modal that shows ``view`` in its place."""
    return {"response_action": "update", "view": view}


def body_from_values(values: dict[str, Any], glue: object) -> str:
    """Return the text typed into the inputs of the body, of which there are several for a long one."""
    between = [each for each in glue if isinstance(each, str)] if isinstance(glue, list) else []
    parts = [str(values.get(_body_name(number)) or "") for number in range(len(between) + 1)]
    return "".join(part + following for part, following in zip(parts, [*between, ""], strict=True))


def body_blocks(body: str, label: str = "", action_id: str = "", is_needed: bool = True, help: str = "") -> list[dict]:
    """Make the inputs of the body. Slack keeps what was typed in an input whose ids stay: a new text needs another
    ``action_id``.
    """
    parts = split_for_inputs(body)
    label = label or gettext("What is it about?")
    made = [
        input_block(
            ModalField(
                _body_name(number),
                label + (f" ({number + 1}/{len(parts)})" if len(parts) > 1 else ""),
                Widget.multi_line,
                part,
                required=number == 0 and is_needed,
                help="" if number else help,
            )
        )
        for number, (part, _) in enumerate(parts)
    ]
    for block in made:
        block["element"]["action_id"] = action_id or "value"
    return made


def _body_name(number: int) -> str:
    return f"body-{number + 1}" if number else "body"


def form_blocks(
    fields: tuple[ModalField, ...], web_fields: tuple[str, ...], url: str, verb: str, max_count: int
) -> list[dict]:
    """Make the inputs of a form's fields, and name those that a modal cannot hold, with a link to the page that can."""
    shown, left_out = fit_fields(fields, max_count)
    labels = [*web_fields, *(each.label for each in left_out)]
    made = [field_block(each) for each in shown]
    if not labels:
        return made
    names = ", ".join(f"“{elements.truncate(label, 60)}”" for label in labels[:5])
    if len(labels) > 5:
        names = ngettext("%(names)s and %(num)s more", "%(names)s and %(num)s more", len(labels) - 5, names=names)
    names = elements.escape_text(names, 1500)
    line = (
        ngettext("%(names)s is changed on the web", "%(names)s are changed on the web", len(labels), names=names)
        if verb == "changed"
        else ngettext("%(names)s is asked on the web", "%(names)s are asked on the web", len(labels), names=names)
    )
    link = elements.mrkdwn_link(url, gettext("open the page"))
    return [*made, elements.section_block(f"{line}: {link}" if url else line)]


def modal_view(callback_id: str, title: str, submit: str, blocks: list[dict], private: dict[str, Any]) -> dict:
    metadata = json.dumps(private, separators=(",", ":"))
    if len(metadata) > MAX_PRIVATE_METADATA_LENGTH:
        raise ValueError("More is to be remembered with this form than Slack keeps.")
    return {
        "type": "modal",
        "callback_id": callback_id,
        "title": elements.plain_text(title, MAX_TITLE_LENGTH),
        "submit": elements.plain_text(submit, MAX_TITLE_LENGTH),
        "close": elements.plain_text(gettext("Cancel"), MAX_TITLE_LENGTH),
        "private_metadata": metadata,
        "blocks": blocks,
    }
