"""Render a webhook delivery as the body of one signed request."""

import json
from dataclasses import dataclass
from typing import Any

from helpdesk import clock
from helpdesk.domain.integrations import webhook_secrets, webhooks
from helpdesk.domain.outbox.errors import RetryLater, SkipDelivery
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery
from helpdesk.models.message import Message, MessageKind
from helpdesk.models.webhook import Webhook
from helpdesk.translation import gettext

PAYLOAD_VERSION = 1  # grows when a property of the body goes or means something else, not when one is added
MAX_WAIT = 300  # seconds until an event asks again whether the earlier one was received


@dataclass(frozen=True)
class SignedRequest:
    """A request: where to POST ``body``, and the ``secrets`` it is signed with."""

    url: str
    secrets: tuple[bytes, ...]
    body: bytes


def render_request(delivery: Delivery) -> SignedRequest:
    """Return the request; every attempt sends the same body, but for words that were taken back since.

    Raises SkipDelivery where the webhook was deleted or switched off, and RetryLater while an earlier event of the same
    ticket was not received yet. ``sequence`` grows with every event of a ticket; one that is sent again has its first
    one. The secrets are all that a receiver may know: the former one, too, and those of every accepted SECRET_KEY.
    """
    webhook = db.session.get(Webhook, delivery.subject_id)
    if webhook is None or not webhook.is_active:
        raise SkipDelivery(gettext("The webhook is switched off."))
    if (due_at := webhooks.find_earlier_unfinished(delivery)) is not None:
        seconds = (due_at - clock.now()).total_seconds()
        raise RetryLater(
            gettext("An earlier event of this ticket was not received yet."), min(max(seconds, 1), MAX_WAIT)
        )
    numbers = {"version": PAYLOAD_VERSION, "sequence": delivery.id}
    content = {"id": delivery.key, **numbers, **_omit_taken_back(webhook, delivery.data["payload"])}
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return SignedRequest(webhook.url, webhook_secrets.list_signing_keys(webhook), body.encode())


def _omit_taken_back(webhook: Webhook, payload: dict[str, Any]) -> dict[str, Any]:
    """Return ``payload`` without the words and files of a message that was deleted since, or that only the team reads
    now, where ``webhook`` gets no notes.

    It may wait for a receiver that was away, or be sent again on purpose.
    """
    shown = payload.get("message")
    if not isinstance(shown, dict) or not (shown["body"] or shown["attachments"]):
        return payload
    message = db.session.get(Message, shown["id"])
    is_deleted = message is None or message.deleted_at is not None
    is_note = message is None or message.is_note or shown["kind"] == MessageKind.note
    if not is_deleted and not (is_note and "message.noted" not in webhook.events):
        return payload
    deleted_at = message.deleted_at.isoformat() if message and message.deleted_at else payload["at"]
    return payload | {"message": shown | {"body": "", "attachments": [], "deleted_at": deleted_at}}
