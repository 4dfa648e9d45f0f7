"""The interface of a channel that also receives events."""

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, false, or_

from helpdesk.domain.errors import DomainError
from helpdesk.domain.inbox.results import Result
from helpdesk.domain.outbox import registry
from helpdesk.domain.outbox.channel import ContentT, OutboundChannel, OutboundRequest
from helpdesk.models.channel import Channel
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.user import User

ContextT = TypeVar("ContextT")


@dataclass(frozen=True)
class Sender:
    """A person as external services know them: an address to write to, and a member's id in the team's chat."""

    address: str
    chat_user_id: str | None = None


class TwoWayChannel(OutboundChannel[ContentT], Generic[ContentT, ContextT]):
    """A channel that receives events. They are stored as received; a worker parses and applies them."""

    @abstractmethod
    def fetch_context(self, payload: dict[str, Any], raw: bytes | None) -> ContextT:
        """Parse the event and fetch from the external service everything needed to apply it.

        No transaction is open. Raises ChannelError if the service does not answer; the event is then retried later.
        """

    @abstractmethod
    def apply(self, inbound: InboundEvent, context: ContextT) -> Result:
        """Apply the event in the transaction that marks it as done. ``inbound`` is locked.

        Raises DomainError if it is refused, ChannelError to retry it later; its changes are then rolled back.
        """

    def ordering_key(self, payload: dict[str, Any]) -> str | None:
        """Return the key, at most 120 characters, whose events are processed in order; None for no order."""
        return None

    def position(self, payload: dict[str, Any]) -> str | None:
        """The place of the event among those of its ordering key, as text that sorts; None: the time of its arrival.

        The time of its arrival is written as Unix seconds with six decimals, ten digits before the point.
        """
        return None

    def is_own_echo(self, payload: dict[str, Any]) -> bool:
        """Whether the event only reports something that we sent ourselves, so that it need not be stored."""
        return False

    def sent_by(self, sender: Sender) -> ColumnElement[bool] | None:
        """Return the condition that an inbound event was sent by ``sender``; None if none of this channel can be."""
        return None

    def find_chat_user_ids(self, user: User) -> set[str]:
        """Return the ids by which this channel's events name ``user``, as far as it is known."""
        return set()

    def sent_from(self, domain: str) -> ColumnElement[bool] | None:
        """Return the condition that an inbound event came from an address at ``domain``; None if none can."""
        return None

    def received_in(self, place: str) -> ColumnElement[bool] | None:
        """Return the condition that an inbound event was written in the channel ``place``; None if none can."""
        return None

    def on_refused(self, context: ContextT, refusal: DomainError) -> list[OutboundRequest[ContentT]]:
        """Return the answers to the person whose event was refused."""
        return []


def get_two_way_channel(kind: str) -> TwoWayChannel[Any, Any]:
    """Return the channel of this kind. Raises LookupError if none is registered that receives events."""
    channel = registry.get_channel(kind)
    if not isinstance(channel, TwoWayChannel):
        raise LookupError(f"Nothing comes in from channels of the kind {kind!r}.")
    return channel


def sent_by_condition(*senders: Sender) -> ColumnElement[bool]:
    """Return the condition that an inbound event of any channel was sent by one of ``senders``."""
    return _any_of(channel.sent_by(sender) for sender in senders for channel in _list_channels())


def find_senders(user: User, addresses: Sequence[str]) -> list[Sender]:
    """Return ``user`` as every channel may know them, with these ``addresses``, one at least."""
    ids = {id for channel in _list_channels() for id in channel.find_chat_user_ids(user)}
    return [*map(Sender, addresses), *(Sender(addresses[0], id) for id in sorted(ids))]


def sent_from_condition(domain: str) -> ColumnElement[bool]:
    """Return the condition that an inbound event of any channel came from an address at ``domain``."""
    return _any_of(channel.sent_from(domain) for channel in _list_channels())


def received_in_condition(place: Channel) -> ColumnElement[bool]:
    """Return the condition that an inbound event was written in the channel ``place``."""
    return _any_of(channel.received_in(place.external_id) for channel in _list_channels() if channel.kind == place.kind)


def _list_channels() -> list[TwoWayChannel[Any, Any]]:
    return [each for each in registry.list_channels() if isinstance(each, TwoWayChannel)]


def _any_of(conditions: Iterable[ColumnElement[bool] | None]) -> ColumnElement[bool]:
    return or_(false(), *(condition for condition in conditions if condition is not None))
