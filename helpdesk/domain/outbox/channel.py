"""The interface of a channel for the outbox; each package in ``helpdesk.channels`` implements it.

The outbox is responsible for order, leases, retries and look-ups. A channel renders and sends one delivery, and
describes its external service by a few attributes. Everything but ``kind``, ``render`` and ``send`` has a default that
suits a channel with one thread per ticket in which sent messages are never changed.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar
from zoneinfo import ZoneInfo

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
    """One rendered delivery, as plain values without database rows.

    ``key`` is the delivery's random key, sent along so that ``find`` can recognise the message in the external service;
    "" for a message that is never looked up. ``content`` is in the channel's own type. ``possibly_sent_since`` is the
    start of the first attempt with an unknown result, from which ``find`` searches; None if there was none.
    """

    key: str
    content: ContentT
    possibly_sent_since: datetime | None = None


@dataclass(frozen=True)
class SendResult:
    """The result of a request: the id that the external service gave it, and ``extra`` for ``Delivery.data``."""

    external_id: str
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Preview:
    """How this channel will show a text: each message of it as Markdown, or with ``is_plain`` as text."""

    parts: list[str]
    is_plain: bool = False


@dataclass(frozen=True)
class ChannelHealth:
    """What a channel knows of its external service: a finding as a sentence, and perhaps a number."""

    name: str
    sentence: str
    value: float | None = None
    is_set_up: bool = True


@dataclass(frozen=True)
class NewThread:
    """A thread to be created for a new ticket, in the channel with this row id.

    ``user_id`` is set if only one person reads it. ``nonce`` and ``token_hash`` are those of its reply address, if it
    has one. ``external_id`` is set if the conversation exists already, because the ticket is made of a message in it;
    ``filed_ts`` is then the channel's own time at which that was asked for, as the channel writes it, if it is known.
    """

    channel_id: int
    user_id: int | None = None
    nonce: str | None = None
    token_hash: str | None = None
    external_id: str | None = None
    filed_ts: str | None = None


class Destination(Protocol):
    """An open thread of a ticket, as a query row, with the kind and audience of its channel.

    ``has_pending_update``: an update of its root message is already waiting.
    """

    id: int
    user_id: int | None
    kind: str
    audience: str
    has_pending_update: bool


class OutboundChannel(ABC, Generic[ContentT]):
    """One kind of external destination. It has no state: one instance serves all threads."""

    kind: str  # the value in channels.kind
    name_prefix: str | None = None  # what the names of its channels begin with; None where they have no names
    threadless_label: str = ""  # what people read for the deliveries without a thread
    threadless_kinds: frozenset[DeliveryKind] = frozenset()  # deliveries without a thread that this channel sends
    urgent_kinds: frozenset[DeliveryKind] = frozenset()  # those of them that a person is waiting for
    removes_copies = False  # ``enqueue_removal`` removes what was sent, and ``find`` finds what may have been
    has_root_message = False  # messages are replies to the thread's DeliveryKind.card, and wait until it was sent
    is_idempotent = False  # the service recognises a repeated request by its key, so it may be repeated without look-up
    pauses_when_rate_limited = True  # a rate limit is meant for the whole channel, not for one request
    gives_up_after: timedelta | None = timedelta(hours=48)  # after which a delivery fails; None: never

    @abstractmethod
    def render(self, delivery: Delivery) -> ContentT:
        """Render ``delivery``. Raises SkipDelivery if it need not be sent, RetryLater if it must wait."""

    @abstractmethod
    def send(self, request: OutboundRequest[ContentT]) -> SendResult:
        """Send the request once, without retries. No transaction is open. Raises ChannelError."""

    def render_look_up(self, delivery: Delivery) -> ContentT | None:
        """What ``find`` needs to look for an attempt that must not be repeated; None if this channel cannot look."""
        return None

    def find(self, request: OutboundRequest[ContentT]) -> SendResult | None:
        """Look up the result of an earlier attempt; None if it certainly did not arrive or repeating does no harm.

        Raises ChannelError if the look-up fails; nothing is sent then.
        """
        return None

    def said_at(self, external_id: str) -> datetime | None:
        """Our time at which the message ``external_id`` was written in this channel; None if its id does not tell."""
        return None

    def hold_off(self) -> timedelta:
        """How long to wait before a delivery with an unknown result is looked up and retried."""
        return timedelta(seconds=config.current().DELIVERY_HOLD_OFF)

    def check_health(self, zone: ZoneInfo) -> ChannelHealth | None:
        """What the page of the installation's health says about the external service, with times on the clock of
        ``zone``; None for nothing.
        """
        return None

    def is_installation_error(self, reason: str) -> bool:
        """Whether ``reason`` blocks all channels of this kind, so that one success unblocks them all."""
        return False

    def after_sent(self, delivery_id: int, sent: SendResult) -> None:
        """Called when the delivery was sent, in the transaction that records it; the ticket is locked."""

    def after_reacted_message_sent(self, delivery_id: int) -> None:
        """Called after ``after_sent`` if the delivery is a message, or its card, to which people have reacted."""

    def handle_permanent_error(self, delivery: Delivery, error: PermanentError) -> None:
        """Called when the external service refused ``delivery`` permanently; the row is locked.

        Raises SkipDelivery if nothing is lost by it, RetryLater if it is to be sent differently; otherwise it fails.
        """

    def pauses_channel(self, kind: str) -> bool:
        """Whether a rate limit met by a delivery of ``kind`` is meant for everything in its channel."""
        return self.pauses_when_rate_limited

    def threads_for_new_ticket(self, ticket: Ticket, channel_ids: list[int]) -> list[NewThread]:
        """Return the threads to create for a new ticket; ``channel_ids`` are its channels of this kind."""
        return [NewThread(channel_id) for channel_id in channel_ids]

    def enqueue_new_ticket(self, batch: DeliveryBatch, thread_id: int, ticket: Ticket, message: Message) -> None:
        """Add the first deliveries of one thread of a new ticket; ``message`` is the ticket's first message."""
        if self.has_root_message:
            batch.add(thread_id, DeliveryKind.card)
        else:
            batch.add(thread_id, DeliveryKind.message, message=message)

    def enqueue_message(self, batch: DeliveryBatch, destination: Destination, message: Message) -> None:
        """Add the deliveries for a new ``message`` that this destination may read and did not send itself."""
        batch.add(destination.id, DeliveryKind.message, message=message)

    def enqueue_edit(self, thread: Thread, message: Message) -> None:
        """Add the deliveries for an edited ``message``. Unsent ones need none: they are rendered when sent."""

    def enqueue_files(self, batch: DeliveryBatch, destination: Destination, message: Message, first_part: int) -> None:
        """Add the deliveries for files added to ``message`` after it was sent, from the one at place ``first_part``."""

    def enqueue_removal(self, copy: Delivery, message: Message) -> None:
        """Remove ``copy``, which was or may have been sent, of a message that was deleted or became a note."""

    def enqueue_reaction(self, thread: Thread, message: Message, emoji: str, *, is_added: bool) -> None:
        """Add what shows a reaction to ``message`` that was put on it elsewhere, or no longer is, if it shows them."""

    def enqueue_ticket_update(self, batch: DeliveryBatch, destination: Destination) -> None:
        """Add what shows a change of the ticket; called for each open thread."""

    def notify_agent(
        self, ticket: Ticket, user: User, sentence: str, due_at: datetime | None, is_repeated: bool
    ) -> bool:
        """Notify one agent about a ticket, if this channel can, not before ``due_at``.

        ``is_repeated``: not if they are notified of the ticket's further messages anyway. Returns whether a thread of
        the ticket shows it.
        """
        return False

    def notify_group(self, ticket: Ticket, group: str, sentence: str) -> bool:
        """Notify the group of agents that is called ``group`` in this channel, if it can. Returns whether a thread of
        the ticket shows it.
        """
        return False

    def notify_team(self, sentence: str) -> bool:
        """Write a line to the whole team outside any ticket, if this channel has a place for that. Returns whether it
        has.
        """
        return False

    def preview(self, body: str, from_team: bool) -> Preview | None:
        """How a message with this ``body`` will be shown; None where it looks as in the portal. Pure."""
        return None

    def on_reply_published(self, message: Message) -> None:
        """Called when a reply that was held became public."""

    def on_ticket_changed(self, ticket_id: int) -> None:
        """Called once when the ticket changed."""

    def enqueue_notification(
        self, ticket: Ticket, kind: DeliveryKind, data: dict[str, Any], due_at: datetime | None = None
    ) -> None:
        """Notify the requester that the ticket was solved or closes soon, if this channel writes to persons.

        Not before ``due_at``, if that is given.
        """

    def open_personal_thread(self, ticket: Ticket, user: User) -> None:
        """Create or reopen a thread with ``user`` about ``ticket``, if this channel writes to persons."""
