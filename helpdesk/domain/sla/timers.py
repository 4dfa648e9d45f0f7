"""SLA timers: one for the first response and one for the resolution of a ticket.

``update_timers`` is called after every change of a ticket that may start, pause or stop a timer. It uses only the
present state of the ticket, so an additional call changes nothing. The resolution timer pauses while the ticket waits
on the customer and, with the setting ``sla_pauses_on_hold``, on a third party; the first response never pauses, since
no customer waits for anything before somebody answered.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, and_, bindparam, func, or_, select, text
from sqlalchemy.orm import joinedload

from helpdesk import clock, jobs, live_events, urls
from helpdesk.database import transactions
from helpdesk.domain import locking, outbox
from helpdesk.domain.administration import settings
from helpdesk.domain.notifications import events
from helpdesk.domain.people.reader_language import in_team_language
from helpdesk.domain.sla import business_hours
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import DeliveryKind
from helpdesk.models.sla import BusinessHours, Holiday, SlaPolicy, SlaTimer
from helpdesk.models.statuses import UNSOLVED_SQL, WaitingOn
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from helpdesk.translation import gettext

WARN_BEFORE = timedelta(minutes=30)  # at most; for a short target its last quarter
BATCH_SIZE = 500

Targets = dict[str, int | None]

_policy, _hours, _holiday = SlaPolicy.__table__, BusinessHours.__table__, Holiday.__table__
POLICIES_QUERY = select(*_policy.c["organization_id", "priority", "first_response", "resolution"]).order_by(
    _policy.c.organization_id
)
# Built once, because every reply and every change executes these.
POLICIES_OF_PRIORITY_QUERY = POLICIES_QUERY.where(_policy.c.priority == bindparam("priority"))
HOURS_QUERY = select(*_hours.c["weekday", "opens", "closes"]).order_by(_hours.c.weekday, _hours.c.opens)
HOLIDAYS_QUERY = select(*_holiday.c["day", "every_year"])
TIMERS_QUERY = select(SlaTimer).where(SlaTimer.ticket_id == bindparam("ticket_id"))
_NEXT_DUE = select(func.min(SlaTimer.due_at)).where(SlaTimer.ticket_id == Ticket.id).correlate(Ticket).scalar_subquery()
WRONG_DUE_TIMES_QUERY = (
    select(Ticket.id)
    .where(text(f"tickets.{UNSOLVED_SQL}"), Ticket.next_due_at.is_distinct_from(_NEXT_DUE))
    .order_by(Ticket.id)
    .limit(BATCH_SIZE)
)


def update_timers(ticket: Ticket) -> None:
    """Update the timers of a locked ticket to its present state.

    What changed of the ticket is not written before they are read, so that its due time takes no statement of its own.
    """
    if any(isinstance(each, SlaTimer) for each in (*db.session.new, *db.session.deleted)):
        db.session.flush()
    with db.session.no_autoflush:
        timers = {timer.kind: timer for timer in db.session.scalars(TIMERS_QUERY, {"ticket_id": ticket.id})}
        _load_and_update_timers(ticket, timers)


def recalculate(after_id: int = 0) -> int | None:
    """Update the timers of unsolved tickets after a change of policies or hours; a new timer starts now.

    One batch of tickets with ids above ``after_id``. Returns the id to continue from, or None at the end.
    """
    unsolved = (
        select(Ticket)
        .where(text(f"tickets.{UNSOLVED_SQL}"), Ticket.id > after_id)
        .order_by(Ticket.id)
        .limit(BATCH_SIZE)
        .with_for_update(of=Ticket)
    )
    tickets = list(db.session.scalars(unsolved))
    policies, hours = db.session.execute(POLICIES_QUERY).all(), working_schedule()
    timers: dict[int, dict[str, SlaTimer]] = {ticket.id: {} for ticket in tickets}
    for timer in db.session.scalars(select(SlaTimer).where(SlaTimer.ticket_id.in_(list(timers)))):
        timers[timer.ticket_id][timer.kind] = timer
    for ticket in tickets:
        db.session.add_all(set_timers(ticket, _targets_for(ticket, policies), timers[ticket.id], hours))
    db.session.flush()
    return tickets[-1].id if len(tickets) == BATCH_SIZE else None


def correct_next_due_times() -> int:
    """Write the due times of unsolved tickets on which a release that does not know them changed a timer.

    BATCH_SIZE of them at most; returns how many.
    """
    wrong = locking.lock_tickets(db.session.scalars(WRONG_DUE_TIMES_QUERY))
    next_due = select(SlaTimer.ticket_id, func.min(SlaTimer.due_at)).group_by(SlaTimer.ticket_id)
    found = db.session.execute(next_due.where(SlaTimer.ticket_id.in_([ticket.id for ticket in wrong])))
    due_times: dict[int, datetime | None] = dict(found.all())
    for ticket in wrong:
        ticket.next_due_at = due_times.get(ticket.id)
    db.session.flush()
    return len(wrong)


def notify_due_soon() -> int:
    """Post a warning in the team's channels about every timer that is due soon, and once more when it is overdue.

    The assignee, or who is on call, is notified. Returns how many.
    """
    now = clock.now()
    due_soon = (
        select(SlaTimer)
        .where(SlaTimer.due_at.is_not(None), SlaTimer.due_at <= now + WARN_BEFORE)
        .where(or_(SlaTimer.warned_at.is_(None), and_(SlaTimer.due_at <= now, SlaTimer.warned_at < SlaTimer.due_at)))
        .options(joinedload(SlaTimer.ticket))
        .order_by(SlaTimer.due_at)
        .limit(BATCH_SIZE)
        .with_for_update(of=SlaTimer, skip_locked=True)
    )
    warned = 0
    for timer in db.session.scalars(due_soon).unique():
        if timer.due_at and timer.due_at - now <= min(WARN_BEFORE, timedelta(seconds=timer.target * 15)):
            timer.warned_at = now
            _post_in_triage(timer, timer.due_at, now)
            warned += 1
    return warned


def list_at_risk(within: timedelta = timedelta(hours=2), limit: int = 50) -> list[SlaTimer]:
    """Return the timers that are due ``within`` that time or overdue, most urgent first, with their tickets."""
    first = (  # on its own, since all that are due would be joined before they are sorted
        select(SlaTimer.ticket_id, SlaTimer.kind)
        .where(SlaTimer.due_at <= clock.now() + within)
        .order_by(SlaTimer.due_at, SlaTimer.ticket_id)
        .limit(limit)
        .subquery()
    )
    due = (
        select(SlaTimer)
        .join(first, (first.c.ticket_id == SlaTimer.ticket_id) & (first.c.kind == SlaTimer.kind))
        .options(
            joinedload(SlaTimer.ticket).options(
                joinedload(Ticket.organization), joinedload(Ticket.assignee), joinedload(Ticket.requester)
            )
        )
        .order_by(SlaTimer.due_at, SlaTimer.ticket_id)
    )
    return list(db.session.scalars(due))


def working_schedule() -> business_hours.Schedule:
    """Return the team's business hours as they are set now."""
    return make_schedule(transactions.execute_core(HOURS_QUERY), transactions.execute_core(HOLIDAYS_QUERY).all())


def make_schedule(rows: Iterable[Iterable[int]], holidays: Sequence[Any]) -> business_hours.Schedule:
    """Return the business hours of ``rows``, in their order: weekday, start and end."""
    hours: dict[int, list[tuple[int, int]]] = {}
    for weekday, opens, closes in rows:
        hours.setdefault(weekday, []).append((opens, closes))
    return business_hours.Schedule(
        zone=ZoneInfo(settings.get("time_zone")),
        hours={weekday: tuple(intervals) for weekday, intervals in hours.items()},
        holidays=frozenset(day for day, _ in holidays),
        yearly_holidays={(day.month, day.day): day for day, every_year in holidays if every_year},
    )


def _load_and_update_timers(ticket: Ticket, timers: dict[str, SlaTimer]) -> None:
    policies = transactions.execute_core(POLICIES_OF_PRIORITY_QUERY, {"priority": ticket.priority}).all()
    targets = _targets_for(ticket, policies)
    if timers or any(targets.values()):
        db.session.add_all(set_timers(ticket, targets, timers, working_schedule()))
    else:
        ticket.next_due_at = None


def set_timers(
    ticket: Ticket, targets: Targets, timers: dict[str, SlaTimer], hours: business_hours.Schedule
) -> list[SlaTimer]:
    """Bring ``timers`` to the present state of the ticket; return new ones, which the caller stores."""
    now, added = clock.now(), []
    ended = {
        "first_response": ticket.first_response_at,
        "resolution": (ticket.solved_at or ticket.closed_at or now) if ticket.is_done else None,
    }
    due_times: list[datetime | None] = []
    for kind, minutes in targets.items():
        timer = timers.get(kind)
        if minutes is None:
            if timer is not None and timer.stopped_at is None:
                db.session.delete(timer)
            continue
        if timer is None:
            if ended[kind] is not None or ticket.is_done:
                continue
            timer = SlaTimer(ticket_id=ticket.id, kind=kind, target=minutes, elapsed_seconds=0, breached=False)
            added.append(timer)
        if timer.stopped_at is None or ended[kind] is None:
            timer.target = minutes
            _set_timer(timer, ended[kind], kind == "resolution" and _pauses(ticket), now, hours)
        due_times.append(timer.due_at)
    ticket.next_due_at = min(filter(None, due_times), default=None)
    return added


def _pauses(ticket: Ticket) -> bool:
    if ticket.waiting_on == WaitingOn.third_party:
        return bool(settings.get("sla_pauses_on_hold"))
    return ticket.waiting_on == WaitingOn.customer


def _set_timer(
    timer: SlaTimer, ended: datetime | None, pauses: bool, now: datetime, hours: business_hours.Schedule
) -> None:
    if ended is not None or pauses:
        if timer.running_since is not None:
            timer.elapsed_seconds += business_hours.working_seconds_between(hours, timer.running_since, ended or now)
        timer.running_since = timer.due_at = None
        timer.stopped_at = ended
        timer.breached = ended is not None and timer.elapsed_seconds > timer.target * 60
        return
    if timer.running_since is None:
        timer.running_since, timer.stopped_at, timer.breached, timer.warned_at = now, None, False, None
    timer.due_at = business_hours.add_working_seconds(
        hours, timer.running_since, timer.target * 60 - timer.elapsed_seconds
    )


def _targets_for(ticket: Ticket, policies: Sequence[Row[*tuple[Any, ...]]]) -> Targets:
    """Return the targets for the ticket's priority."""
    return choose_targets(ticket, [policy for policy in policies if policy.priority == ticket.priority])


def choose_targets(ticket: Ticket, policies: Sequence[Any]) -> Targets:
    """Return the targets of its organization's own policy, else of the general one; ``policies`` of its priority."""
    own = next((policy for policy in policies if policy.organization_id == ticket.organization_id), None)
    policy = own or next((policy for policy in policies if policy.organization_id is None), None)
    if policy is None:
        return {"first_response": None, "resolution": None}
    return {"first_response": policy.first_response, "resolution": policy.resolution}


@in_team_language
def _post_in_triage(timer: SlaTimer, due_at: datetime, now: datetime) -> None:
    minutes = round((due_at - now).total_seconds() / 60)
    values = {"number": timer.ticket.number, "address": urls.ticket_url(timer.ticket.number)}
    if minutes >= 0:
        soon = max(minutes, 1)
        sentence = (
            gettext("The first response of #%(number)s is due in %(minutes)s min: %(address)s", minutes=soon, **values)
            if timer.kind == "first_response"
            else gettext("The resolution of #%(number)s is due in %(minutes)s min: %(address)s", minutes=soon, **values)
        )
    else:
        sentence = (
            gettext("The first response of #%(number)s is overdue: %(address)s", **values)
            if timer.kind == "first_response"
            else gettext("The resolution of #%(number)s is overdue: %(address)s", **values)
        )
    live_events.publish_after_commit("desk")
    if events.on_service_level(timer.ticket, sentence, timer_kind=timer.kind, is_breached=minutes < 0):
        return
    team = (
        select(Thread)
        .join(Channel)
        .where(
            Thread.ticket_id == timer.ticket_id,
            Thread.ended_at.is_(None),
            Channel.audience == "team",
            or_(Channel.removed_at.is_(None), Channel.removed_at > now),
        )
    )
    for thread in db.session.scalars(team):
        jobs.enqueue_after_commit("deliver", outbox.enqueue_delivery(thread, DeliveryKind.line, sentence=sentence).id)
