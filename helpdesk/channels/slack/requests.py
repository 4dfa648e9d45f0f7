"""Accept requests from Slack, signed to an endpoint of ours or through Socket Mode."""

from typing import Any

from helpdesk.channels.slack import handlers
from helpdesk.channels.slack.parse import envelopes
from helpdesk.channels.slack.render import blocks
from helpdesk.domain import inbox
from helpdesk.extensions import db


def handle_slack_request(payload: dict[str, Any]) -> dict[str, Any] | None:
    """Process one request whose origin is proven. Returns the answer to a modal with mistakes, or the options for
    what somebody types into a select. Commits.

    A modal that somebody asks for is opened at once; everything else is only stored.
    """
    if envelopes.payload_kind(payload) == "options":
        return handlers.answer_suggestion(payload)
    mistakes = handlers.validate_modal(payload)
    if mistakes:
        return blocks.modal_errors(mistakes)
    if handlers.open_requested_modal(payload):
        return None
    inbox.store_event("slack", envelopes.payload_id(payload), payload)
    db.session.commit()
    return None
