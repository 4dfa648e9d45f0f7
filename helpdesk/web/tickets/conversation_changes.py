"""What has changed in a conversation since a page showed it, so that a new message is sent as that message.

A page names the entries that it shows in the header ``X-Shown-Entries``: ``m12:3:5a0c`` is message 12, which has number
3 in the timeline (for a customer what ``timeline_numbers`` made of it), in the state ``5a0c``. The response swaps those
that look different, removes those that are gone, and adds new ones at the end. Nothing is kept on the server. Where the
header is missing or does not fit, all of it is sent.
"""

import re
from dataclasses import dataclass
from typing import Any

from flask import Response, make_response, request

from helpdesk.domain import labels, tickets
from helpdesk.models.ticket import Ticket
from helpdesk.web import timeline_numbers
from helpdesk.web.middleware import authentication
from helpdesk.web.templating import filters, htmx_responses, kept_parts, timeline_rows
from helpdesk.web.tickets.page_rows import NOTHING, PageRows, load_new_entries

HEADER = "X-Shown-Entries"
MAX_SHOWN = 300  # entries that a page names, the latest
MAX_NEW = 60  # more new entries than that are sent as a whole conversation
SHOWN_PATTERN = re.compile(r"([me]\d{1,19}):(\d{1,10}):([0-9a-f.-]{1,24})")
ELEMENT_IDS = {"m": "message-", "e": "event-"}


@dataclass(frozen=True)
class ConversationChanges:
    """Entries that look different from what a page shows, the element ids of those that are gone, and new entries."""

    changed: list[Any]
    gone: list[str]
    added: list[Any]
    seen: dict[int, list[str]]


def find_changes(ticket: Ticket) -> ConversationChanges | None:
    """What differs from what the page that asks shows; None if the whole conversation has to be sent."""
    shown = _read_header(ticket)
    if not shown:
        return None
    reader = authentication.get_current_user()
    numbers = _numbers_of(shown)
    start = next((seq for seq in numbers if seq > tickets.FIRST_SEQ), numbers[0])
    most = len(shown) + MAX_NEW
    entries = tickets.load_timeline(
        ticket, reader, from_seq=start, most=most, with_start=numbers[0] == tickets.FIRST_SEQ
    )
    if len(entries) > most:
        return None
    seen = describe(ticket, entries)
    changed, added, gone = [], [], set(shown)
    for entry in entries:
        known = shown.get(entry.key)
        if known == (entry.seq, entry.shown_state):
            gone.discard(entry.key)
        elif known is not None and known[0] == entry.seq:
            gone.discard(entry.key)
            changed.append(entry)
        elif entry.seq > numbers[-1]:
            added.append(entry)
        else:
            return None
    return ConversationChanges(changed, sorted(ELEMENT_IDS[key[0]] + key[1:] for key in gone), added, seen)


def find_new(ticket: Ticket) -> tuple[ConversationChanges | None, PageRows]:
    """The entries after those that the page shows, without a look at these, and what was loaded with them.

    No entries (None) as for ``find_changes``.
    """
    shown = _read_header(ticket)
    if not shown:
        return None, NOTHING
    reader, start, most = authentication.get_current_user(), _numbers_of(shown)[-1] + 1, MAX_NEW + 1
    rows = load_new_entries(ticket, reader, start, most)
    added = tickets.load_timeline(ticket, reader, from_seq=start, most=most, rows=rows.timeline)
    if len(added) > MAX_NEW:
        return None, rows
    return ConversationChanges([], [], added, describe(ticket, added, is_end=False)), rows


def describe(
    ticket: Ticket, entries: list[Any], is_end: bool = True, receipts: tickets.Rows | None = None
) -> dict[int, list[str]]:
    """Give the events their sentences and all entries their state; by message id, the customers who read so far.

    Without the end of the timeline (``is_end``) nobody knows how far a customer has read. ``receipts``: as the ``rows``
    of ``read_by``.
    """
    reader = authentication.get_current_user()
    seen = tickets.read_by(ticket, entries, receipts) if reader.is_team and is_end else {}
    for entry in entries:
        if entry.is_event:
            entry.sentence = labels.describe_event(entry, reader.is_team)
        readers = None if entry.is_event else seen.get(entry.id)
        entry.shown_state = f"{entry.state}.{htmx_responses.short_hash(readers)}" if readers else entry.state
    return seen


def render_changes(ticket: Ticket, changes: ConversationChanges) -> str:
    """Render the changes as elements that HTMX swaps by their ids."""
    parts = [f'<div id="{id}" hx-swap-oob="delete"></div>' for id in changes.gone]
    page = timeline_rows.TimelinePage(ticket.number, changes.seen)
    parts += [
        htmx_responses.mark_out_of_band(str(timeline_rows.render_entry(entry, page))) for entry in changes.changed
    ]
    if changes.added:
        added = timeline_rows.render_entries(changes.added, page)
        parts.append(f'<div hx-swap-oob="beforeend:#conversation">{added}</div>')
        parts.append(htmx_responses.mark_out_of_band(_render_last_activity(ticket)))
    return "".join(parts)


def _render_last_activity(ticket: Ticket) -> str:
    time = filters.format_time_ago(ticket.updated_at)
    return str(kept_parts.render_part("tickets/_last_activity.html", time=time))


def respond(ticket: Ticket) -> Response | None:
    """The changes as the response to a page that asks for its conversation again; None: send all of it."""
    changes = find_changes(ticket)
    if changes is None:
        return None
    response = make_response(render_changes(ticket, changes))
    response.headers["HX-Reswap"] = "none"
    return response


def _read_header(ticket: Ticket) -> dict[str, tuple[int, str]]:
    """Return the number and state of each entry that the page names; none where a number is not of this ticket."""
    parts = request.headers.get(HEADER, "").split()
    found = [match for part in parts[:MAX_SHOWN] if (match := SHOWN_PATTERN.fullmatch(part))]
    reader = authentication.get_current_user()
    numbers = [timeline_numbers.read_number(ticket, int(match[2]), reader) for match in found]
    known = zip(found, numbers, strict=True)
    return {} if None in numbers else {match[1]: (number or 0, match[3]) for match, number in known}


def _numbers_of(shown: dict[str, tuple[int, str]]) -> list[int]:
    return sorted(seq for seq, _ in shown.values())
