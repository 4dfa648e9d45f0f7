"""The threads of a ticket, present and former, and the deliveries to each, as plain values for a page."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, bindparam, or_, select

from helpdesk.database import transactions
from helpdesk.domain.people import admission
from helpdesk.models.channel import Channel, format_channel_label
from helpdesk.models.delivery import Delivery, DeliveryKind, DeliveryState
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User, format_display_name
from helpdesk.translation import gettext, lazy_gettext

# The kinds of delivery that a page shows below a message.
VISIBLE_KINDS = frozenset({DeliveryKind.message, DeliveryKind.edit, DeliveryKind.delete, DeliveryKind.file})
# A delivery of any other kind is shown only while it waits for a person, because later ones wait behind it.
PROBLEM_STATES = (DeliveryState.failed, DeliveryState.on_hold)

CONTENT_LABELS: dict[str, str] = {
    DeliveryKind.card: lazy_gettext("The ticket's card"),
    DeliveryKind.card_update: lazy_gettext("An update of the ticket's card"),
    DeliveryKind.line: lazy_gettext("A line about the ticket"),
    DeliveryKind.mark: lazy_gettext("A reaction"),
    DeliveryKind.received: lazy_gettext("The mail that the ticket was received"),
    DeliveryKind.solved: lazy_gettext("The mail that the ticket was solved"),
    DeliveryKind.closing_soon: lazy_gettext("The mail that the ticket closes soon"),
}

_thread, _channel, _user, _delivery = Thread.__table__, Channel.__table__, User.__table__, Delivery.__table__
# Built once, because every page of a ticket executes one of these.
THREADS_QUERY = (
    select(
        *_thread.c["id", "external_id", "ended_at", "user_id"],
        *_channel.c["kind", "name", "external_id", "audience", "blocked_reason"],
        *_user.c["name", "email", "email_undeliverable_reason"],
        admission.can_receive_mail_condition(_thread.c.organization_id, _thread.c.ticket_id).label("may_read"),
    )
    .select_from(_thread.join(_channel).outerjoin(_user, _user.c.id == _thread.c.user_id))
    .where(_thread.c.ticket_id == bindparam("ticket_id"))
    .order_by(_thread.c.id)
)
# Threads are read once, whatever deliveries they have: else each delivery's row asks again whether a person may read.
_threads = THREADS_QUERY.order_by(None).cte("shown").prefix_with("MATERIALIZED", dialect="postgresql")
THREADS_WITH_DELIVERIES_QUERY = (
    select(*_threads.c)
    .outerjoin(
        _delivery,
        and_(
            _delivery.c.thread_id == _threads.c.id,
            or_(
                _delivery.c.message_id.between(bindparam("lowest_id"), bindparam("highest_id")),
                _delivery.c.message_id == bindparam("start_id"),
                _delivery.c.state.in_(PROBLEM_STATES),
            ),
        ),
    )
    .add_columns(*_delivery.c["id", "message_id", "kind", "state", "reason"], _delivery.c.data["bounced"].as_string())
    .order_by(_threads.c.id, _delivery.c.id)
)


@dataclass(slots=True)
class ThreadStatus:
    """A thread of a ticket: in a channel of a chat, or the mail with one person."""

    id: int
    external_id: str | None
    ended_at: datetime | None
    user_id: int | None
    kind: str
    channel_name: str
    channel_id: str
    audience: str
    blocked_reason: str | None
    user_name: str | None
    user_email: str | None
    email_undeliverable_reason: str | None
    may_read: bool | None  # of a person: whether a mail about the ticket would be sent to them now
    deliveries: list["DeliveryStatus"] = field(default_factory=list)

    @property
    def label(self) -> str:
        """The thread's name as people read it."""
        if self.user_id:
            return gettext("email to %(name)s", name=self.reader)
        return format_channel_label(self.kind, self.channel_name, self.channel_id)

    @property
    def reader(self) -> str:
        """The name of the recipient of the mail."""
        return format_display_name(self.user_name or "", self.user_email or "")

    @property
    def trouble(self) -> str | None:
        """Why nothing can be delivered here at present, as text for people; None if it can."""
        if self.user_id and not self.may_read:
            return gettext("%(reader)s may no longer see this ticket.", reader=self.reader)
        return self.blocked_reason or self.email_undeliverable_reason


@dataclass(slots=True)
class DeliveryStatus:
    """A delivery to the thread ``place``, done or pending. ``bounced``: why its mail bounced.

    ``message_id`` is None where it concerns the ticket as a whole, such as its card.
    """

    id: int
    message_id: int | None
    kind: str
    state: str
    reason: str | None
    bounced: str | None
    place: ThreadStatus
    is_of_earlier_message: bool = False

    @property
    def content(self) -> str:
        """What it brings there, as text for people; "" for the message below which it is shown."""
        if self.is_of_earlier_message:
            return gettext("Another message")
        return CONTENT_LABELS.get(self.kind, "")


def delivery_threads(ticket: Ticket, of_messages: Collection[int] | None = None) -> list[ThreadStatus]:
    """Return the present and former threads of ``ticket``; those that were read last are cached on ``ticket``.

    With the ids of messages: with the deliveries of these, and with all that wait for a person. A page shows a part of
    a timeline, and perhaps the first message: of the ids between, all are read.
    """
    threads: list[ThreadStatus] | None = getattr(ticket, "delivery_status_read", None)
    if threads is None or of_messages is not None:
        parameters = {"ticket_id": ticket.id}
        if of_messages is not None:
            start, *others = sorted(of_messages) or [0]
            lowest, highest = (others[0], others[-1]) if others else (start, start)
            parameters |= {"start_id": start, "lowest_id": lowest, "highest_id": highest}
        threads_by_id: dict[int, ThreadStatus] = {}
        query = THREADS_QUERY if of_messages is None else THREADS_WITH_DELIVERIES_QUERY
        for row in transactions.execute_core(query, parameters):
            thread = threads_by_id.get(row[0]) or threads_by_id.setdefault(row[0], ThreadStatus(*row[:13]))
            if of_messages is not None and row[13] is not None and _is_shown(row, of_messages):
                thread.deliveries.append(DeliveryStatus(*(*row[13:], thread)))
        threads = list(threads_by_id.values())
        ticket.__dict__["delivery_status_read"] = threads  # not a column
    return threads


def keep_threads(ticket: Ticket, rows: Iterable[Sequence[Any]]) -> None:
    """Let ``delivery_threads`` return the threads that ``rows`` of THREADS_QUERY say, without another query."""
    ticket.__dict__["delivery_status_read"] = [ThreadStatus(*row) for row in rows]  # not a column


def _is_shown(row: Row[*tuple[Any, ...]], of_messages: Collection[int]) -> bool:
    return row[16] in PROBLEM_STATES or (row[15] in VISIBLE_KINDS and row[14] in of_messages)
