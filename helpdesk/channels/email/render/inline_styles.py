"""Give the HTML of a message the styles that mail programs keep: written into each element.

Gmail drops style blocks of mails forwarded or shown for accounts of others, and several programs drop all of them. A
line may break inside a word in cells and code, so that no table is wider than a telephone (320 px).
"""

import re

_MONOSPACE = "font:14px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace"
_BREAKS = "overflow-wrap:anywhere;word-break:break-word"
_HEADING = "font-size:17px;line-height:1.35;margin:16px 0 8px"
STYLES = {
    "p": "margin:0 0 12px",
    "ul": "margin:0 0 12px;padding-inline-start:24px",
    "ol": "margin:0 0 12px;padding-inline-start:24px",
    "blockquote": "margin:0 0 12px;border-inline-start:3px solid #c9ced6;padding-inline-start:12px;color:#59636e",
    "pre": f"margin:0 0 12px;padding:12px;border-radius:6px;background:#f3f4f6;white-space:pre-wrap;{_BREAKS};"
    f"{_MONOSPACE}",
    "code": f"{_MONOSPACE};{_BREAKS}",
    "table": "margin:0 0 12px;border-collapse:collapse;max-width:100%",
    "td": f"border:1px solid #d9dde3;padding:4px 6px;text-align:start;vertical-align:top;{_BREAKS}",
    "th": f"border:1px solid #d9dde3;padding:4px 6px;text-align:start;vertical-align:top;{_BREAKS}",
    "a": f"color:#1d4ed8;{_BREAKS}",
} | {f"h{level}": _HEADING for level in range(1, 7)}
_WITH_DIRECTION = {"p", "td", "th", *(f"h{level}" for level in range(1, 7))}
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe]")
_TAG = re.compile(rf"<({'|'.join(sorted(STYLES, key=len, reverse=True))})(?=[\s>])")


def add_styles(html: str) -> str:
    """Return ``html`` with a style in every element that has one. It must be what ``markdown_to_html`` made, in which
    "<" begins nothing but an element, and no element has a style.
    """
    is_mixed = _RIGHT_TO_LEFT.search(html) is not None
    return _TAG.sub(lambda match: _open_tag(match[1], is_mixed), html)


def _open_tag(name: str, is_mixed: bool) -> str:
    """Return the beginning of the tag; a paragraph beside others of another direction has its own."""
    direction = ' dir="auto"' if is_mixed and name in _WITH_DIRECTION else ""
    return f'<{name}{direction} style="{STYLES[name]}"'
