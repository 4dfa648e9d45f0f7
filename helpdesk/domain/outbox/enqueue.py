"""Writing rows of the outbox: in batches, one below a thread, or one that belongs to no ticket."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert

from helpdesk import clock, jobs
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery, DeliveryKind, DeliveryState
from helpdesk.models.message import Message
from helpdesk.models.thread import Thread

# Put together once. The ids come in the order of the rows, and a lane goes by its ids.
INSERT_STATEMENT = insert(Delivery.__table__).returning(Delivery.__table__.c.id, sort_by_parameter_order=True)


class DeliveryBatch:
    """Rows that one happening puts in several threads; they leave with ``write``, a thread's in the order they were
    added."""

    def __init__(self) -> None:
        self._rows: list[dict[str, Any]] = []
        self._wakes: list[bool] = []

    def add(
        self,
        thread_id: int,
        kind: DeliveryKind,
        *,
        message: Message | None = None,
        part: int = 1,
        queue_key: str = "talk",
        due_at: datetime | None = None,
        wake: bool = True,
        **data: Any,
    ) -> None:
        """Add one row to the end of a thread's ``queue_key``. A worker is woken for it where ``wake``."""
        self._rows.append(
            {
                "thread_id": thread_id,
                "message_id": message.id if message else None,
                "kind": kind,
                "queue_key": queue_key,
                "part": part,
                "due_at": due_at or clock.now(),
                "data": data,
            }
        )
        self._wakes.append(wake)

    def write(self) -> None:
        """Put the rows into the outbox."""
        if not self._rows:
            return
        ids = db.session.scalars(INSERT_STATEMENT, self._rows)
        for id, wake in zip(ids, self._wakes, strict=True):
            if wake:
                jobs.enqueue_after_commit("deliver", id)


def enqueue_delivery(
    thread: Thread,
    kind: DeliveryKind,
    *,
    message: Message | None = None,
    part: int = 1,
    revision: int = 1,
    queue_key: str = "talk",
    due_at: datetime | None = None,
    **data: Any,
) -> Delivery:
    """Add one row to the end of ``thread``'s ``queue_key``. Nobody is woken for it."""
    delivery = Delivery(
        thread=thread,
        message=message,
        kind=kind,
        queue_key=queue_key,
        part=part,
        revision=revision,
        due_at=due_at or clock.now(),
        data=data,
    )
    db.session.add(delivery)
    db.session.flush()
    return delivery


def enqueue_account_mail(
    kind: DeliveryKind,
    subject_id: int,
    *,
    due_at: datetime | None = None,
    state: DeliveryState = DeliveryState.pending,
    **data: Any,
) -> Delivery:
    """Write to somebody about no ticket (a sign-in link, an invitation, a digest); ``subject_id`` is the row it is
    about."""
    delivery = Delivery(
        kind=kind, queue_key="mail", subject_id=subject_id, state=state, due_at=due_at or clock.now(), data=data
    )
    db.session.add(delivery)
    db.session.flush()
    if state == DeliveryState.pending:
        jobs.enqueue_after_commit("deliver_first", delivery.id)
    return delivery


def wake_worker(delivery: Delivery) -> None:
    """Have a worker make ``delivery`` once the transaction has committed."""
    jobs.enqueue_after_commit("deliver", delivery.id)
