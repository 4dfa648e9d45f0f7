"""The first page of the tickets behind a number by their values: from the first of every day, stored as sums are.

The days' lists of tickets that waited have those that were done on the day; ``longest_waits`` makes a page of them.
"""

import math
import struct
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Label, Select, and_, func, or_, select

from helpdesk import config
from helpdesk.database import transactions
from helpdesk.domain.reporting import backlog, live_sums, metrics, series, stored_days, waiting_times
from helpdesk.domain.reporting.date_ranges import Period
from helpdesk.domain.reporting.definition import Conditions
from helpdesk.domain.reporting.groups import find_part
from helpdesk.domain.reporting.metrics import METRICS
from helpdesk.domain.reporting.selections import Selection
from helpdesk.models.rating import Rating
from helpdesk.models.sla import SlaTimer
from helpdesk.models.ticket import Ticket

PAGE_SIZE = 50
HEAD = struct.Struct("<BII")  # the format, the count and the length of the list
FORMAT = 1  # a change of what a metric counts or of its order needs another number
AnySelect = Select[*tuple[Any, ...]]
NAMES = frozenset(name for name, metric in METRICS.items() if metric.unit)


@dataclass(slots=True)
class Longest:
    """The first PAGE_SIZE tickets of a stretch of time with their values, and how many it has."""

    count: int
    ids: "array[int]"
    values: "array[float]"  # NaN where a ticket has none


def find_first_page(
    name: str, selection: Selection, period: Period
) -> tuple[int, list[tuple[int, float | None]], list[Period]]:
    """How many tickets ``name`` counts in ``period``, the first with their values, and what is not stored."""
    spans = series.split_by_days(period)
    listed = selection.listed(name)
    known = stored_days.Versions(*period, listed)
    found = stored_days.load(listed, spans, known, decode)
    missing = [span for span in spans if span not in found]
    found |= dict(zip(missing, count(name, missing, selection), strict=True))
    pairs = [pair for each in found.values() for pair in zip(each.values, each.ids, strict=True)]
    first = sorted(pairs, key=_order(name))[:PAGE_SIZE]
    rows = [(ticket_id, None if math.isnan(value) else value) for value, ticket_id in first]
    return (
        sum(each.count for each in found.values()),
        rows,
        [span for span in missing if stored_days.can_be_stored(span)],
    )


def store(name: str, selection: Selection, period: Period, most: int) -> int:
    """Count and store the first tickets of what is over of ``period``, ``most`` days at most; returns how many."""
    listed = selection.listed(name)
    with transactions.read_only():
        spans = [span for span in series.split_by_days(period) if stored_days.can_be_stored(span)]
        if selection.key is None or not spans:
            return 0
        known = stored_days.Versions(spans[0][0], spans[-1][1], listed)
        found = stored_days.load(listed, spans, known, decode)
        missing = [span for span in spans if span not in found][:most]
        counted = count(name, missing, selection)
    stored_days.store(listed, {span: encode(each) for span, each in zip(missing, counted, strict=True)}, known)
    return len(missing)


def count(name: str, spans: Sequence[Period], selection: Selection) -> list[Longest]:
    """The first tickets of each of ``spans``, counted now. A query for MOST_SPANS of them."""
    found = []
    for start in range(0, len(spans), live_sums.MOST_SPANS):
        found += _count(name, spans[start : start + live_sums.MOST_SPANS], selection)
    return found


def _count(name: str, spans: Sequence[Period], selection: Selection) -> list[Longest]:
    rank = _rank_waits if name in waiting_times.LISTS else _rank
    rows = rank(name, spans, selection.where).subquery()
    found = [Longest(0, array("q"), array("d")) for _ in spans]
    first = select(rows).where(rows.c.place <= PAGE_SIZE).order_by(rows.c.place)
    for row in transactions.execute_core(first, is_planned_anew=True):
        longest = found[row.part]
        longest.count = row.number
        longest.ids.append(row.ticket_id)
        longest.values.append(math.nan if row.value is None else row.value)
    return found


def _rank(name: str, spans: Sequence[Period], where: Conditions) -> AnySelect:
    metric = METRICS[name]
    part = find_part(metric.time, [end for _, end in spans])
    order = metric.value.asc() if metric.unit == "score" else metric.value.desc()
    ranked = select(*_list_columns(part, metric.value, order)).where(metric.condition, *where)
    periods = [(run[0][0], run[-1][1]) for run in live_sums.list_runs(spans)]
    if metric.timer_kind:
        is_its_timer = (SlaTimer.ticket_id == Ticket.id) & (SlaTimer.kind == metric.timer_kind)
        ranked = ranked.join(SlaTimer, is_its_timer).where(or_(*map(metrics.ended_in, periods)))
    else:
        ranked = ranked.where(or_(*(metrics.within(metric.time, period) for period in periods)))
    if metric.unit == "score":
        ranked = ranked.join(Rating, Rating.ticket_id == Ticket.id)
    return ranked


def _rank_waits(name: str, spans: Sequence[Period], where: Conditions) -> AnySelect:
    """The tickets that were done in ``spans``, by the time for which they waited until then."""
    runs = [(run[0][0], run[-1][1]) for run in live_sums.list_runs(spans)]
    parts = [and_(part, *where) for run in runs for part in backlog.done_in(*run)]
    waits = waiting_times.select_waits_of(parts, waiting_times.LISTS[name])
    part = find_part(func.coalesce(Ticket.solved_at, Ticket.closed_at), [end for _, end in spans])
    return select(*_list_columns(part, waits.c.value, waits.c.value.desc())).join(waits, waits.c.ticket_id == Ticket.id)


def _list_columns(part: ColumnElement[int], value: Any, order: Any) -> tuple[Label[Any], ...]:
    return (
        part.label("part"),
        Ticket.id.label("ticket_id"),
        value.label("value"),
        func.row_number().over(partition_by=part, order_by=(order, Ticket.id.desc())).label("place"),
        func.count().over(partition_by=part).label("number"),
    )


def _order(name: str) -> Callable[[tuple[float, int]], tuple[float, int]]:
    """The order of the list: as the database has it, also of tickets without a value."""
    sign = 1 if METRICS[name].unit == "score" else -1
    nothing = math.inf if config.current().is_sqlite else -math.inf

    def key(pair: tuple[float, int]) -> tuple[float, int]:
        value, ticket_id = pair
        return (nothing if math.isnan(value) else sign * value), -ticket_id

    return key


def encode(longest: Longest) -> bytes:
    """Return it as bytes."""
    length = len(longest.ids)
    lists = struct.pack(f"<{length}q{length}d", *longest.ids, *longest.values)
    return HEAD.pack(FORMAT, longest.count, length) + lists


def decode(content: bytes) -> Longest | None:
    """Return what ``encode`` wrote; None if another format wrote it."""
    number, count, length = HEAD.unpack_from(content)
    if number != FORMAT:
        return None
    values = struct.unpack_from(f"<{length}q{length}d", content, HEAD.size)
    return Longest(count, array("q", values[:length]), array("d", values[length:]))
