"""Other programs as a channel: signed JSON to their https address. Nothing is ever heard from them."""

from helpdesk.channels.types import ChannelEvent, OutboundRequest, SendResult
from helpdesk.channels.webhook.http import post_request
from helpdesk.channels.webhook.signing import make_signature, signed_headers

__all__ = ["find", "signed_headers", "parse", "send", "make_signature"]


def send(post: OutboundRequest) -> SendResult:
    """Put ``arguments`` (url, secrets, body) to the address. Raises the errors of channels.errors."""
    return post_request(post.key, post.arguments["url"], post.arguments["secrets"], post.arguments["body"])


def find(post: OutboundRequest) -> SendResult | None:
    """Nobody can be asked, so None: it is sent again with the same id, by which receivers know it."""
    return None


def parse(payload: dict) -> list[ChannelEvent]:
    """Nothing: what programs have to say comes through the API."""
    return []
