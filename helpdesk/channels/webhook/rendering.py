"""Render a webhook delivery as the body of one signed request."""

import json
from dataclasses import dataclass

from helpdesk import key_derivation
from helpdesk.domain.outbox.errors import SkipDelivery
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery
from helpdesk.models.webhook import Webhook


@dataclass(frozen=True)
class SignedRequest:
    """A request: where to POST ``body``, and the ``secrets`` it is signed with."""

    url: str
    secrets: tuple[bytes, ...]
    body: bytes


def render_request(delivery: Delivery) -> SignedRequest:
    """Return the request; every attempt sends the same body. Raises SkipDelivery where the webhook was deleted or
    switched off.

    The secrets are those of every accepted SECRET_KEY: a receiver may know the one of an earlier key.
    """
    webhook = db.session.get(Webhook, delivery.subject_id)
    if webhook is None or not webhook.is_active:
        raise SkipDelivery("The webhook is switched off.")
    body = json.dumps({"id": delivery.key, **delivery.data["payload"]}, ensure_ascii=False, separators=(",", ":"))
    secrets = key_derivation.sign_with_each(key_derivation.Purpose.WEBHOOK, webhook.nonce)
    return SignedRequest(webhook.url, tuple(secrets), body.encode())
