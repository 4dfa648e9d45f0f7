"""The tickets that waited longest within some days, without adding up the times of all tickets of these days.

A ticket waited no longer than it was open. A few that must have waited long are added up, and the last that fits on the
page says how long a ticket has to have been open to come before it. Only those are added up that were: of the days that
are over, by what is stored of each day, the tickets that were done on it with the time for which they waited in all.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from heapq import nlargest
from itertools import chain
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, func, select, union_all

from helpdesk import clock
from helpdesk.database.transactions import execute_core
from helpdesk.domain.reporting import backlog, live_sums, longest_lists, series, stored_days, waiting_times
from helpdesk.domain.reporting.date_ranges import Period
from helpdesk.domain.reporting.longest_lists import Longest
from helpdesk.domain.reporting.selections import Selection
from helpdesk.models.statuses import DONE
from helpdesk.models.ticket import Ticket

MOST_ADDED_UP = 1_000  # tickets of a period, all of whose times are added up
FEW, MANY = 200, 10_000  # tickets that are added up at once, at first and at most
ROUNDING = 1.0  # seconds, more than what databases round times by

Bound = tuple[float, int]  # the seconds that a ticket waited, or waited at most, and its id


class Waits(NamedTuple):
    """Tickets with the seconds for which they waited, the longest first; days that are over and not stored."""

    rows: list[tuple[int, float]]
    missing: list[Period]


def is_small(selection: Selection, period: Period) -> bool:
    """Whether the tickets that were open in ``period`` are at most MOST_ADDED_UP. One query."""
    tickets = select(Ticket.id).where(Ticket.created_at < period[1], *selection.where)
    parts = [tickets.where(part).limit(MOST_ADDED_UP + 1).subquery() for part in backlog.open_since(period[0])]
    some = union_all(*(select(part.c.id) for part in parts)).limit(MOST_ADDED_UP + 1).subquery()
    return (execute_core(select(func.count()).select_from(some), is_planned_anew=True).scalar() or 0) <= MOST_ADDED_UP


def find_longest(name: str, selection: Selection, period: Period, most: int) -> Waits:
    """The ``most`` tickets that waited longest in ``period``, as ``waiting_times.LISTS[name]`` says."""
    return _Search(name, selection, period, most).run()


class _Search:
    def __init__(self, name: str, selection: Selection, period: Period, most: int):
        self._name, self._selection, self._most = name, selection, most
        self._waiting_on = waiting_times.LISTS[name]
        self._begin, self._end = period
        self._stop = min(self._end, clock.now())

    def run(self) -> Waits:
        days = series.split_by_days((self._begin, self._end))
        listed = self._selection.listed(self._name)
        known = stored_days.Versions(self._begin, self._end, listed)
        stored = stored_days.load(listed, days, known, longest_lists.decode)
        bounds = {day: self._list_bounds(day, longest) for day, longest in stored.items()}
        enough = self._find_enough(list(chain.from_iterable(bounds.values())))
        uncertain = {day for day in days if day not in stored or self._may_lack(day, stored[day], enough)}
        certain = [each for day, each in bounds.items() if day not in uncertain]
        may_be = [bound for bound in chain.from_iterable(certain) if bound[0] >= enough]
        parts = self._open_long_enough(backlog.open_since(self._stop), self._stop, enough)
        for run in live_sums.list_runs([day for day in days if day in uncertain and day[0] < self._stop]):
            end = min(run[-1][1], self._stop)
            parts += self._open_long_enough(backlog.done_in(run[0][0], end), end, enough)
        missing = [day for day in days if day not in stored and stored_days.can_be_stored(day)]
        first = self._find_first(may_be, parts) if enough else self._find_among_all(may_be, parts)
        return Waits([(ticket_id, seconds) for seconds, ticket_id in first], missing)

    def _list_bounds(self, day: Period, longest: Longest) -> list[Bound]:
        most = self._seconds_until(day[1])
        return [(min(seconds, most), ticket_id) for seconds, ticket_id in zip(longest.values, longest.ids, strict=True)]

    def _seconds_until(self, moment: datetime) -> float:
        """The longest time that anything waited in the period until ``moment``."""
        return (moment - self._begin).total_seconds()

    def _find_enough(self, bounds: Sequence[Bound]) -> float:
        """The seconds that the last of ``most`` tickets waited which waited long, 0 where they are fewer."""
        waiting = (
            select(Ticket.id)
            .where(backlog.is_waiting_now(self._waiting_on), *self._selection.where)
            .order_by(Ticket.turn_since, Ticket.id)
            .limit(self._most)
        )
        ids = {ticket_id for _, ticket_id in nlargest(self._most, bounds)}
        ids.update(execute_core(waiting, is_planned_anew=True).scalars())
        longest = nlargest(self._most, self._add_up([Ticket.id.in_(sorted(ids))]))
        return max(longest[-1][0] - ROUNDING, 0.0) if len(longest) == self._most else 0.0

    def _may_lack(self, day: Period, longest: Longest, enough: float) -> bool:
        """Whether a ticket that was done on the day, and is not listed, may have waited ``enough``."""
        is_whole = longest.count <= len(longest.values)
        return not is_whole and min(longest.values[-1], self._seconds_until(day[1])) >= enough

    def _open_long_enough(
        self, parts: Iterable[ColumnElement[bool]], until: datetime, enough: float
    ) -> list[ColumnElement[bool]]:
        """Conditions of the tickets that meet one of ``parts`` and were open for ``enough`` seconds, if they were open
        ``until``.
        """
        latest = until - timedelta(seconds=enough)
        return [and_(part, Ticket.created_at <= latest, *self._selection.where) for part in parts]

    def _find_first(self, may_be: list[Bound], parts: Sequence[ColumnElement[bool]]) -> list[Bound]:
        """The first ``most`` of the tickets, added up some at a time until what is left cannot be among them."""
        tickets = select(Ticket.id, Ticket.created_at)
        rows = execute_core(union_all(*(tickets.where(part) for part in parts)), is_planned_anew=True)
        may_be = may_be + [((self._stop - max(row.created_at, self._begin)).total_seconds(), row.id) for row in rows]
        may_be.sort(reverse=True)
        first: list[Bound] = []
        start, number = 0, FEW
        while start < len(may_be) and not (len(first) == self._most and first[-1] >= may_be[start]):
            ids = {ticket_id for _, ticket_id in may_be[start : start + number]}
            first = nlargest(self._most, {*first, *self._add_up([Ticket.id.in_(sorted(ids))])})
            start, number = start + number, min(2 * number, MANY)
        return first

    def _find_among_all(self, may_be: list[Bound], parts: Sequence[ColumnElement[bool]]) -> list[Bound]:
        """The same where so few waited that only those are left out that never did, by one query."""
        has_waited = waiting_times.has_waited(self._waiting_on)
        done_at = func.coalesce(Ticket.solved_at, Ticket.closed_at)
        ids = [ticket_id for _, ticket_id in may_be]
        listed = and_(Ticket.id.in_(ids), Ticket.status.in_(DONE), done_at < self._stop)
        return nlargest(self._most, self._add_up([*(and_(part, has_waited) for part in parts), listed]))

    def _add_up(self, parts: Sequence[ColumnElement[bool]]) -> list[Bound]:
        """What each ticket that meets one of ``parts`` waited in the period, until the same time in all queries."""
        waits = waiting_times.select_waits_of(parts, self._waiting_on, (self._begin, self._stop))
        rows = execute_core(select(waits.c.value, waits.c.ticket_id), is_planned_anew=True)
        return [(row.value, row.ticket_id) for row in rows]
