"""Every kind of page that somebody reaches by links."""

import os
import re
from collections.abc import Iterator

SKIPPED = re.compile(
    r"\.csv|^/(files|logo|static|sign-out|account/export|health|metrics)|/(download|export|file)\b|^/api/"
)
MOST_PAGES = int(os.environ.get("BROWSER_PAGES", "150"))
LINKS = """
  return [...document.querySelectorAll("a[href]:not([download])")]
    .map((link) => new URL(link.getAttribute("href"), document.baseURI)).filter((link) => link.origin === location.origin)
    .map((link) => link.pathname + link.search);
"""


def pattern(address: str) -> str:
    """Addresses that differ by numbers, keys or the values of their filters are one page."""
    path, _, query = address.partition("?")
    names = sorted({part.partition("=")[0] for part in query.split("&") if part})
    return re.sub(r"/(\d+|[\w-]{20,})", "/*", path) + "?" + "&".join(names)


def each_page(engine, start: str) -> Iterator[str]:
    """The address of each page within reach, for the caller to open before it asks for the next."""
    waiting, seen = [start], {pattern(start)}
    for _ in range(MOST_PAGES):
        if not waiting:
            return
        yield waiting.pop(0)
        for link in engine.run(LINKS):
            if not SKIPPED.search(link) and pattern(link) not in seen:
                seen.add(pattern(link))
                waiting.append(link)
