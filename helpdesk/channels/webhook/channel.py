"""Webhooks as a channel of the outbox: signed requests to other programs. Nothing is received from them."""

from helpdesk.channels.webhook import http, rendering
from helpdesk.channels.webhook.rendering import SignedRequest
from helpdesk.domain.outbox.channel import OutboundChannel, OutboundRequest, SendResult
from helpdesk.models.delivery import Delivery, DeliveryKind
from helpdesk.translation import lazy_gettext


class WebhookChannel(OutboundChannel[SignedRequest]):
    """All webhooks. A receiver recognises a repeated request by its id."""

    kind = "webhook"
    threadless_label = lazy_gettext("webhooks")
    threadless_kinds = frozenset({DeliveryKind.webhook})
    is_idempotent = True

    def render(self, delivery: Delivery) -> SignedRequest:
        return rendering.render_request(delivery)

    def send(self, request: OutboundRequest[SignedRequest]) -> SendResult:
        return http.post_request(request.key, request.content.url, request.content.secrets, request.content.body)
