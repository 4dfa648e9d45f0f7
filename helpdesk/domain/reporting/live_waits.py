"""How long tickets waited on whom in each of some stretches of time, counted in the tickets' status events."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from helpdesk import clock
from helpdesk.database.transactions import execute_core
from helpdesk.domain.reporting import waiting_times
from helpdesk.domain.reporting.date_ranges import Period
from helpdesk.domain.reporting.day_sums import DaySums
from helpdesk.domain.reporting.definition import Conditions
from helpdesk.models.statuses import WAITING_ON, Status, WaitingOn


def count(
    spans: Sequence[Period], sums: Sequence[DaySums], before: Sequence[int] | None, where: Conditions = ()
) -> None:
    """Set ``waited`` and ``waiting`` of the ``sums`` of ``spans``, which follow each other without a gap. One query.

    ``before``: how many tickets waited on whom when the first span begins. With it only those tickets are read that
    changed since; the others waited all the time.
    """
    begin, end = spans[0][0], spans[-1][1]
    edges = [begin, *(span[1] for span in spans)]
    found = waiting_times.select_statuses(begin, end, where, is_of_changed=before is not None)
    rows = select(found.c.status, found.c.at, found.c.until).where(found.c.at < end, found.c.until > begin)
    lines = {who: _Line(edges) for who in WaitingOn}
    for status, at, until in execute_core(rows, is_planned_anew=True):
        who = WAITING_ON[Status(status)] if status in _STATUSES else None
        if who is not None:
            lines[who].add(at, until)
    unchanged = [0] * len(lines)
    if before is not None:
        unchanged = [count - line.waiting_at(0) for count, line in zip(before, lines.values(), strict=True)]
    for number, each in enumerate(sums):
        pairs = list(zip(lines.values(), unchanged, strict=True))
        each.waited = [line.seconds_of(number) + others * line.length(number) for line, others in pairs]
        each.waiting = [line.waiting_at(number + 1) + others for line, others in pairs]


_STATUSES = frozenset(Status)


class _Line:
    """The times that were added, summed up between the ``edges``, until now at most."""

    def __init__(self, edges: Sequence[datetime]):
        self._edges = [edge.timestamp() for edge in edges]
        self._stop = min(self._edges[-1], clock.now().timestamp())
        self._seconds = [0.0] * len(edges)
        self._whole = [0] * (len(edges) + 1)  # changes of the number of times that fill a stretch
        self._across = [0] * (len(edges) + 1)  # changes of the number of times that cross an edge

    def add(self, at: datetime, until: datetime) -> None:
        begin, end = at.timestamp(), until.timestamp()
        if end <= begin:
            return
        edges = self._edges
        self._across[bisect_right(edges, begin)] += 1
        self._across[bisect_left(edges, end)] -= 1
        begin, end = max(begin, edges[0]), min(end, self._stop)
        if end <= begin:
            return
        first, last = bisect_right(edges, begin) - 1, bisect_left(edges, end) - 1
        if first == last:
            self._seconds[first] += end - begin
            return
        self._seconds[first] += edges[first + 1] - begin
        self._seconds[last] += end - edges[last]
        self._whole[first + 1] += 1
        self._whole[last] -= 1

    def length(self, number: int) -> float:
        """How much of a stretch has passed."""
        return max(min(self._edges[number + 1], self._stop) - self._edges[number], 0.0)

    def seconds_of(self, number: int) -> float:
        """The seconds of all times in a stretch."""
        return self._seconds[number] + sum(self._whole[: number + 1]) * self.length(number)

    def waiting_at(self, number: int) -> int:
        """How many times cross an edge."""
        return sum(self._across[: number + 1])
