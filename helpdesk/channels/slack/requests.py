"""Accept requests from Slack, signed to an endpoint of ours or through Socket Mode."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from helpdesk.channels.slack import handlers
from helpdesk.channels.slack.api import client as clients
from helpdesk.channels.slack.api import slack_clock
from helpdesk.channels.slack.parse import envelopes, signature
from helpdesk.domain import inbox
from helpdesk.domain.outbox.errors import ChannelError
from helpdesk.domain.people.reader_language import in_team_language
from helpdesk.extensions import db

MAX_STAMP_LENGTH = 11  # digits of a Unix time


def is_signed(headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> bool:
    """Return whether Slack signed ``body`` within five minutes of its own present time.

    Our clock may be off: a signature that fits but seems old or new is judged again by the time that Slack tells.
    """
    if signature.verify_signature(headers, body, secrets, slack_clock.now()):
        return True
    stamp = headers.get("X-Slack-Request-Timestamp", "")
    signed_at = (
        datetime.fromtimestamp(int(stamp), UTC) if stamp.isdecimal() and len(stamp) <= MAX_STAMP_LENGTH else None
    )
    if signed_at is None or slack_clock.measured_lately():
        return False
    if not signature.verify_signature(headers, body, secrets, signed_at):
        return False
    try:
        clients.current().call("api.test")
    except ChannelError:
        return False
    return signature.verify_signature(headers, body, secrets, slack_clock.now())


@in_team_language
def handle_slack_request(payload: dict[str, Any]) -> dict[str, Any] | None:
    """Process one request whose origin is proven. Returns the answer to a modal that is not accepted, or the options
    for what somebody types into a select. Commits.

    A modal that somebody asks for is opened at once; everything else is only stored.
    """
    if envelopes.payload_kind(payload) == "options":
        return handlers.answer_suggestion(payload)
    if refusal := handlers.answer_submission(payload):
        return refusal
    if handlers.open_requested_modal(payload):
        return None
    inbox.store_event("slack", envelopes.payload_id(payload), payload)
    db.session.commit()
    return None
