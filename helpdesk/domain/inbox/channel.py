"""What a channel is to the inbox: the interface of those that are also heard, not only written to."""

from abc import abstractmethod
from typing import Any, Generic, TypeVar

from helpdesk.domain.errors import DomainError
from helpdesk.domain.inbox.results import Result
from helpdesk.domain.outbox import registry
from helpdesk.domain.outbox.channel import ContentT, OutboundChannel, OutboundRequest
from helpdesk.models.inbound_event import InboundEvent

ContextT = TypeVar("ContextT")


class TwoWayChannel(OutboundChannel[ContentT], Generic[ContentT, ContextT]):
    """A channel from which events come in. They are stored as they came, then understood and applied by a worker."""

    @abstractmethod
    def fetch_context(self, payload: dict[str, Any], raw: bytes | None) -> ContextT:
        """Read what came in, and ask the outside for all that must be known about it.

        No transaction is open. Raises ChannelError when the outside does not tell; it is then asked again later.
        """

    @abstractmethod
    def apply(self, inbound: InboundEvent, context: ContextT) -> Result:
        """Do what it means, inside the transaction that marks it done. ``inbound`` is locked.

        Raises DomainError with nothing done where it is refused, ChannelError to be tried again later.
        """

    def ordering_key(self, payload: dict[str, Any]) -> str | None:
        """Events of one key, at most 120 characters, are processed in the order they came; None for no order."""
        return None

    def is_own_echo(self, payload: dict[str, Any]) -> bool:
        """Whether it only tells of something we sent ourselves, and need not be stored."""
        return False

    def on_refused(self, context: ContextT, refusal: DomainError) -> list[OutboundRequest[ContentT]]:
        """What to answer to the one whose event was refused."""
        return []


def get_two_way_channel(kind: str) -> TwoWayChannel[Any, Any]:
    """The channel of this kind. Raises LookupError where none is registered from which events come in."""
    channel = registry.get_channel(kind)
    if not isinstance(channel, TwoWayChannel):
        raise LookupError(f"Nothing comes in from channels of the kind {kind!r}.")
    return channel
