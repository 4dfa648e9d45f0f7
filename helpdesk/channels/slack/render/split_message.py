"""Split long Markdown into parts that fit, losing nothing: between paragraphs if possible, else lines, else words.
Pure.
"""

import re
from collections.abc import Iterator

_FENCE = re.compile(r"^ {0,3}(```+|~~~+)(.*)$")


def split_markdown(markdown: str, limit: int) -> list[str]:
    """Split ``markdown`` into parts of at most ``limit`` characters, in order; [] for nothing but space.

    A fenced code block that is divided is closed at the end of one part and opened again in the next.
    """
    found: list[str] = []
    lines: list[str] = []
    # ``size`` is that of ``lines``; counting them again for each line took 4.7 s for 40,000 empty ones.
    fence, size = "", 0
    for line in _short_lines(markdown.replace("\r\n", "\n").split("\n"), limit):
        if lines and size + 1 + len(line) + _fence_length(fence) > limit:
            emitted = _count_lines_to_emit(lines) if not fence else len(lines)
            carried = lines[emitted:]
            found.append("\n".join(lines[:emitted] + ([_fence_marker(fence)] if fence else [])))
            lines = ([fence] if fence else []) + carried
            size = _size(lines)
        size += len(line) + 1
        lines.append(line)
        fence = _fence_after(fence, line)
    found.append("\n".join(lines))
    return [piece.strip("\n") for piece in found if piece.strip()]


def _short_lines(lines: list[str], limit: int) -> Iterator[str]:
    """Shorten every line so that a fence around it still fits."""
    max_length = max(limit - 48, limit // 2)
    for line in lines:
        while len(line) > max_length:
            cut = line.rfind(" ", max_length // 2, max_length) + 1 or max_length
            yield line[:cut].rstrip(" ")
            line = line[cut:]
        yield line


def _count_lines_to_emit(lines: list[str]) -> int:
    """Count the lines of the next part: up to the last empty line in the second half outside code, else all."""
    fence, last = "", 0
    for number, line in enumerate(lines):
        fence = _fence_after(fence, line)
        if not fence and not line.strip():
            last = number + 1
    return last if _size(lines[:last]) >= _size(lines) // 2 else len(lines)


def _fence_after(fence: str, line: str) -> str:
    """Return the opening line of the code block that contains the end of ``line``, "" outside."""
    found = _FENCE.match(line)
    if not found:
        return fence
    if not fence:
        return line[:40] if len(line) <= 40 else found[1]
    closes = (
        found[1][0] == _fence_marker(fence)[0] and len(found[1]) >= len(_fence_marker(fence)) and not found[2].strip()
    )
    return "" if closes else fence


def _fence_marker(fence: str) -> str:
    return _FENCE.match(fence)[1]


def _fence_length(fence: str) -> int:
    return len(_fence_marker(fence)) + 1 if fence else 0


def _size(lines: list[str]) -> int:
    return sum(len(line) + 1 for line in lines)
