"""Which days' sums are stored ahead: of all tickets those of half a year, of a report with filters those asked for.

Redis remembers what was asked for. Without it, nothing is forgotten but that: a report counts what is not stored.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from redis.client import Pipeline

from helpdesk import extensions
from helpdesk.database import transactions
from helpdesk.domain.reporting import date_ranges, longest_lists, selections, series, stored_days
from helpdesk.domain.reporting.date_ranges import Period
from helpdesk.domain.reporting.definition import FILTER_NAMES, ReportDefinition
from helpdesk.extensions import db

ASKED_KEY = "helpdesk:asked-reports"
MOST_ASKED = 50  # reports that are remembered
ASKED_SECONDS = 3600
LIST = "list "  # before the number whose list was asked for
AHEAD = timedelta(weeks=24)  # the days of the page of 12 weeks, and those before
BATCH_DAYS = 14  # of one transaction
RUN_SECONDS = 40.0  # below the job's interval


def ask_for(definition: ReportDefinition, missing: Mapping[str, Sequence[Period]]) -> None:
    """Remember what is over and not stored of a report: by "" for its sums, a property, or LIST and a number."""
    filters = {name: value for name in FILTER_NAMES if (value := getattr(definition, name))}
    asked = [
        json.dumps({"filters": filters, "by": by, "from": spans[0][0].isoformat(), "to": spans[-1][1].isoformat()})
        for by, spans in missing.items()
        if spans
    ]

    def add(pipeline: Pipeline) -> None:
        pipeline.lpush(ASKED_KEY, *asked)
        pipeline.ltrim(ASKED_KEY, 0, MOST_ASKED - 1)
        pipeline.expire(ASKED_KEY, ASKED_SECONDS)

    if asked:
        extensions.send_to_redis(add)


def store_due_days() -> None:
    """Add up the changes that were noted, and store the days that are missing, for most of a minute. Commits."""
    ends = time.monotonic() + RUN_SECONDS
    while time.monotonic() < ends and stored_days.add_up_changes():
        db.session.commit()
    stored_days.delete_old()
    db.session.commit()
    today = date_ranges.midnight(date_ranges.local_today())
    for asked in (Asked(today - AHEAD, today), *_take_asked()):
        with transactions.read_only():
            selection = selections.select_tickets(ReportDefinition.read(asked.filters))
        while time.monotonic() < ends and _store(asked, selection):
            db.session.commit()


def _store(asked: "Asked", selection: selections.Selection) -> int:
    if asked.by.startswith(LIST):
        return longest_lists.store(asked.by.removeprefix(LIST), selection, asked.from_midnight(), BATCH_DAYS)
    selection = selection.by(asked.by) if asked.by else selection
    return series.store_days(selection, asked.from_midnight(), BATCH_DAYS)


@dataclass(frozen=True)
class Asked:
    """What was asked for of the tickets that ``filters`` choose, see ``ask_for``."""

    begin: datetime
    end: datetime
    by: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)

    def from_midnight(self) -> Period:
        """Its days: it may have been asked for in another time zone."""
        begin, end = date_ranges.days_of((self.begin, self.end))
        return date_ranges.DateRange(begin, end).period


def _take_asked() -> list[Asked]:
    def take(pipeline: Pipeline) -> list[Any]:
        pipeline.lrange(ASKED_KEY, 0, -1)
        pipeline.delete(ASKED_KEY)
        return pipeline.execute()

    found = {}
    for text in (extensions.call_redis(take) or [()])[0]:
        asked = json.loads(text)
        begin, end = (datetime.fromisoformat(asked[name]) for name in ("from", "to"))
        found[text] = Asked(begin, end, asked["by"], asked["filters"])
    return list(found.values())
