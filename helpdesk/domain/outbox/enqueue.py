"""Rows of the outbox that one happening puts in several threads: written together, and those rung for whose turn may be now."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert

from helpdesk import clock, jobs
from helpdesk.channels import slack
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery
from helpdesk.models.ticket import Message

# Put together once. The ids come in the order of the rows, and a lane goes by its ids.
INSERT_STATEMENT = insert(Delivery.__table__).returning(Delivery.__table__.c.id, sort_by_parameter_order=True)


class DeliveryBatch:
    """What is added leaves with ``write``; a thread's rows keep the order they were added in."""

    def __init__(self):
        self._rows: list[dict[str, Any]] = []
        self._rung: list[bool] = []

    def add(
        self,
        thread_id: int,
        kind: str,
        *,
        message: Message | None = None,
        part: int = 1,
        lane: str = "talk",
        due_at: datetime | None = None,
        ring: bool = True,
        **data: Any,
    ) -> None:
        """One row for the end of a thread's ``lane``. A worker is woken for it where ``ring``."""
        self._rows.append(
            {
                "thread_id": thread_id,
                "message_id": message.id if message else None,
                "kind": kind,
                "lane": lane,
                "part": part,
                "due_at": due_at or clock.now(),
                "data": data,
            }
        )
        self._rung.append(ring)

    def add_message(self, thread_id: int, message: Message, ring: bool = True) -> None:
        """All parts and files of ``message`` for a Slack thread; the first of them wakes the worker."""
        parts = slack.blocks.split_body(message.body) if message.body else []
        for number, text in enumerate(parts, start=1):
            self.add(thread_id, "message", message=message, part=number, ring=ring and number == 1, text=text)
        for number, attachment in enumerate(message.attachments, start=1):
            first = not parts and number == 1
            self.add(thread_id, "file", message=message, part=number, ring=ring and first, attachment=attachment.id)

    def write(self) -> None:
        """Put the rows into the outbox."""
        if not self._rows:
            return
        ids = db.session.scalars(INSERT_STATEMENT, self._rows)
        for id, ring in zip(ids, self._rung, strict=True):
            if ring:
                jobs.enqueue_after_commit("deliver", id)
