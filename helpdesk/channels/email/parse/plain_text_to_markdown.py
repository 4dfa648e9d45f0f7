"""Convert the plain text of a mail to Markdown that shows exactly its characters; only lines quoted with ">" stay
quotes.
"""

import re
from collections.abc import Iterator
from email.message import Message
from typing import NamedTuple

from helpdesk.markup import bare_address

_QUOTE_PREFIX = re.compile(r"[ \t]{0,3}((?:>[ ]?)+)")
_URL = re.compile(rf"https?://[^\s<>\"\\^`{{|}}{bare_address.WIDE_SIGNS}]+", re.IGNORECASE)
_SPECIAL = re.compile(r"[\\`*_~\[\]<>|]|&(?=#?\w{1,32};)|!(?=\[)")
_MIN_BROKEN_LENGTH = 40  # characters of an address in the line that a program broke
_BROKEN_ADDRESS = re.compile(
    rf"<https?://[^\s<>]{{{_MIN_BROKEN_LENGTH},500}}(?:\n[^\s<>]{{1,500}}){{1,9}}>", re.IGNORECASE
)
_URL_SPECIAL = re.compile(r"[*_~\[\]]")
_LINE_START = re.compile(r"(\d{1,9})([.)])|([-+=#])")
_NEEDS_WORK = re.compile(r"[\\`*_~\[\]<>|&]|://|^[\s\d+=#-]")
_INDENT = re.compile(r"[ \t]+")
_IS_CODE = re.compile(r"(?: {4}|\t)\s*\S")
_TAB_SIZE = 4
_NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"


class Line(NamedTuple):
    """One line of a mail: as its reader sees it, and as Markdown that shows the same."""

    plain: str
    markdown: str


def convert_lines(text: str) -> list[Line]:
    """Convert every line of ``text``. Lines indented like code, two or more together, become a block of code."""
    lines = text.split("\n")
    found: list[Line] = []
    for is_code, first, last in _group_code(lines):
        if is_code:
            found += [
                Line("", "```"),
                *(Line(line, line.expandtabs(_TAB_SIZE)[4:]) for line in lines[first:last]),
                Line("", "```"),
            ]
        else:
            found += [Line(line, escape_line(line)) for line in lines[first:last]]
    return found


def escape_line(line: str) -> str:
    """Convert one line to Markdown that shows its characters."""
    if not _NEEDS_WORK.search(line):
        return line.rstrip()
    quote = _QUOTE_PREFIX.match(line)
    prefix = "> " * quote[1].count(">") if quote else ""
    rest = (line[quote.end() :] if quote else line).rstrip()
    indent = _INDENT.match(rest)
    if indent:
        width = len(indent[0].expandtabs(_TAB_SIZE))
        rest = rest[indent.end() :]
        prefix += _NO_BREAK_SPACE * width
    return prefix + _escape_start(_escape(rest))


def unescape_from(text: str) -> str:
    """Remove the ">" that a mail server put before somebody's own line "From ..." (RFC 4155, appendix A)."""
    if ">From " not in text:
        return text
    lines = text.split("\n")
    for number, line in enumerate(lines):
        around = [*lines[max(0, number - 1) : number], *lines[number + 1 : number + 2]]
        if line.startswith(">From ") and not any(each.startswith(">") for each in around):
            lines[number] = line[1:]
    return "\n".join(lines)


def join_addresses(text: str) -> str:
    """Join the lines of each web address in angle brackets that a program broke (RFC 3986, appendix C), or a link would
    lead to its beginning only.
    """
    return _BROKEN_ADDRESS.sub(lambda match: match[0].replace("\n", ""), text) if "<http" in text.lower() else text


def unflow(text: str, part: Message) -> str:
    """Join the lines of ``text`` that its program broke (format=flowed, RFC 3676) and remove the spaces it put before
    lines; any other text is returned unchanged.
    """
    if str(part.get_param("format", "")).lower() != "flowed":
        return text
    is_space_deleted = str(part.get_param("delsp", "")).lower() == "yes"
    found: list[tuple[int, list[str], bool]] = []  # depth of the quote, the pieces of the line, whether it goes on
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        is_flowed = content.endswith(" ") and content != "-- "
        piece = content[:-1] if is_flowed and is_space_deleted else content
        if found and found[-1][2] and found[-1][0] == depth and content != "-- ":
            found[-1][1].append(piece)
            found[-1] = (depth, found[-1][1], is_flowed)
        else:
            found.append((depth, [piece], is_flowed))
    return "\n".join((">" * depth + " " if depth else "") + "".join(pieces) for depth, pieces, _ in found)


def _group_code(lines: list[str]) -> Iterator[tuple[bool, int, int]]:
    """Yield (is code, first line, line after the last) of runs that together are all ``lines``."""
    begin = at = 0
    while at < len(lines):
        if (at and lines[at - 1].strip()) or not _IS_CODE.match(lines[at]):
            at += 1
            continue
        end = at
        while end < len(lines) and _IS_CODE.match(lines[end]) and "```" not in lines[end]:
            end += 1
        if end - at >= 2 and (end == len(lines) or not lines[end].strip()):
            if begin < at:
                yield False, begin, at
            yield True, at, end
            begin = end
        at = max(end, at + 1)
    if begin < len(lines):
        yield False, begin, len(lines)


def _escape(text: str) -> str:
    """Escape every sign with a meaning; web addresses stay links that lead where they are written."""
    pieces, at = [], 0
    for match in _URL.finditer(text):
        pieces.append(_SPECIAL.sub(r"\\\g<0>", text[at : match.start()]))
        before = text[match.start() - 1 : match.start()]
        address = bare_address.cut_signs(match[0], marks=before if before in "*_~" else "")
        at = match.start() + len(address)
        is_delimited = _URL_SPECIAL.search(address) or _SPECIAL.match(text, at)
        pieces.append(f"<{address}>" if is_delimited else address)
    pieces.append(_SPECIAL.sub(r"\\\g<0>", text[at:]))
    return "".join(pieces)


def _escape_start(text: str) -> str:
    match = _LINE_START.match(text)
    if not match:
        return text
    return f"{match[1]}\\{text[len(match[1]) :]}" if match[1] else "\\" + text
