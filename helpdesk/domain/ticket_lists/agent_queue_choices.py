"""What the filters of the team's queue offer, with the saved views and macros of a person."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from helpdesk.database import transactions
from helpdesk.domain.content_translation.lookup import Part, translate_content
from helpdesk.domain.ticket_lists import agent_queue_queries
from helpdesk.markup.name_order import sort_by_name
from helpdesk.models.user import User

FILTER_NAMES = (
    "view",
    "q",
    "status",
    "assignee",
    "organization",
    "priority",
    "form",
    "tag",
    "age",
    "requester",
    "sort",
)
Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class QueueView:
    """A view in the navigation: its key in the URL, its name, and its number of tickets (None: not counted)."""

    key: str
    label: str
    count: int | None = None
    filters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FilterChoices:
    """The options of the filters, each as (value, name). ``number``: what was counted with them."""

    agents: Options
    organizations: Options
    forms: Options
    tags: Options
    saved: Sequence[QueueView]
    macros: Options
    number: int = 0


def load_filter_choices(user: User, counted: agent_queue_queries.AnySelect | None = None) -> FilterChoices:
    """Return agents, organizations, forms, tags, and the saved views and macros ``user`` may use. One query.

    ``counted``: a query of one number, which comes with them.
    """
    query = agent_queue_queries.filter_options_query(counted)
    read = _read_choices(transactions.execute_core(query, {"reader": user.id}).scalar() or "[]")
    forms, macros = _translate_names(read.forms, Part.form), _translate_names(read.macros, Part.reply)
    return replace(read, forms=forms, macros=macros)


@lru_cache(maxsize=100)  # texts of some 20 KB
def _read_choices(text: str) -> FilterChoices:
    """Read what the database wrote, which is the same for one request after another."""
    options: dict[str, list[Any]] = {kind: [] for kind in ("agent", "organization", "form", "tag", "macro")}
    saved, number = [], 0
    for kind, value, name, more in json.loads(text):
        if kind == "number":
            number = int(value)
        elif kind == "view":
            saved.append(QueueView(value, name, None, _read_filters(more)))
        else:
            options[kind].append((value, name or more.partition("@")[0]))
    agents, organizations = (_sort_by_name(options[kind]) for kind in ("agent", "organization"))
    forms, macros, tags = tuple(options["form"]), tuple(options["macro"]), _sort_by_name(options["tag"])
    views = tuple(sort_by_name(saved, lambda view: view.label))
    return FilterChoices(agents, organizations, forms, tags, views, macros, number)


def _translate_names(options: Options, part: Part) -> Options:
    return _sort_by_name((value, translate_content(name, part)) for value, name in options)


def _sort_by_name(options: Iterable[tuple[str, str]]) -> Options:
    return tuple(sort_by_name(options, lambda pair: pair[1]))


def _read_filters(text: str) -> dict[str, str]:
    filters = json.loads(text)
    return {name: str(filters[name]) for name in FILTER_NAMES if filters.get(name)}
