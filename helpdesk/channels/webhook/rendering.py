"""What webhooks are told: a delivery's row becomes the finished body of one signed request."""

import json

from helpdesk import keys
from helpdesk.domain.outbox.errors import SkipDelivery
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery
from helpdesk.models.webhook import Webhook


def render_request(delivery: Delivery) -> dict:
    """Address, secret and body. Raises Skip where the webhook is gone or switched off. Every try sends the same body."""
    webhook = db.session.get(Webhook, delivery.subject_id)
    if webhook is None or not webhook.is_active:
        raise SkipDelivery("The webhook is switched off.")
    body = json.dumps({"id": delivery.key, **delivery.data["payload"]}, ensure_ascii=False, separators=(",", ":"))
    return {"url": webhook.url, "secret": keys.sign("webhook", webhook.nonce), "body": body.encode()}
