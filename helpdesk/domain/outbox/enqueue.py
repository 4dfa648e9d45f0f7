"""Add deliveries to the outbox: in batches, one in a thread, or one that belongs to no ticket."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert

from helpdesk import clock, jobs
from helpdesk.database import transactions
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery, DeliveryKind, DeliveryState
from helpdesk.models.message import Message
from helpdesk.models.thread import Thread

# Built once. The ids are in the order of the rows; deliveries of a queue are sent in the order of their ids.
INSERT_STATEMENT = insert(Delivery.__table__).returning(Delivery.__table__.c.id, sort_by_parameter_order=True)


class DeliveryBatch:
    """Deliveries that one change adds to several threads. ``write`` stores them in the order of their addition."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []  # as they will be stored
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
        """Add one delivery to the end of a thread's queue ``queue_key``. If ``wake``, a worker is woken for it."""
        self.rows.append(
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
        """Store the deliveries; workers are woken after the commit for those that are due by then."""
        if not self.rows:
            return
        ids, now = transactions.execute_core(INSERT_STATEMENT, self.rows).scalars(), clock.now()
        for id, row, wake in zip(ids, self.rows, self._wakes, strict=True):
            if wake and row["due_at"] <= now:
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
    """Add one delivery to the end of the queue ``queue_key`` of ``thread``. No worker is woken for it."""
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
    """Add a delivery that belongs to no ticket: a sign-in link, an invitation, a summary.

    ``subject_id`` is the id of the row it is about.
    """
    delivery = Delivery(
        kind=kind, queue_key="mail", subject_id=subject_id, state=state, due_at=due_at or clock.now(), data=data
    )
    db.session.add(delivery)
    db.session.flush()
    if state == DeliveryState.pending:
        jobs.enqueue_after_commit("deliver_first", delivery.id)
    return delivery


def enqueue_rows(rows: list[dict[str, Any]]) -> None:
    """Add deliveries that belong to no thread, with the same columns in each row, in one statement."""
    if not rows:
        return
    now = clock.now()
    ids = transactions.execute_core(INSERT_STATEMENT, rows).scalars()
    for id, row in zip(ids, rows, strict=True):
        if row["due_at"] <= now:
            jobs.enqueue_after_commit("deliver", id)


def wake_worker(delivery: Delivery) -> None:
    """Wake a worker for ``delivery`` after the commit."""
    jobs.enqueue_after_commit("deliver", delivery.id)
