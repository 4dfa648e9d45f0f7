"""What the parts of the queue's page show, as plain values: by these what is rendered of them is kept."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from helpdesk.domain.ticket_lists import agent_queue
from helpdesk.translation.catalogues import Catalogue
from helpdesk.translation.current import current_catalogue
from helpdesk.web.desk import queue_columns

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ShownView:
    """A view in the navigation. ``filters``: those of a saved view."""

    key: str
    label: str
    count: int | None
    filters: Pairs


def describe_queue(
    choices: agent_queue.FilterChoices, views: Iterable[agent_queue.QueueView], filters: Mapping[str, str]
) -> dict[str, Any]:
    """Return the context of what stands around the list: the views, the filters and what can be chosen in them."""
    tag, words = filters["tag"], _words_of_language(filters["view"], current_catalogue.get())
    saved, shown = _show_views(choices.saved), _show_views(views)
    tags = choices.tags
    return {
        "saved": saved,
        "views": shown,
        "current": next(
            (view for view in saved if view.key == filters["saved"]),
            next(view for view in shown if view.key == filters["view"]),
        ),
        "shown_filters": tuple(filters.items()),
        "agents": choices.agents,
        "organizations": choices.organizations,
        "forms_there": choices.forms,
        "tags": tags if not tag or (tag, tag) in tags else ((tag, tag), *tags),
        "macros": choices.macros,
        **words,
        "sorts": _name_own_order(words["sorts"]) if filters["sort"] else words["sorts"],
    }


def _name_own_order(sorts: Pairs) -> Pairs:
    """Return ``sorts`` with a value for the view's own order, by which the one chosen before is forgotten."""
    return (("own", sorts[0][1]), *sorts[1:])


def _show_views(views: Iterable[agent_queue.QueueView]) -> tuple[ShownView, ...]:
    return tuple(ShownView(view.key, str(view.label), view.count, tuple(view.filters.items())) for view in views)


@lru_cache(maxsize=200)
def _words_of_language(view: str, _catalogue: Catalogue) -> dict[str, Pairs]:
    return {
        "columns": _pair_texts(queue_columns.COLUMNS.items()),
        "ages": _pair_texts(agent_queue.AGE_LABELS.items()),
        "sorts": _pair_texts(agent_queue.list_orders(view)),
    }


def _pair_texts(pairs: Iterable[tuple[str, object]]) -> Pairs:
    return tuple((value, str(label)) for value, label in pairs)
