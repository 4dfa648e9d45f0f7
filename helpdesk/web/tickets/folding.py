"""Which part of a long conversation is folded: what was read, between the first message and the latest ones.

A page keeps the number from which it shows everything (header ``X-Shown-From`` of its requests), so that nothing is
folded away while somebody reads.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import request

from helpdesk.models.ticket import Ticket
from helpdesk.web.request import parse_id

HEADER = "X-Shown-From"
SHORT = 14  # entries that are never folded
LATEST = 6  # entries that are shown although they were read
MOST_UNREAD = 40  # unread entries that are shown at once; of more, the latest
FEWEST_FOLDED = 4


@dataclass(frozen=True)
class FoldedTimeline:
    """A timeline in parts, each with whether it is folded; and the number of the first unread entry, 0 if none."""

    parts: list[tuple[bool, list[Any]]]
    shown_from: int
    first_unread: int


def fold_timeline(ticket: Ticket, timeline: Sequence[Any]) -> FoldedTimeline:
    """Fold ``timeline`` as the page that asks shows it already, else by what the reader has read."""
    entries = list(timeline)
    read_seq = getattr(ticket, "read_seq", None) or 0
    unread = [entry for entry in entries if entry.seq > read_seq] if read_seq else []
    asked = parse_id(request.headers.get(HEADER))
    shown_from = asked if asked is not None else _default_start(entries, len(unread))
    folded = [entry for entry in entries[1:] if entry.seq < shown_from]
    first_unread = unread[0].seq if unread and len(unread) < len(entries) else 0
    if len(folded) < FEWEST_FOLDED:
        return FoldedTimeline([(False, entries)], shown_from if asked is not None else 0, first_unread)
    rest = entries[1 + len(folded) :]
    return FoldedTimeline([(False, entries[:1]), (True, folded), (False, rest)], shown_from, first_unread)


def _default_start(entries: list[Any], unread_count: int) -> int:
    """The number from which everything is shown; 0 for a short conversation."""
    if len(entries) <= SHORT:
        return 0
    return entries[-max(LATEST, min(unread_count + 2, MOST_UNREAD))].seq
