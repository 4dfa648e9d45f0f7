"""The <option>s of a <select>. A page has a dozen such lists, and most are the same on the next page."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape

from helpdesk import clock

Pairs = tuple[tuple[str, str], ...]


def render_options(options: Iterable[Any], chosen: Iterable[object] = (), blank: str = "") -> Markup:
    """Render <option>s of texts or (value, label) pairs; ``blank`` is the label of an empty one, "" for none."""
    pairs = _pairs_of_zones() if options is clock.time_zone_names() else tuple(map(_make_pair, options))
    return _render_options(pairs, frozenset(str(value) for value in chosen), _as_text(blank))


def _make_pair(option: Any) -> tuple[str, str]:
    return (option, option) if isinstance(option, str) else (str(option[0]), _as_text(option[1]))


def _as_text(label: object) -> str:
    """Return text that is still to be escaped: what is kept is found by it."""
    return label.unescape() if isinstance(label, Markup) else str(label)


@lru_cache(maxsize=1)
def _pairs_of_zones() -> Pairs:
    return tuple((name, name) for name in clock.time_zone_names())


@lru_cache(maxsize=200)
def _render_options(pairs: Pairs, chosen: frozenset[str], blank: str) -> Markup:
    parts = [f'<option value="">{escape(blank)}</option>'] if blank else []
    for value, label in pairs:
        attributes = (" selected" if value in chosen else "") + ("" if label.isascii() else ' dir="auto"')
        parts.append(f'<option value="{escape(value)}"{attributes}>{escape(label)}</option>')
    return Markup("".join(parts))
