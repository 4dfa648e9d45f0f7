"""The modal for a new ticket, in the words of the form that is chosen. Pure."""

from dataclasses import dataclass, field
from typing import Any

from helpdesk.channels.slack.render.blocks import elements, modals
from helpdesk.channels.slack.render.blocks.inputs import (
    MAX_MODAL_BLOCKS,
    Choices,
    ModalField,
    input_block,
    split_for_inputs,
)
from helpdesk.models.form import Widget
from helpdesk.models.ticket import MAX_SUBJECT_LENGTH
from helpdesk.translation import gettext


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
