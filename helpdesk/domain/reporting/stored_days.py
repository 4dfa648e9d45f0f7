"""Sums of days that are over, stored so that a report adds them up in place of reading their tickets (ADR 0030).

Each holds as long as the number of changes of its times is what it was when it was counted. Triggers note changes in
the transaction of the change, so that none is missed; their number is read before the tickets are counted, so that
what changes meanwhile makes the sums worthless, never wrong.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any, TypeVar

from sqlalchemy import Row, delete, func, select, union_all
from sqlalchemy.dialects import postgresql, sqlite

from helpdesk import clock, config
from helpdesk.database.transactions import execute_core
from helpdesk.domain.reporting.date_ranges import Period
from helpdesk.domain.reporting.selections import Selection
from helpdesk.extensions import db
from helpdesk.models.report_day import UNIT_SECONDS, ReportChange, ReportDay, ReportVersion, unit_of

BATCH_SIZE = 50_000  # changes that are added up in one transaction
KEPT_FOR = timedelta(days=35)  # after which they are deleted, and stored anew where somebody still asks for them
MOST_STORED = 20_000  # days of reports with filters

Content = TypeVar("Content")
days, changes, versions = ReportDay.__table__, ReportChange.__table__, ReportVersion.__table__


class Versions:
    """How many changes there have been of each time from ``begin`` until ``end``. One query."""

    def __init__(self, begin: datetime, end: datetime, selection: Selection):
        self._first = first = unit_of(begin)
        last = unit_of(end)
        number = changes.c.figures + changes.c.properties if selection.has_properties else changes.c.figures
        counted = versions.c.figures + versions.c.properties if selection.has_properties else versions.c.figures
        noted = select(changes.c.first_unit, changes.c.last_unit, func.sum(number)).where(
            changes.c.first_unit <= last, changes.c.last_unit >= first
        )
        known = select(versions.c.unit, versions.c.unit, counted).where(versions.c.unit.between(first, last))
        both = union_all(known, noted.group_by(changes.c.first_unit, changes.c.last_unit))
        steps = [0] * (last - first + 2)
        for begins, ends, count in execute_core(both).all():  # thousands of rows, at once
            steps[max(begins - first, 0)] += int(count)
            steps[min(ends, last) - first + 1] -= int(count)
        self._until = [0, *accumulate(accumulate(steps))]  # the sum of all units before each

    def of(self, span: Period) -> int:
        """The changes of the units that ``span`` touches, all together."""
        first, last = unit_of(span[0]), unit_of(span[1] - timedelta(microseconds=1))
        return self._until[last - self._first + 1] - self._until[first - self._first]


def can_be_stored(span: Period) -> bool:
    """Whether ``span`` is over: what happens from now on belongs to it only if a ticket is changed afterwards."""
    return span[1] <= clock.now() and unit_of(span[0]) >= 0


def load(
    selection: Selection, spans: Sequence[Period], known: Versions, decode: Callable[[bytes], Content | None]
) -> dict[Period, Content]:
    """Return what is stored of ``spans`` and holds; ``decode`` returns None for another format. One query."""
    if selection.key is None or not spans:
        return {}
    wanted = {span: known.of(span) for span in spans if can_be_stored(span)}
    query = select(days.c.begins_at, days.c.ends_at, days.c.version, days.c.content).where(
        days.c.selection == selection.key, days.c.begins_at >= spans[0][0], days.c.begins_at < spans[-1][1]
    )
    found = {}
    for begin, end, version, stored in execute_core(query, is_in_binary=True).all():
        if wanted.get((begin, end)) == version and (content := decode(stored)) is not None:
            found[begin, end] = content
    return found


def store(selection: Selection, counted: Mapping[Period, bytes], known: Versions) -> None:
    """Store what was counted after ``known`` was read. The caller commits."""
    rows = [
        {
            "selection": selection.key,
            "begins_at": span[0],
            "ends_at": span[1],
            "version": known.of(span),
            "content": content,
            "stored_at": clock.now(),
        }
        for span, content in counted.items()
    ]
    insert = (sqlite if config.current().is_sqlite else postgresql).insert(days)
    again = {name: insert.excluded[name] for name in ("version", "content", "stored_at")}
    keys = ["selection", "begins_at", "ends_at"]
    if rows:
        db.session.execute(insert.on_conflict_do_update(index_elements=keys, set_=again), rows)


def add_up_changes() -> int:
    """Move at most BATCH_SIZE changes to the number of each unit, which no sum notices; returns how many.

    The caller commits. Two at once take different ones.
    """
    ids = select(changes.c.id).order_by(changes.c.id).limit(BATCH_SIZE)
    taken = db.session.execute(
        delete(changes)
        .where(changes.c.id.in_(ids))
        .returning(changes.c.first_unit, changes.c.last_unit, changes.c.figures, changes.c.properties)
    ).all()
    rows = _count_by_unit(taken)
    insert = (sqlite if config.current().is_sqlite else postgresql).insert(versions)
    more = {name: versions.c[name] + insert.excluded[name] for name in ("figures", "properties")}
    if rows:
        db.session.execute(insert.on_conflict_do_update(index_elements=["unit"], set_=more), rows)
    return len(taken)


def _count_by_unit(taken: Sequence[Row[*tuple[Any, ...]]]) -> list[dict[str, int]]:
    if not taken:
        return []
    ahead = unit_of(clock.now()) + 2 * timedelta(days=1) // timedelta(seconds=UNIT_SECONDS)
    first = max(min(row.first_unit for row in taken), 0)  # of reports there are none before 1970
    last = max(ahead, *(row.first_unit for row in taken))
    totals = {}
    for name in ("figures", "properties"):
        steps = [0] * (last - first + 2)
        for row in taken:
            steps[max(row.first_unit - first, 0)] += getattr(row, name)
            steps[max(min(row.last_unit, last) - first + 1, 0)] -= getattr(row, name)
        totals[name] = list(accumulate(steps))
    return [
        {"unit": first + place, "figures": figures, "properties": properties}
        for place, (figures, properties) in enumerate(zip(*totals.values(), strict=True))
        if figures or properties
    ]


def delete_old() -> None:
    """Delete what was stored long ago, and the oldest of what is more than MOST_STORED. The caller commits."""
    db.session.execute(delete(days).where(days.c.stored_at < clock.now() - KEPT_FOR))
    filtered = days.c.selection != ""
    beyond = (
        select(days.c.stored_at).where(filtered).order_by(days.c.stored_at.desc()).offset(MOST_STORED).limit(1)
    ).scalar_subquery()
    db.session.execute(delete(days).where(filtered, days.c.stored_at <= beyond))
