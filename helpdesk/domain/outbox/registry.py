"""The registered channels, by kind. The application registers them at the start."""

from typing import Any

from sqlalchemy import event

from helpdesk.domain.outbox.channel import OutboundChannel
from helpdesk.models.channel import NAME_PREFIXES, Channel
from helpdesk.models.delivery import Delivery

_channels: dict[str, OutboundChannel[Any]] = {}


def register_channel(channel: OutboundChannel[Any]) -> None:
    """Register ``channel`` for its kind. Raises ValueError if another channel sends one of its threadless kinds."""
    for other in _channels.values():
        both = other.threadless_kinds & channel.threadless_kinds
        if other.kind != channel.kind and both:
            raise ValueError(f"{other.kind} and {channel.kind} both send {', '.join(sorted(both))}.")
    _channels[channel.kind] = channel
    if channel.name_prefix is not None:
        NAME_PREFIXES[channel.kind] = channel.name_prefix


def unregister_channel(kind: str) -> None:
    """Remove the channel of this kind."""
    _channels.pop(kind, None)


def get_channel(kind: str) -> OutboundChannel[Any]:
    """Return the channel of this kind. Raises LookupError if none is registered."""
    try:
        return _channels[kind]
    except KeyError:
        raise LookupError(f"No channel of the kind {kind!r} is registered.") from None


def is_registered(kind: str) -> bool:
    """Whether a channel of this kind is registered. The threads of a removed channel still exist."""
    return kind in _channels


def list_channels() -> list[OutboundChannel[Any]]:
    """Return all channels, in the order they were registered."""
    return list(_channels.values())


def list_kinds_with_root() -> list[str]:
    """Return the kinds of the channels in which messages wait for the root message of their thread."""
    return [channel.kind for channel in _channels.values() if channel.has_root_message]


def list_urgent_kinds() -> list[str]:
    """Return the kinds of deliveries that a person is waiting for, so that they are sent before a backlog."""
    return [str(kind) for channel in _channels.values() for kind in channel.urgent_kinds]


def channel_for(delivery: Delivery) -> OutboundChannel[Any]:
    """Return the channel that sends ``delivery``. Raises LookupError if none does.

    It is that of its thread, or the one that sends its kind without a thread.
    """
    if delivery.thread is not None:
        return get_channel(delivery.thread.channel.kind)
    for channel in _channels.values():
        if delivery.kind in channel.threadless_kinds:
            return channel
    raise LookupError(f"No channel sends {delivery.kind!r} without a thread.")


@event.listens_for(Channel, "before_insert")
def _ensure_registered(_mapper: Any, _connection: Any, row: Channel) -> None:
    """Reject a channel of an unregistered kind. The database accepts all, so that a new kind needs no migration."""
    get_channel(row.kind)
