"""Other programs as a channel: signed JSON to their https address. Nothing is ever heard from them."""

from helpdesk.channels.values import Heard, Post, Sent
from helpdesk.channels.webhook.signing import headers, signature
from helpdesk.channels.webhook.transport import put

__all__ = ["find", "headers", "parse", "send", "signature"]


def send(post: Post) -> Sent:
    """Put ``arguments`` (url, secret, body) to the address. Raises the errors of channels.errors."""
    return put(post.key, post.arguments["url"], post.arguments["secret"], post.arguments["body"])


def find(post: Post) -> Sent | None:
    """Nobody can be asked, so None: it is sent again with the same id, by which receivers know it."""
    return None


def parse(payload: dict) -> list[Heard]:
    """Nothing: what programs have to say comes through the API."""
    return []
