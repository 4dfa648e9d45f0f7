"""Targets for the first answer and the solution, and the clocks that follow every ticket.

``follow`` is called by the verbs of tickets whenever something happened that may start, pause or stop a clock. It looks at
the ticket as it is now, so calling it once too often changes nothing. Clocks pause while the customer has the ball.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Row, bindparam, or_, select, text
from sqlalchemy.orm import joinedload

from helpdesk import clock, jobs, live_events, urls
from helpdesk.domain import outbox
from helpdesk.domain.administration import settings
from helpdesk.domain.sla import business_hours
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import DeliveryKind
from helpdesk.models.sla import BusinessHours, Holiday, SlaPolicy, SlaTimer
from helpdesk.models.statuses import UNSOLVED_SQL, WaitingOn
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket

WARN_BEFORE = timedelta(minutes=30)  # at most; a short target is warned about in its last quarter
BATCH_SIZE = 500
TIMER_LABELS = {"first_response": "first answer", "resolution": "solution"}

Targets = dict[str, int | None]

_policy = SlaPolicy.__table__
POLICIES_QUERY = select(_policy.c["organization_id", "priority", "first_response", "resolution"]).order_by(
    _policy.c.organization_id
)
# Put together once: every answer and every change asks these.
POLICIES_OF_PRIORITY_QUERY = POLICIES_QUERY.where(_policy.c.priority == bindparam("priority"))
TIMERS_QUERY = select(SlaTimer).where(SlaTimer.ticket_id == bindparam("ticket_id"))


def update_timers(ticket: Ticket) -> None:
    """Bring the clocks of a locked ticket in line with what it is now."""
    _load_and_update_timers(
        ticket, {each.kind: each for each in db.session.scalars(TIMERS_QUERY, {"ticket_id": ticket.id})}
    )


def start_timers(ticket: Ticket) -> None:
    """Start the clocks of a ticket just filed."""
    _load_and_update_timers(ticket, {})


def recalculate(after_id: int = 0) -> int | None:
    """Bring some unsolved tickets with ids above ``after_id`` in line with changed targets or hours; a clock that is new
    begins now. Returns the id to go on from, or None at the end."""
    unsolved = (
        select(Ticket)
        .where(text(f"tickets.{UNSOLVED_SQL}"), Ticket.id > after_id)
        .order_by(Ticket.id)
        .limit(BATCH_SIZE)
        .with_for_update(of=Ticket)
    )
    found = list(db.session.scalars(unsolved))
    targets, hours = db.session.execute(POLICIES_QUERY).all(), working_schedule()
    clocks: dict[int, dict[str, SlaTimer]] = {ticket.id: {} for ticket in found}
    for each in db.session.scalars(select(SlaTimer).where(SlaTimer.ticket_id.in_(list(clocks)))):
        clocks[each.ticket_id][each.kind] = each
    for ticket in found:
        _update_timers(ticket, _targets_for(ticket, targets), clocks[ticket.id], hours)
    db.session.flush()
    return found[-1].id if len(found) == BATCH_SIZE else None


def notify_due_soon() -> int:
    """Say a word in triage about every clock that runs out soon, once. Returns how many."""
    now = clock.now()
    near = (
        select(SlaTimer)
        .where(SlaTimer.due_at.is_not(None), SlaTimer.due_at <= now + WARN_BEFORE, SlaTimer.warned_at.is_(None))
        .options(joinedload(SlaTimer.ticket))
        .order_by(SlaTimer.due_at)
        .limit(BATCH_SIZE)
    )
    said = 0
    for each in db.session.scalars(near).unique():
        if each.due_at - now <= min(WARN_BEFORE, timedelta(seconds=each.target * 15)):
            each.warned_at = now
            _post_in_triage(each, now)
            said += 1
    return said


def list_at_risk(within: timedelta = timedelta(hours=2), limit: int = 50) -> list[SlaTimer]:
    """Clocks that run out within that time or have, the most urgent first, with their tickets."""
    due = (
        select(SlaTimer)
        .where(SlaTimer.due_at.is_not(None), SlaTimer.due_at <= clock.now() + within)
        .options(
            joinedload(SlaTimer.ticket).options(
                joinedload(Ticket.organization), joinedload(Ticket.assignee), joinedload(Ticket.requester)
            )
        )
        .order_by(SlaTimer.due_at, SlaTimer.ticket_id)
        .limit(limit)
    )
    return list(db.session.scalars(due))


def working_schedule() -> business_hours.Schedule:
    """When the team works, as it is set now."""
    hours: dict[int, list[tuple[int, int]]] = {}
    for row in db.session.scalars(select(BusinessHours).order_by(BusinessHours.weekday, BusinessHours.opens)):
        hours.setdefault(row.weekday, []).append((row.opens, row.closes))
    return business_hours.Schedule(
        zone=ZoneInfo(settings.get("time_zone")),
        hours={weekday: tuple(stretches) for weekday, stretches in hours.items()},
        holidays=frozenset(db.session.scalars(select(Holiday.day))),
    )


def _load_and_update_timers(ticket: Ticket, clocks: dict[str, SlaTimer]) -> None:
    targets = _targets_for(ticket, db.session.execute(POLICIES_OF_PRIORITY_QUERY, {"priority": ticket.priority}).all())
    if clocks or any(targets.values()):
        _update_timers(ticket, targets, clocks, working_schedule())


def _update_timers(
    ticket: Ticket, targets: Targets, clocks: dict[str, SlaTimer], hours: business_hours.Schedule
) -> None:
    now = clock.now()
    ended = {
        "first_response": ticket.first_response_at,
        "resolution": (ticket.solved_at or ticket.closed_at or now) if ticket.is_done else None,
    }
    for kind, minutes in targets.items():
        each = clocks.get(kind)
        if minutes is None:
            if each is not None and each.stopped_at is None:
                db.session.delete(each)
            continue
        if each is None:
            if ended[kind] is not None or ticket.is_done:
                continue
            each = SlaTimer(ticket_id=ticket.id, kind=kind, target=minutes, elapsed_seconds=0, breached=False)
            db.session.add(each)
        if each.stopped_at is None or ended[kind] is None:
            each.target = minutes
            _set_timer(each, ended[kind], ticket.waiting_on == WaitingOn.customer, now, hours)


def _set_timer(
    each: SlaTimer, ended: datetime | None, pauses: bool, now: datetime, hours: business_hours.Schedule
) -> None:
    if ended is not None or pauses:
        if each.running_since is not None:
            each.elapsed_seconds += business_hours.working_seconds_between(hours, each.running_since, ended or now)
        each.running_since = each.due_at = None
        each.stopped_at = ended
        each.breached = ended is not None and each.elapsed_seconds > each.target * 60
        return
    if each.running_since is None:
        each.running_since, each.stopped_at, each.breached, each.warned_at = now, None, False, None
    each.due_at = business_hours.add_working_seconds(hours, each.running_since, each.target * 60 - each.elapsed_seconds)


def _targets_for(ticket: Ticket, targets: Sequence[Row]) -> Targets:
    """The organization's own targets for the ticket's priority, else everybody's."""
    fitting = [each for each in targets if each.priority == ticket.priority]
    own = next((each for each in fitting if each.organization_id == ticket.organization_id), None)
    chosen = own or next((each for each in fitting if each.organization_id is None), None)
    if chosen is None:
        return {"first_response": None, "resolution": None}
    return {"first_response": chosen.first_response, "resolution": chosen.resolution}


def _post_in_triage(each: SlaTimer, now: datetime) -> None:
    minutes = round((each.due_at - now).total_seconds() / 60)
    when = f"is due in {max(minutes, 1)} min" if minutes >= 0 else "is overdue"
    sentence = f"The {TIMER_LABELS[each.kind]} to #{each.ticket.number} {when}: {urls.ticket_url(each.ticket.number)}"
    team = (
        select(Thread)
        .join(Channel)
        .where(
            Thread.ticket_id == each.ticket_id,
            Thread.ended_at.is_(None),
            Channel.audience == "team",
            or_(Channel.removed_at.is_(None), Channel.removed_at > now),
        )
    )
    for thread in db.session.scalars(team):
        jobs.enqueue_after_commit("deliver", outbox.enqueue_delivery(thread, DeliveryKind.line, sentence=sentence).id)
    live_events.publish_after_commit("desk")
