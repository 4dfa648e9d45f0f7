"""Prints what the product's tables list as unfinished, to find a reason. The verifier never reads it."""

from sqlalchemy import select
from sqlalchemy.orm import joinedload

import helpdesk
from helpdesk import clock
from helpdesk.domain.outbox import results
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.thread import Thread

MAX_ROWS = 20


def main() -> None:
    """Print a line for each delivery and each inbound event that is not finished, the oldest first."""
    with helpdesk.create_app().app_context():
        unfinished = (
            select(Delivery).where(Delivery.state.not_in(results.FINISHED_STATES)).order_by(Delivery.id).limit(MAX_ROWS)
        )
        for row in db.session.scalars(unfinished.options(joinedload(Delivery.thread).joinedload(Thread.channel))):
            print(
                f"delivery {row.id} thread {row.thread_id} to {row.label}: {row.kind} in {row.queue_key}, {row.state}, "
                f"{row.attempts} tries, {_format_due_time(row.due_at)}, {row.reason}"
            )
        waiting = (
            select(InboundEvent)
            .where(InboundEvent.state.in_(("waiting", "working")))
            .order_by(InboundEvent.id)
            .limit(MAX_ROWS)
        )
        for row in db.session.scalars(waiting):
            print(
                f"inbound {row.id}: {row.source}, {row.state}, {row.attempts} tries, "
                f"{_format_due_time(row.due_at)}, {row.result}"
            )
        for channel in db.session.scalars(select(Channel).where(Channel.blocked_reason.is_not(None))):
            print(f"channel {channel.label}: {channel.blocked_reason}")


def _format_due_time(due_at) -> str:
    seconds = (due_at - clock.now()).total_seconds()
    return f"due in {seconds:.0f} s" if seconds > 0 else f"due for {-seconds:.0f} s"


if __name__ == "__main__":
    main()
