"""The SLA timers of a ticket being filed: planned before it is stored, so that its due time is stored with it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Boolean,
    CompoundSelect,
    Date,
    bindparam,
    cast,
    insert,
    literal,
    null,
    select,
    union_all,
)

from helpdesk.database import transactions
from helpdesk.domain.sla import timers
from helpdesk.models.sla import BusinessHours, Holiday, SlaPolicy, SlaTimer
from helpdesk.models.ticket import Ticket

_policy, _hours, _holiday = SlaPolicy.__table__, BusinessHours.__table__, Holiday.__table__
_NO_DAY = (cast(null(), Date).label("day"), cast(null(), Boolean).label("every_year"))
_NO_NUMBERS = tuple(cast(null(), BigInteger) for _ in range(3))
# What the timers of a new ticket depend on, in one query: each row names its table.
POLICIES_AND_HOURS_QUERY: CompoundSelect[Any] = union_all(
    select(
        literal("policy").label("table"), *_policy.c["organization_id", "first_response", "resolution"], *_NO_DAY
    ).where(_policy.c.priority == bindparam("priority")),
    select(literal("hours"), *_hours.c["weekday", "opens", "closes"], *_NO_DAY),
    select(literal("holiday"), *_NO_NUMBERS, *_holiday.c["day", "every_year"]),
)
INSERT_STATEMENT = insert(SlaTimer.__table__)


class Policy(NamedTuple):
    """The targets of one priority, in minutes: of an organization, or of all."""

    organization_id: int | None
    first_response: int | None
    resolution: int | None


def plan_timers(ticket: Ticket) -> list[SlaTimer]:
    """Return the timers of a ticket that is not stored yet, and set when the first of them is due."""
    rows: dict[str, list[tuple[Any, ...]]] = {"policy": [], "hours": [], "holiday": []}
    for table, *values in transactions.execute_core(POLICIES_AND_HOURS_QUERY, {"priority": ticket.priority}):
        rows[table].append(tuple(values))
    policies = [Policy(organization_id, *minutes) for organization_id, *minutes, _, _ in rows["policy"]]
    targets = timers.choose_targets(ticket, policies)
    if not any(targets.values()):
        return []
    hours = sorted(numbers for *numbers, _, _ in rows["hours"])
    holidays = [(day, every_year) for *_, day, every_year in rows["holiday"]]
    return timers.set_timers(ticket, targets, {}, timers.make_schedule(hours, holidays))


def store_timers(ticket: Ticket, planned: Sequence[SlaTimer]) -> None:
    """Store what ``plan_timers`` returned, once ``ticket`` is stored."""
    if planned:
        columns = SlaTimer.__table__.c.keys()
        rows = [{name: getattr(timer, name) for name in columns} | {"ticket_id": ticket.id} for timer in planned]
        transactions.execute_core(INSERT_STATEMENT, rows)
