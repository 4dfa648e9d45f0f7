"""From a row to what is sent: reads rows, makes values, decides that something need not be sent after all."""

from helpdesk.channels.values import Post
from helpdesk.domain.outbox import letters, papers
from helpdesk.domain.outbox.reasons import NotYet, Skip
from helpdesk.models.sync import Delivery

__all__ = ["NotYet", "Skip", "compose"]


def compose(delivery: Delivery) -> Post:
    """The finished post for ``delivery``. Raises Skip when it need not leave any more, NotYet when it must wait."""
    if delivery.thread is None or delivery.thread.channel.kind == "email":
        method, arguments = "mail", letters.arguments(delivery)
    else:
        method, arguments = papers.compose(delivery)
    return Post(key=delivery.key, method=method, arguments=arguments, sent_before=delivery.maybe_since)
