"""The sums of consecutive stretches of time: stored ones of days that are over, the others counted now."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import func, select

from helpdesk import clock
from helpdesk.database import transactions
from helpdesk.domain.reporting import backlog, date_ranges, day_sums, live_sums, live_waits, stored_days
from helpdesk.domain.reporting.date_ranges import Period
from helpdesk.domain.reporting.day_sums import DaySums
from helpdesk.domain.reporting.figures import Figures
from helpdesk.domain.reporting.live_sums import SumsByKey
from helpdesk.domain.reporting.selections import ALL, Selection
from helpdesk.models.statuses import WaitingOn
from helpdesk.models.ticket import Ticket


class Series:
    """The sums of the tickets of ``selection`` from the first of ``moments`` to the last.

    Figures can be asked for between any two of the ``moments``; ``waits``: the part whose time spent waiting, too.
    ``missing_days``: those that are over and not stored.
    """

    def __init__(self, moments: Iterable[datetime], selection: Selection = ALL, waits: Period | None = None):
        cuts = sorted(set(moments))
        self._selection = selection
        self._spans = split_by_days(cuts)
        self._begins = [begin for begin, _ in self._spans]
        found, missing = _load(self._spans, selection)
        self.missing_days = [span for span in missing if stored_days.can_be_stored(span) and _is_whole_day(span)]
        self._sums = [found[span].get(None) or DaySums() for span in self._spans]
        if waits is not None:
            self._count_waits([span for span in missing if waits[0] <= span[0] < waits[1]])
        self._open_now: int | None = None

    def figures(self, period: Period) -> Figures:
        """The figures of ``period``, without the backlog."""
        return day_sums.add_up(self._within(period))

    def waited(self, period: Period) -> dict[WaitingOn, float]:
        """The seconds for which tickets waited on whom in ``period``, which is in the part asked for."""
        return day_sums.add_waits(self._within(period))

    @property
    def open_now(self) -> int:
        """How many of the tickets are open now."""
        if self._open_now is None:
            self._open_now = backlog.count_backlog(self._selection.where)
        return self._open_now

    def count_open_at(self, moments: Sequence[datetime]) -> list[int | None]:
        """How many tickets were open at each of the ``moments``, which are in order; None for those to come.

        It is counted back from now: what was filed since was not there, what was solved since was open.
        """
        now = clock.now()
        past = [moment for moment in moments if moment <= now]
        coming: list[int | None] = [None for _ in moments[len(past) :]]
        if coming and (not past or past[-1] < now):
            coming[0] = self.open_now  # at the end of a part that is not over, now
        if not past:
            return coming
        since = {self._spans[-1][1]: self._count_after(self._spans[-1][1])}
        change = since[self._spans[-1][1]]
        for begin, sums in zip(reversed(self._begins), reversed(self._sums), strict=True):
            change += sums.done - sums.filed
            since[begin] = change
        return [self.open_now + since[moment] for moment in past] + coming

    def _count_after(self, moment: datetime) -> int:
        filed = select(func.count()).where(Ticket.created_at >= moment, *self._selection.where).scalar_subquery()
        done = select(func.count()).where(backlog.is_done_since(moment), *self._selection.where).scalar_subquery()
        found = transactions.execute_core(select(done - filed), is_planned_anew=True)  # a plan for all times is a scan
        return found.scalar() or 0

    def _within(self, period: Period) -> list[DaySums]:
        return self._sums[bisect_left(self._begins, period[0]) : bisect_left(self._begins, period[1])]

    def _count_waits(self, missing: Sequence[Period]) -> None:
        """Count the time spent waiting in each run of missing days, from how many waited when it begins."""
        for run in live_sums.list_runs(missing):
            place = bisect_left(self._begins, run[0][0])
            before = self._sums[place - 1].waiting if place else ()
            live_waits.count(run, self._sums[place : place + len(run)], before or None, self._selection.where)


def figures_by_group(period: Period, selection: Selection) -> tuple[dict[Any, Figures], list[Period]]:
    """The figures of each group of ``selection`` in ``period``, and its days and weeks that are over and not stored."""
    spans = split_by_weeks(period)
    found, missing = _load(spans, selection)
    parts: dict[Any, list[DaySums]] = {}
    for span in spans:
        for key, sums in found[span].items():
            parts.setdefault(key, []).append(sums)
    figures = {key: day_sums.add_up(each) for key, each in parts.items()}
    return figures, [span for span in missing if stored_days.can_be_stored(span)]


def _load(spans: Sequence[Period], selection: Selection) -> tuple[dict[Period, SumsByKey], list[Period]]:
    """The sums of ``spans``, and those of them that were not stored."""
    known = stored_days.Versions(spans[0][0], spans[-1][1], selection)
    found = stored_days.load(selection, spans, known, day_sums.decode)
    missing = [span for span in spans if span not in found]
    counted = live_sums.count(missing, selection.where, selection.groups)
    return found | dict(zip(missing, counted, strict=True)), missing


def split_by_days(cuts: Sequence[datetime]) -> list[Period]:
    """The stretches between ``cuts``, which are in order, and between the midnights among them."""
    day, last = (date_ranges.local_date(moment) for moment in (cuts[0], cuts[-1]))
    moments = set(cuts)
    while day < last:
        day += timedelta(days=1)
        moments.add(date_ranges.midnight(day))
    inside = sorted(moment for moment in moments if cuts[0] <= moment <= cuts[-1])
    return list(pairwise(inside))


def split_by_weeks(period: Period) -> list[Period]:
    """The weeks of ``period`` that are whole and over, and its other days. It begins and ends at midnight.

    A week that is not over is in days, so that those of it that are over can be stored.
    """
    spans: list[Period] = []
    for day in split_by_days(period):
        spans.append(day)
        begin = spans[-7][0] if len(spans) >= 7 else None
        if begin is not None and begin == _last_monday(day) and stored_days.can_be_stored((begin, day[1])):
            spans[-7:] = [(begin, day[1])]
    return spans


def store_days(selection: Selection, period: Period, most: int) -> int:
    """Count and store what can be stored of ``period``, which begins and ends at midnight, ``most`` days at most.

    The earliest first; returns how many days or weeks. It reads in a transaction of its own; the caller commits what is
    written.
    """
    if selection.key is None:
        return 0
    with transactions.read_only():
        spans = split_by_weeks(period) if selection.groups else split_by_days(period)
        spans = [span for span in spans if stored_days.can_be_stored(span)]
        if not spans:
            return 0
        known = stored_days.Versions(spans[0][0], spans[-1][1], selection)
        found = stored_days.load(selection, spans, known, day_sums.decode)
        missing = [span for span in spans if span not in found][:most]
        counted = dict(zip(missing, live_sums.count(missing, selection.where, selection.groups), strict=True))
        for run in live_sums.list_runs(missing) if selection.groups is None else ():
            sums = [counted[span].setdefault(None, DaySums()) for span in run]
            place = spans.index(run[0])
            before = found.get(spans[place - 1], {}).get(None) if place else None
            live_waits.count(run, sums, before.waiting if before else None, selection.where)
    stored_days.store(selection, {span: day_sums.encode(sums) for span, sums in counted.items()}, known)
    return len(counted)


def _is_whole_day(span: Period) -> bool:
    day = date_ranges.local_date(span[0])
    return span == (date_ranges.midnight(day), date_ranges.midnight(day + timedelta(days=1)))


def _last_monday(day: Period) -> datetime:
    """When the week began of which ``day`` is the last; the end of time for any other day."""
    date = date_ranges.local_date(day[0])
    return date_ranges.midnight(date - timedelta(days=6)) if date.weekday() == 6 else datetime.max.replace(tzinfo=UTC)
