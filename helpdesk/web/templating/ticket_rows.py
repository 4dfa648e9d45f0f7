"""The rows of lists of tickets as HTML. A row is rendered once for everything that it shows.

Lists are read again and again, by the poll of each open page too, and of 25 rows few are new. What a row shows is the
key of what is kept, its times as they are written now, so that nothing has to be cleared when something changes.
"""

from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from flask import Flask, current_app
from markupsafe import Markup

from helpdesk.domain.ticket_lists.agent_queue_rows import QueueRow
from helpdesk.domain.ticket_lists.customer_list import TicketRow
from helpdesk.translation.catalogues import Catalogue
from helpdesk.translation.current import current_catalogue
from helpdesk.web.templating import filters, htmx_responses

MAX_ROWS = 2_000  # kept of each list: some 4 MB


class QueueRows(NamedTuple):
    """The rows of the queue as HTML, and the version of each, by which the page says what it has."""

    html: Markup
    versions: str


def register(app: Flask) -> None:
    """Let templates render rows."""
    app.add_template_filter(render_list_rows)


def render_list_rows(tickets: Iterable[TicketRow], for_team: bool = False) -> Markup:
    """Render the rows of the customer's list."""
    catalogue, times = current_catalogue.get(), filters.PageTimes()
    rows = (_render_list_row(each, times.ago(each.updated_at), for_team, catalogue) for each in tickets)
    return Markup("".join(rows))


def render_queue_rows(
    tickets: Iterable[QueueRow], from_here: str = "", hidden: Collection[str] = (), known: str = ""
) -> QueueRows:
    """Render the rows of the team's queue.

    ``from_here``: the query of the address that leads back to this view. ``hidden``: columns that are not shown; the
    style sheet hides them, only what changes by the minute is left out. ``known``: the ``versions`` of the rows that
    the page has; of those that are the same only the place is sent, where the page puts what it has (swaps.js).
    """
    catalogue, times, on_page = current_catalogue.get(), filters.PageTimes(), set(known.split())
    parts, versions = [], []
    for each in tickets:
        html, version = _render_queue_row(
            each,
            times.since(each.turn_since),
            filters.format_due_time(each.due_at) if each.due_at else "",
            "" if "updated" in hidden else times.ago(each.updated_at),
            from_here,
            catalogue,
        )
        parts.append(f'<li id="ticket-{each.number}" data-same></li>' if version in on_page else html)
        versions.append(version)
    return QueueRows(Markup("".join(parts)), " ".join(versions))


@lru_cache(maxsize=MAX_ROWS)
def _render_list_row(ticket: TicketRow, updated: Markup, for_team: bool, _catalogue: Catalogue) -> str:
    return _render("portal/_ticket_row.html", ticket=ticket, updated=updated, for_team=for_team)


@lru_cache(maxsize=MAX_ROWS)
def _render_queue_row(
    ticket: QueueRow, waiting: Markup, due: str, updated: str, from_here: str, _catalogue: Catalogue
) -> tuple[str, str]:
    """Return the row and its version: the ticket's number and a hash of what the row shows."""
    html = _render(
        "desk/_queue_row.html", ticket=ticket, waiting=waiting, due=due, updated=updated, from_here=from_here
    )
    return html, f"{ticket.number}:{htmx_responses.short_hash(html)}"


def _render(template: str, **values: Any) -> str:
    return current_app.jinja_env.get_template(template).render(values)
