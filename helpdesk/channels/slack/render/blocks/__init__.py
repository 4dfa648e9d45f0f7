"""Everything of ours that Slack shows: plain values in, Slack's JSON out, within its limits. Pure."""

from helpdesk.channels.slack.render.blocks.cards import CardValues, card_message
from helpdesk.channels.slack.render.blocks.ephemerals import (
    agents_only_notice,
    help_text,
    link_line,
    notice,
    pending_reply_notice,
)
from helpdesk.channels.slack.render.blocks.lists import HomeValues, ListRow, home_view, ticket_list
from helpdesk.channels.slack.render.blocks.messages import (
    MARKER_EMOJI,
    ReplyValues,
    describe_visibility,
    event_line,
    note_message,
    reply_message,
    split_body,
)
from helpdesk.channels.slack.render.blocks.modals import (
    WIDGETS,
    CreateValues,
    EditValues,
    ModalField,
    create_modal,
    edit_modal,
    modal_errors,
)

__all__ = [
    "MARKER_EMOJI",
    "WIDGETS",
    "CardValues",
    "CreateValues",
    "EditValues",
    "ModalField",
    "HomeValues",
    "ListRow",
    "ReplyValues",
    "card_message",
    "create_modal",
    "edit_modal",
    "modal_errors",
    "event_line",
    "help_text",
    "home_view",
    "note_message",
    "notice",
    "link_line",
    "pending_reply_notice",
    "agents_only_notice",
    "reply_message",
    "split_body",
    "ticket_list",
    "describe_visibility",
]
