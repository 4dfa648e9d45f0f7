"""Sums of stretches of time, counted in the tickets themselves, by five queries whose rows are few."""

from array import array
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Select, case, func, or_, select, true

from helpdesk import clock
from helpdesk.database.transactions import execute_core
from helpdesk.domain.reporting import metrics
from helpdesk.domain.reporting.date_ranges import Period
from helpdesk.domain.reporting.day_sums import DaySums
from helpdesk.domain.reporting.definition import Conditions
from helpdesk.domain.reporting.groups import FieldGroups, find_part
from helpdesk.domain.reporting.sql_functions import list_of, read_list
from helpdesk.models.event import Event
from helpdesk.models.rating import Rating
from helpdesk.models.sla import SlaTimer
from helpdesk.models.ticket import Ticket

AnySelect = Select[*tuple[Any, ...]]
SumsByKey = dict[Any, DaySums]
MOST_SPANS = 400  # of one statement, which names the end of each
SCORE = select(Rating.score).where(Rating.ticket_id == Ticket.id).correlate(Ticket).scalar_subquery()  # looked up
TIMER_NAMES = {"first_response": "response", "resolution": "resolution"}


def count(spans: Sequence[Period], where: Conditions = (), groups: FieldGroups | None = None) -> list[SumsByKey]:
    """Return the sums of each group in each of ``spans``, without the time spent waiting.

    The spans are in order and do not overlap. Without ``groups`` all tickets are one group, whose key is None.
    """
    found: list[SumsByKey] = []
    for start in range(0, len(spans), MOST_SPANS):
        found += _Counting(spans[start : start + MOST_SPANS], where, groups).run()
    return found


def list_runs(spans: Sequence[Period]) -> list[list[Period]]:
    """The spans, those that follow each other without a gap together."""
    runs: list[list[Period]] = []
    for span in spans:
        if runs and runs[-1][-1][1] == span[0]:
            runs[-1].append(span)
        else:
            runs.append([span])
    return runs


class _Counting:
    def __init__(self, spans: Sequence[Period], where: Conditions, groups: FieldGroups | None):
        self._where = where
        self._groups = groups
        self._periods = [(run[0][0], run[-1][1]) for run in list_runs(spans)]
        self._ends = [end for _, end in spans]
        self._sums: list[SumsByKey] = [{} for _ in spans]

    def run(self) -> list[SumsByKey]:
        self._count_filed()
        self._count_solved()
        self._count_merged()
        self._count_reopened()
        self._count_timers()
        return self._sums

    def _rows(
        self, time: Any, values: Sequence[Any], *conditions: Any, joins: Sequence[tuple[Any, Any]] = ()
    ) -> Iterator[tuple[DaySums, Any]]:
        """``values`` of each span and group with tickets whose ``time`` is in it, each with the sums to add them to.

        They are grouped by a value that is called "kind", too.
        """
        names = ["part", *(value.name for value in values if value.name == "kind")]
        query: AnySelect = select(find_part(time, self._ends).label("part"), *values)
        if joins and time.class_ is not Ticket and not self._where and self._groups is None:
            joins = ()  # of all tickets none has to be read
        else:
            query = query.select_from(Ticket)
        for target, condition in joins:
            query = query.join(target, condition)
        if self._groups is not None:
            names.append("key")
            query = query.add_columns(self._groups.key.label("key"))
            for target, condition in self._groups.joins:
                query = query.outerjoin(target, condition)
        inside = or_(*(metrics.within(time, period) for period in self._periods))
        counted = query.where(inside, *conditions, *self._where).group_by(*names)
        for row in execute_core(counted, is_planned_anew=True):  # one plan for all times reads every ticket
            key = row.key if self._groups is not None else None
            yield self._sums[row.part].setdefault(key, DaySums()), row

    def _count_filed(self) -> None:
        unanswered = func.sum(case((metrics.IS_UNANSWERED, 1), else_=0)).label("unanswered")
        values = (func.count().label("number"), unanswered, list_of(metrics.RESPONSE_SECONDS).label("seconds"))
        for sums, row in self._rows(Ticket.created_at, values):
            sums.filed, sums.unanswered = row.number, row.unanswered
            sums.responses = array("d", sorted(read_list(row.seconds)))

    def _count_solved(self) -> None:
        values = (
            func.count().label("number"),
            func.sum(case((metrics.IS_ONE_TOUCH, 1), else_=0)).label("one_touch"),
            list_of(SCORE).label("scores"),
            list_of(metrics.RESOLUTION_SECONDS).label("seconds"),
        )
        for sums, row in self._rows(Ticket.solved_at, values):
            sums.solved, sums.one_touch = row.number, row.one_touch
            scores = read_list(row.scores)
            sums.ratings, sums.score_sum = len(scores), sum(scores)
            sums.resolutions = array("d", sorted(read_list(row.seconds)))
            sums.done += row.number

    def _count_merged(self) -> None:
        for sums, row in self._rows(Ticket.closed_at, (func.count().label("number"),), metrics.IS_DONE_UNSOLVED):
            sums.done += row.number

    def _count_reopened(self) -> None:
        values = (list_of(Event.ticket_id).label("ids"),)
        events = (Event, Event.ticket_id == Ticket.id)
        for sums, row in self._rows(Event.created_at, values, Event.kind == "reopened", joins=[events]):
            sums.reopened = set(read_list(row.ids))

    def _count_timers(self) -> None:
        missed = func.sum(case((metrics.IS_MISSED, 1), else_=0)).label("missed")
        values = (SlaTimer.kind.label("kind"), func.count().label("number"), missed)
        timers = (SlaTimer, SlaTimer.ticket_id == Ticket.id)
        is_overdue = SlaTimer.stopped_at.is_(None) & (SlaTimer.due_at < clock.now())
        for time, condition in ((SlaTimer.stopped_at, true()), (SlaTimer.due_at, is_overdue)):
            for sums, row in self._rows(time, values, condition, joins=[timers]):
                name = TIMER_NAMES[row.kind]
                _add(sums, f"{name}_missed", row.missed)
                _add(sums, f"{name}_met", row.number - row.missed)


def _add(sums: DaySums, name: str, number: int) -> None:
    setattr(sums, name, getattr(sums, name) + number)
