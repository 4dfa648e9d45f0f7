"""Whether deliveries are being made: how many are due, and for how long nobody has tried one."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select

from helpdesk import clock
from helpdesk.domain.administration import maintenance
from helpdesk.domain.outbox import claim
from helpdesk.extensions import db
from helpdesk.models.delivery import DeliveryState
from helpdesk.translation import format_number, gettext, ngettext

DUE_AFTER = timedelta(seconds=20)  # a delivery that is due for less has not been waiting for a worker
STALLED_AFTER = timedelta(seconds=45)  # longer than any one call takes
MAX_COUNTED = 10_000
RECENT_ROWS = 500  # the newest rows, among which the latest attempt is looked for

rows = claim.deliveries
OVERDUE_QUERY = select(func.count(), func.min(claim.deliveries.c.due_at)).where(
    rows.c.id.in_(claim.DUE_QUERY.order_by(None).limit(MAX_COUNTED))
)
LAST_ATTEMPT_QUERY = select(
    select(func.max(rows.c.started_at)).where(rows.c.state == DeliveryState.sending).scalar_subquery(),
    select(func.max(rows.c.started_at))
    .where(rows.c.id > select(func.max(rows.c.id) - bindparam("recent")).scalar_subquery())
    .scalar_subquery(),
)


@dataclass(frozen=True)
class DeliveryProgress:
    """``due`` deliveries may leave now; ``untried_for`` is how long none was tried, None if nothing is due."""

    due: int
    untried_for: timedelta | None
    is_paused: bool = False

    @property
    def is_stalled(self) -> bool:
        return self.untried_for is not None and self.untried_for > STALLED_AFTER and not self.is_paused

    @property
    def sentence(self) -> str:
        """The state of the waiting deliveries as a translated sentence."""
        if self.untried_for is None:
            return gettext("No delivery waits for a worker.")
        if self.is_paused:
            return ngettext(
                "%(num)s delivery waits for the end of maintenance mode.",
                "%(num)s deliveries wait for the end of maintenance mode.",
                self.due,
            )
        if not self.is_stalled:
            return ngettext(
                "%(num)s delivery is due; workers are at it.",
                "%(num)s deliveries are due; workers are at it.",
                self.due,
            )
        return ngettext(
            "%(num)s delivery is due, none tried for %(seconds)s s.",
            "%(num)s deliveries are due, none tried for %(seconds)s s.",
            self.due,
            seconds=format_number(self.untried_for.total_seconds(), 0),
        )


def measure_progress() -> DeliveryProgress:
    """Count what is due for longer than DUE_AFTER, and find the latest attempt at anything. Three indexed queries."""
    now = clock.now()
    due, oldest = db.session.execute(OVERDUE_QUERY, claim.condition_values(now - DUE_AFTER)).one()
    if not due:
        return DeliveryProgress(0, None)
    attempts: list[datetime] = [
        attempt for attempt in db.session.execute(LAST_ATTEMPT_QUERY, {"recent": RECENT_ROWS}).one() if attempt
    ]
    last = max([oldest, *attempts])
    return DeliveryProgress(due, max(now - last, timedelta(0)), maintenance.is_on())
