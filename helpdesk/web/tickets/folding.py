"""Which part of a long conversation a page loads and shows: the first message and the latest ones, or what is unread.

Messages between them are loaded when somebody opens them, a page at a time. A page keeps the number from which it shows
everything (header ``X-Shown-From`` of its requests), so that nothing is folded away while somebody reads.
"""

from dataclasses import dataclass
from typing import Any

from flask import request

from helpdesk.database.row_ids import parse_id
from helpdesk.domain import tickets
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.web import timeline_numbers

HEADER = "X-Shown-From"
SHORT = 14  # entries that are never folded
LATEST = 6  # entries that are shown although they were read
MOST_UNREAD = 40  # unread entries that are shown at once; of more, the latest
FEWEST_FOLDED = 4
EARLIER_PAGE = 50  # entries that are loaded at once when somebody opens earlier ones
MOST_EARLIER = 1000  # entries that are loaded at once to reach one of them


@dataclass(frozen=True)
class FoldedTimeline:
    """The first entry where others are folded behind it, the entries at the end, and how many messages are folded.

    ``shown_from``: the number from which everything is shown; ``first_unread``: that of the first unread entry of
    somebody else, else 0.
    """

    start: list[Any]
    folded_count: int
    shown: list[Any]
    shown_from: int
    first_unread: int

    @property
    def entries(self) -> list[Any]:
        return self.start + self.shown

    def split_unread(self) -> tuple[list[Any], list[Any]]:
        """The shown entries before the first unread one, and those from it on: none where it is not shown."""
        places = (place for place, entry in enumerate(self.shown) if entry.seq == self.first_unread)
        place = next(places, len(self.shown)) if self.first_unread else len(self.shown)
        return self.shown[:place], self.shown[place:]


@dataclass(frozen=True)
class EarlierPage:
    """Entries with numbers below ``before``, and how many messages there are before these (without the first one)."""

    before: int
    entries: list[Any]
    left_count: int


def load_folded(ticket: Ticket, reader: User, rows: tuple[tickets.Rows, tickets.Rows] | None = None) -> FoldedTimeline:
    """Load what the page that asks shows already, else what the reader has not read, or the end.

    ``rows``: of the timeline's queries with ``query_parameters``, where they were executed already.
    """
    asked = timeline_numbers.read_number(ticket, parse_id(request.headers.get(HEADER)), reader)
    most = tickets.MAX_ENTRIES if asked is not None else MOST_UNREAD
    entries = tickets.load_timeline(ticket, reader, from_seq=asked or 0, most=most, with_start=True, rows=rows)
    read_seq = getattr(ticket, "read_seq", None) or 0
    unread = [entry for entry in entries if entry.seq > read_seq] if read_seq else []
    is_all = asked is None and len(entries) <= most
    shown_from = asked if asked is not None else find_default_start(entries, len(unread))
    if not is_all and asked is not None and len(entries) > most:
        shown_from = entries[1].seq
    by_others = (entry.seq for entry in unread if entry.author_id != reader.id)
    first_unread = next(by_others, 0) if len(unread) < len(entries) else 0
    folded = [entry for entry in entries[1:] if entry.seq < shown_from]
    if is_all and len(folded) < FEWEST_FOLDED:
        return FoldedTimeline([], 0, entries, 0, first_unread)
    if is_all:
        count = sum(1 for entry in folded if not entry.is_event)
    else:
        count = tickets.count_messages(ticket, reader, entries[0].seq + 1, shown_from) if entries else 0
    if not count:
        return FoldedTimeline([], 0, entries, shown_from, first_unread)
    return FoldedTimeline(entries[:1], count, entries[1 + len(folded) :], shown_from, first_unread)


def query_parameters(ticket: Ticket) -> dict[str, int]:
    """Return the parameters of the timeline's queries for a page that shows nothing of it yet."""
    return tickets.query_parameters(ticket, most=MOST_UNREAD, with_start=True)


def load_earlier(ticket: Ticket, reader: User, before: int, from_seq: int | None = None) -> EarlierPage:
    """Load the page of entries before the number ``before``, without the first; with ``from_seq`` all from there on."""
    most = EARLIER_PAGE if from_seq is None else MOST_EARLIER
    lowest = tickets.FIRST_SEQ + 1
    entries = tickets.load_timeline(ticket, reader, from_seq=max(from_seq or 0, lowest), before=before, most=most)
    left = tickets.count_messages(ticket, reader, lowest, entries[0].seq) if entries else 0
    return EarlierPage(before, entries, left)


def find_default_start(entries: list[Any], unread_count: int) -> int:
    """Return the number from which everything is shown; 0 for a short conversation."""
    if len(entries) <= SHORT:
        return 0
    shown_count = max(LATEST, min(unread_count + 2, MOST_UNREAD))
    return entries[-shown_count].seq if shown_count < len(entries) else 0
