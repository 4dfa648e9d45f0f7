"""Browsers as a channel of the outbox: notices by Web Push. Nothing is received from them."""

from datetime import timedelta

from helpdesk.channels import checked_requests
from helpdesk.channels.browser import push_message, rendering
from helpdesk.channels.browser.push_message import PushMessage
from helpdesk.domain.outbox.channel import OutboundChannel, OutboundRequest, SendResult
from helpdesk.domain.outbox.errors import PermanentError, SkipDelivery
from helpdesk.models.delivery import Delivery, DeliveryKind
from helpdesk.translation import lazy_gettext

GONE_STATUSES = (404, 410)  # RFC 8030, section 7.3: the browser no longer wants notices


class BrowserChannel(OutboundChannel[PushMessage]):
    """All browsers. A repeated notice replaces the first one, by its topic and its tag."""

    kind = "browser"
    threadless_kinds = frozenset({DeliveryKind.browser_notice})
    is_idempotent = True
    pauses_when_rate_limited = False  # a push service limits one browser
    threadless_label = lazy_gettext("notices in browsers")
    gives_up_after = timedelta(hours=12)

    def render(self, delivery: Delivery) -> PushMessage:
        return rendering.render_notice(delivery)

    def send(self, request: OutboundRequest[PushMessage]) -> SendResult:
        message = request.content
        headers = push_message.make_headers(message, request.key)
        return checked_requests.post_request(
            message.endpoint, headers, push_message.encrypt(message), gone=GONE_STATUSES
        )

    def handle_permanent_error(self, delivery: Delivery, error: PermanentError) -> None:
        if isinstance(error, checked_requests.ReceiverGone):
            rendering.remove_browser(delivery)
            raise SkipDelivery(lazy_gettext("This browser shows no notices any more."))
