"""From a row to what is sent: reads rows, makes values, decides that something need not be sent after all."""

from helpdesk.channels.email import render
from helpdesk.channels.slack.render import web_api_calls
from helpdesk.channels.types import OutboundRequest
from helpdesk.channels.webhook import rendering
from helpdesk.domain.outbox.errors import RetryLater, SkipDelivery
from helpdesk.models.delivery import Delivery

__all__ = ["RetryLater", "SkipDelivery", "channel_kind_of", "render_delivery"]

CHANNEL_BY_KIND = {"webhook": "webhook", "home": "slack"}  # kinds that belong to no thread and are no mail


def render_delivery(delivery: Delivery) -> OutboundRequest:
    """The finished post for ``delivery``. Raises Skip when it need not leave any more, NotYet when it must wait."""
    kind = channel_kind_of(delivery)
    if kind == "webhook":
        method, arguments = "POST", rendering.render_request(delivery)
    elif kind == "email":
        method, arguments = "mail", render.render_mail(delivery)
    else:
        method, arguments = web_api_calls.render_call(delivery)
    return OutboundRequest(key=delivery.key, method=method, arguments=arguments, sent_before=delivery.maybe_since)


def channel_kind_of(delivery: Delivery) -> str:
    """The kind of channel ``delivery`` leaves by; what belongs to no thread is a mail, or a webhook's call."""
    if delivery.thread is not None:
        return delivery.thread.channel.kind
    return CHANNEL_BY_KIND.get(delivery.kind, "email")
