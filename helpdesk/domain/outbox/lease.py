"""A delivery that is ours for a while, so that nobody else makes it meanwhile."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from helpdesk import config
from helpdesk.channels.types import OutboundRequest


@dataclass(frozen=True)
class DeliveryClaim:
    """A row that is ours until ``lease_until``, as plain values: no row is held while the outside is spoken to."""

    id: int
    owner: str
    kind: str
    started_at: datetime
    lease_until: datetime
    maybe_since: datetime | None
    post: OutboundRequest
    data: dict


def lease_duration() -> timedelta:
    """How long a claimed row is ours; by default longer than a job may run (jobs.JOB_TIMEOUT)."""
    return timedelta(seconds=config.current().DELIVERY_LEASE)


def hold_off_duration(kind: str) -> timedelta:
    """How long what may have been stored by a channel of ``kind`` is left alone before it is looked for and tried again."""
    current = config.current()
    return timedelta(seconds=current.DELIVERY_MAIL_HOLD_OFF if kind == "email" else current.DELIVERY_HOLD_OFF)
