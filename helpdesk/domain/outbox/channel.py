"""What a channel is to the outbox: the interface that each package below ``helpdesk.channels`` implements.

The outbox owns order, leases, retries and look-ups; a channel says how one delivery is rendered and sent, and by a few
policy values what its other side is like. Everything but ``kind``, ``render`` and ``send`` has a default that suits a
place with one thread a ticket in which what was sent stays as it is.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

from helpdesk import config
from helpdesk.domain.outbox.enqueue import DeliveryBatch
from helpdesk.domain.outbox.errors import PermanentError
from helpdesk.models.delivery import Delivery, DeliveryKind
from helpdesk.models.message import Message
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User

ContentT = TypeVar("ContentT")


@dataclass(frozen=True)
class OutboundRequest(Generic[ContentT]):
    """One thing to be put into a channel. No row and no session is in it.

    ``key`` is the delivery's own random key, carried along so that ``find`` can recognise the thing on the other side;
    "" for what is said once and never looked for. ``content`` is the channel's own. ``possibly_sent_since`` is when an earlier
    try began, None for a first one; ``find`` looks from there on.
    """

    key: str
    content: ContentT
    possibly_sent_since: datetime | None = None


@dataclass(frozen=True)
class SendResult:
    """What came of a request: the other side's id of it, and ``extra`` to be kept in ``Delivery.data``."""

    external_id: str
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class NewThread:
    """Where a new ticket is to live: in the channel with this row id; ``user_id`` where one person alone reads there.

    ``nonce`` and ``token_hash`` belong to its reply address, where it has one.
    """

    channel_id: int
    user_id: int | None = None
    nonce: str | None = None
    token_hash: str | None = None


class Destination(Protocol):
    """A living thread of a ticket, as a row: its id, whose it is, its channel's kind and audience.

    ``has_pending_update``: an update of its root message waits already.
    """

    id: int
    user_id: int | None
    kind: str
    audience: str
    has_pending_update: bool


class OutboundChannel(ABC, Generic[ContentT]):
    """One kind of place outside the portal that things are put into. It holds no state: one instance serves all
    threads."""

    kind: str  # the word in channels.kind
    threadless_kinds: frozenset[DeliveryKind] = frozenset()  # deliveries without a thread that leave by this channel
    urgent_kinds: frozenset[DeliveryKind] = frozenset()  # those of them that somebody waits for
    has_root_message = False  # everything in a thread hangs below its DeliveryKind.card, and waits until that was sent
    is_idempotent = False  # the other side knows a repeated request by its key, so that it may be sent again unlooked
    pauses_when_rate_limited = True  # a named wait is meant for the whole channel, not for one request
    gives_up_after: timedelta | None = timedelta(hours=48)  # after which it fails; None: it is tried for ever

    @abstractmethod
    def render(self, delivery: Delivery) -> ContentT:
        """What is sent for ``delivery``. Raises SkipDelivery when it need not leave, RetryLater when it must wait."""

    @abstractmethod
    def send(self, request: OutboundRequest[ContentT]) -> SendResult:
        """Put it there, once, without a retry of its own. No transaction is open. Raises a ChannelError."""

    def find(self, request: OutboundRequest[ContentT]) -> SendResult | None:
        """What came of an earlier try; None if it certainly did not arrive, or repeating it does no harm.

        Raises ChannelError whenever the look-up itself fails: nothing is then known, and nothing is sent.
        """
        return None

    def hold_off(self) -> timedelta:
        """How long what may have been stored is left alone before it is looked for and tried again."""
        return timedelta(seconds=config.current().DELIVERY_HOLD_OFF)

    def is_installation_error(self, reason: str) -> bool:
        """Whether ``reason`` blocks all channels of this kind at once, so that one success clears them all."""
        return False

    def after_sent(self, delivery_id: int) -> None:
        """The delivery was sent; in the transaction that writes it down."""

    def handle_permanent_error(self, delivery: Delivery, error: PermanentError) -> None:
        """The other side refused ``delivery``, which is locked, for good.

        Raises SkipDelivery where nothing is lost by that, RetryLater where it goes on otherwise; else it fails.
        """

    def threads_for_new_ticket(self, ticket: Ticket, channel_ids: list[int]) -> list[NewThread]:
        """Where a new ticket is to live; ``channel_ids`` are the rows of this kind that concern its organization."""
        return [NewThread(channel_id) for channel_id in channel_ids]

    def enqueue_new_ticket(self, batch: DeliveryBatch, thread_id: int, ticket: Ticket, message: Message) -> None:
        """Add what is sent into one of its threads when a ticket is new; ``message`` is its first."""
        if self.has_root_message:
            batch.add(thread_id, DeliveryKind.card)
        else:
            batch.add(thread_id, DeliveryKind.message, message=message)

    def enqueue_message(self, batch: DeliveryBatch, destination: Destination, message: Message) -> None:
        """Add what is sent for a new ``message``; its audience was looked at, and it did not come from there."""
        batch.add(destination.id, DeliveryKind.message, message=message)

    def enqueue_edit(self, thread: Thread, message: Message) -> None:
        """``message`` has changed. What has not left is rendered as it is then, so that nothing need be done for it."""

    def enqueue_removal(self, copy: Delivery, message: Message) -> None:
        """Take back ``copy``, which has left or may have left, of a message that was deleted or became a note."""

    def enqueue_ticket_update(self, batch: DeliveryBatch, destination: Destination) -> None:
        """Something about the ticket changed; called once a living thread."""

    def on_ticket_changed(self, ticket_id: int) -> None:
        """The same, once a ticket."""

    def enqueue_notification(self, ticket: Ticket, kind: DeliveryKind, data: dict[str, Any]) -> None:
        """Tell the requester that the ticket was solved or closes soon, where they are written to in person."""

    def open_personal_thread(self, ticket: Ticket, user: User) -> None:
        """Begin to write to ``user`` about ``ticket``, or go on, where this channel writes to people in person."""
