"""What webhooks are told: a delivery's row becomes the finished body of one signed request."""

import json
from dataclasses import dataclass

from helpdesk import key_derivation
from helpdesk.domain.outbox.errors import SkipDelivery
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery
from helpdesk.models.webhook import Webhook


@dataclass(frozen=True)
class SignedRequest:
    """Where to POST ``body``, and the ``secret`` it is signed with."""

    url: str
    secret: bytes
    body: bytes


def render_request(delivery: Delivery) -> SignedRequest:
    """The request. Raises SkipDelivery where the webhook is gone or switched off. Every try sends the same body."""
    webhook = db.session.get(Webhook, delivery.subject_id)
    if webhook is None or not webhook.is_active:
        raise SkipDelivery("The webhook is switched off.")
    body = json.dumps({"id": delivery.key, **delivery.data["payload"]}, ensure_ascii=False, separators=(",", ":"))
    return SignedRequest(webhook.url, key_derivation.sign("webhook", webhook.nonce), body.encode())
