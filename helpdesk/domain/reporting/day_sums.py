"""What reports count between two times, in a form that can be added up: counts, durations in order, ids.

Medians and percentiles use the nearest-rank method, of all the durations that were added up.
"""

import json
import math
import struct
import sys
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from typing import Any

from helpdesk.domain.reporting.figures import Figures
from helpdesk.models.statuses import WaitingOn

Key = int | str | None  # of a group: an id or a priority, None where a ticket has neither
FORMAT = 1 + 16 * len(WaitingOn)  # of the stored content; a change of what is counted, or how, needs another number
COUNTS = (
    *("filed", "unanswered", "solved", "one_touch", "ratings", "score_sum", "done"),
    *("response_met", "response_missed", "resolution_met", "resolution_missed"),
)
# The format and the length of the key, the counts, seconds and numbers by WaitingOn, the lengths of the three lists.
HEAD = struct.Struct(f"<BB{len(COUNTS)}q{len(WaitingOn)}d{len(WaitingOn)}q3I")
SAMPLED = 64  # places of a sample, for each by which it may miss what is looked for

Durations = Sequence[float]  # an array or a view of stored bytes


def no_durations() -> Durations:
    """An empty list of seconds."""
    return array("d")


@dataclass(slots=True)
class DaySums:
    """The sums of one stretch of time.

    ``responses`` and ``resolutions``: seconds in growing order. ``reopened``: ids of the tickets. ``done``: tickets
    that were solved, or merged and closed without that. ``waited``: the seconds for which tickets waited on whom, in
    the order of WaitingOn; ``waiting``: how many did at its end. Both are empty where nobody asked for them.
    """

    filed: int = 0
    unanswered: int = 0
    solved: int = 0
    one_touch: int = 0
    ratings: int = 0
    score_sum: int = 0
    done: int = 0
    response_met: int = 0
    response_missed: int = 0
    resolution_met: int = 0
    resolution_missed: int = 0
    responses: Durations = field(default_factory=no_durations)
    resolutions: Durations = field(default_factory=no_durations)
    reopened: set[int] = field(default_factory=set)
    waited: Sequence[float] = ()
    waiting: Sequence[int] = ()


def add_up(parts: Sequence[DaySums]) -> Figures:
    """Return the figures of all ``parts`` together. The backlog is not among them."""
    counts = {name: sum([getattr(part, name) for part in parts]) for name in COUNTS}
    score_sum, _done = counts.pop("score_sum"), counts.pop("done")
    responses = [part.responses for part in parts if part.responses]
    resolutions = [part.resolutions for part in parts if part.resolutions]
    response_median, response_p90 = find_percentiles(responses, 50, 90)
    resolution_median, resolution_p90 = find_percentiles(resolutions, 50, 90)
    return Figures(
        **counts,
        answered=sum(map(len, responses)),
        response_median=response_median,
        response_p90=response_p90,
        resolution_median=resolution_median,
        resolution_p90=resolution_p90,
        rating=score_sum / counts["ratings"] if counts["ratings"] else None,
        reopened=len(set().union(*[part.reopened for part in parts if part.reopened])),
    )


def add_waits(parts: Sequence[DaySums]) -> dict[WaitingOn, float]:
    """Return the seconds for which tickets waited on each of them in all ``parts``."""
    return {who: sum([part.waited[place] for part in parts if part.waited]) for place, who in enumerate(WaitingOn)}


def find_percentiles(lists: Sequence[Durations], *percents: int) -> list[float | None]:
    """Return the value at the nearest rank of all values in ``lists``, each of which is in growing order."""
    count = sum(map(len, lists))
    return [_find(lists, count, (count * percent + 99) // 100 - 1) if count else None for percent in percents]


def _find(lists: Sequence[Durations], count: int, place: int) -> float:
    """The value at ``place`` of all ``count``. Those around it are found by a sample, and again, until they are few.

    A sample has every so many of each list. It misses the place by the root of the number of lists.
    """
    while True:
        reach = 4 + math.isqrt(len(lists))
        step = count // (SAMPLED * reach)
        sample = sorted(chain.from_iterable([values[step // 2 :: step] for values in lists])) if step > 1 else []
        if not sample:
            return sorted(chain.from_iterable(lists))[place]
        guess = place * len(sample) // count
        while True:
            low = sample[guess - reach] if guess >= reach else -math.inf
            high = sample[guess + reach] if guess + reach < len(sample) else math.inf
            begins = [bisect_left(values, low) for values in lists]
            ends = [bisect_right(values, high) for values in lists]
            below, upto = sum(begins), sum(ends)
            if below <= place < upto:
                break
            reach *= 4
        if upto - below == count:
            return sorted(chain.from_iterable(lists))[place]
        lists = [values[begin:end] for values, begin, end in zip(lists, begins, ends, strict=True) if begin < end]
        count, place = upto - below, place - below


def encode(sums: Mapping[Key, DaySums]) -> bytes:
    """Return the sums of some groups as bytes: for each a head, its key, and its lists."""
    return b"".join([part for key, each in sums.items() for part in _encode_group(key, each)])


def _encode_group(key: Key, sums: DaySums) -> list[bytes]:
    written = json.dumps(key).encode()
    nobody = (0,) * len(WaitingOn)
    lengths = [len(sums.reopened), len(sums.responses), len(sums.resolutions)]
    numbers = [getattr(sums, name) for name in COUNTS]
    head = HEAD.pack(FORMAT, len(written), *numbers, *(sums.waited or nobody), *(sums.waiting or nobody), *lengths)
    lists = ("q", sorted(sums.reopened)), ("d", sums.responses), ("d", sums.resolutions)
    return [head, written, *(struct.pack(f"<{len(values)}{kind}", *values) for kind, values in lists)]


def decode(content: bytes) -> dict[Key, DaySums] | None:
    """Return the sums that ``encode`` wrote; None if another format wrote them. The durations stay where they are."""
    found: dict[Key, DaySums] = {}
    at, counts, people, view = 0, len(COUNTS), len(WaitingOn), memoryview(content)
    while at < len(content):
        if content[at] != FORMAT:
            return None
        _, key_length, *numbers = HEAD.unpack_from(content, at)
        at += HEAD.size
        key = _read_key(content[at : at + key_length])
        at += key_length
        lists = []
        for kind, length in zip("qdd", numbers[-3:], strict=True):
            lists.append(_read_list(kind, view[at : at + 8 * length]))
            at += 8 * length
        found[key] = DaySums(
            **dict(zip(COUNTS, numbers, strict=False)),
            responses=lists[1],
            resolutions=lists[2],
            reopened=set(lists[0]),
            waited=numbers[counts : counts + people],
            waiting=numbers[counts + people : -3],
        )
    return found


_read_key = lru_cache(maxsize=2_000)(json.loads)  # a report has the same few again and again


def _read_list(kind: str, content: memoryview) -> Sequence[Any]:
    if sys.byteorder == "little":
        return content.cast(kind)  # type: ignore[call-overload, no-any-return]  # the kinds are formats
    values: array[Any] = array(kind, content)
    values.byteswap()
    return values
