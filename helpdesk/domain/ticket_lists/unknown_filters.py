"""Filters of a list whose value names nothing: a page says so above the list, a file is not made."""

from collections.abc import Mapping

from sqlalchemy import exists, select

from helpdesk.database.row_ids import parse_id
from helpdesk.domain.ticket_lists import agent_queue, agent_queue_queries
from helpdesk.extensions import db
from helpdesk.models.priorities import Priority
from helpdesk.models.statuses import Status
from helpdesk.models.user import User
from helpdesk.translation import gettext, lazy_gettext, lazy_pgettext

LABELS = {
    "view": lazy_gettext("View"),
    "status": lazy_gettext("Status"),
    "priority": lazy_gettext("Priority"),
    "assignee": lazy_gettext("Assignee"),
    "organization": lazy_gettext("Organization"),
    "form": lazy_gettext("Form"),
    "tag": lazy_gettext("Tag"),
    "age": lazy_gettext("Age"),
    "requester": lazy_gettext("Requester"),
    "sort": lazy_pgettext("sequence", "Order"),
}
KNOWN = {
    "view": frozenset(agent_queue.VIEW_LABELS),
    "status": frozenset(map(str, Status)),
    "priority": frozenset(map(str, Priority)),
    "age": frozenset(agent_queue.AGE_LABELS),
    "sort": agent_queue.SELECTABLE_ORDERS | {"own"},  # a view's own order, by which the one chosen before is forgotten
}
NO_PERSON = {"assignee": ("none", "me"), "requester": ()}


def describe_unknown(name: str, value: str, label: object = "") -> str:
    """Return the sentence about the filter ``name``, whose ``value`` names nothing."""
    return gettext("%(filter)s: there is no “%(value)s”.", filter=label or LABELS[name], value=value)


def find_unknown(arguments: Mapping[str, str], *, is_empty: bool) -> dict[str, str]:
    """Return a sentence by name for each filter of the team's queue that names nothing.

    Whether the names of rows exist is asked only if ``is_empty``: what has tickets exists.
    """
    given = {name: (arguments.get(name) or "").replace("\x00", "").strip()[:200] for name in LABELS}
    unknown = [
        name
        for name, value in given.items()
        if value and (value not in KNOWN[name] if name in KNOWN else is_empty and not is_row(name, value))
    ]
    return {name: describe_unknown(name, given[name]) for name in unknown}


def is_row(name: str, value: str) -> bool:
    """Whether ``value`` is what the filter ``name`` calls one of its people, organizations, forms or tags."""
    if name in NO_PERSON:
        return value in NO_PERSON[name] or bool(
            db.session.scalar(select(exists().where(User.id == (parse_id(value) or 0))))
        )
    return bool(agent_queue_queries.find_ids(name, value.lower().lstrip("#") if name == "tag" else value))
