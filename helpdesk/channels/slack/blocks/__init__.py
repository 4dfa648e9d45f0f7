"""Everything Slack shows of ours: plain values in, Slack's JSON out, within its limits. Pure."""

from helpdesk.channels.slack.blocks.cards import CardValues, card
from helpdesk.channels.slack.blocks.ephemerals import help_text, notice, pointer, promise, refusal
from helpdesk.channels.slack.blocks.lists import HomeValues, ListRow, home, ticket_list
from helpdesk.channels.slack.blocks.modals import (
    CreateValues,
    EditValues,
    Field,
    create_modal,
    edit_modal,
    errors,
)
from helpdesk.channels.slack.blocks.replies import MARKS, ReplyValues, event, note, reply, split, visibility

__all__ = [
    "MARKS",
    "CardValues",
    "CreateValues",
    "EditValues",
    "Field",
    "HomeValues",
    "ListRow",
    "ReplyValues",
    "card",
    "create_modal",
    "edit_modal",
    "errors",
    "event",
    "help_text",
    "home",
    "note",
    "notice",
    "pointer",
    "promise",
    "refusal",
    "reply",
    "split",
    "ticket_list",
    "visibility",
]
