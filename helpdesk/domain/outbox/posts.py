"""From a row to what is sent: reads rows, makes values, decides that something need not be sent after all."""

from helpdesk.channels.values import Post
from helpdesk.domain.outbox import calls, letters, papers
from helpdesk.domain.outbox.reasons import NotYet, Skip
from helpdesk.models.sync import Delivery

__all__ = ["NotYet", "Skip", "channel_of", "compose"]

WITHOUT_THREAD = {"webhook": "webhook", "home": "slack"}  # kinds that belong to no thread and are no mail


def compose(delivery: Delivery) -> Post:
    """The finished post for ``delivery``. Raises Skip when it need not leave any more, NotYet when it must wait."""
    kind = channel_of(delivery)
    if kind == "webhook":
        method, arguments = "POST", calls.arguments(delivery)
    elif kind == "email":
        method, arguments = "mail", letters.arguments(delivery)
    else:
        method, arguments = papers.compose(delivery)
    return Post(key=delivery.key, method=method, arguments=arguments, sent_before=delivery.maybe_since)


def channel_of(delivery: Delivery) -> str:
    """The kind of channel ``delivery`` leaves by; what belongs to no thread is a mail, or a webhook's call."""
    if delivery.thread is not None:
        return delivery.thread.channel.kind
    return WITHOUT_THREAD.get(delivery.kind, "email")
