"""Escape text so that Markdown shows it unchanged, with no more backslashes than it takes."""

import re
from itertools import pairwise

from helpdesk.markup import bare_address, markdown_parser

MAX_SIGNS = 200  # of one text; of one with more, each gets a backslash, so that reading it again costs little

_PUNCTUATION = r"!-/:-@\[-`{-~"
_SPECIAL = re.compile(
    rf"\\(?=[{_PUNCTUATION}\n]|$)"  # a backslash that would escape what follows, or break the line
    r"|`"
    r"|\*(?!(?<=[ \t]\*)[ \t])"  # a star, unless alone between spaces
    r"|(?<![^\W_])_|_(?![^\W_])"  # an underscore at the edge of a word
    r"|~(?=~|$)|(?<=~)~|^~"
    r"|<(?=[A-Za-z][A-Za-z0-9+.-]{0,31}:[^\s<>]*>|[^\s<>@]{1,64}@[^\s<>@]{1,255}>)"  # what would be an address
    r"|&(?=#?\w{1,40};)"
)
_EVERY_SIGN = re.compile(rf"[`*_~\[\]<&]|\\(?=[{_PUNCTUATION}\n]|$)")
_BRACKET = re.compile(r"\[(?=[^\]\n]{0,2000}\][(\[:])")
_ANY_BRACKET = re.compile(r"[\[\]]")
_URL = re.compile(rf"(?<![a-zA-Z0-9.+-])https?://[^\s<>\x00-\x20{bare_address.WIDE_SIGNS}]{{1,4000}}", re.IGNORECASE)
_BREAKS_URL = re.compile(r"[\[\]*()`\\{}^]")
_SENTENCE_SIGNS = re.compile(r"[.,;:!?]{0,9}")
_LINE_START = re.compile(
    r"([ \t]*)(?=#{1,6}(?:\s|$)|[-+*](?:\s|$)|>|~~~"
    r"|=+[ \t]*$|-+[ \t]*$|(?:-[ \t]*){3,}$|(?:\*[ \t]*){3,}$|(?:_[ \t]*){3,}$"  # headings' lines and rules
    r"|[|:-][|: \t-]*$)"  # the line below a table's head
)
_NUMBER = re.compile(r"([ \t]*\d{1,9})(?=[.)](?:\s|$))")


def escape_text(text: str, in_label: bool = False, is_last: bool = False) -> str:
    """Escape ``text`` that stands inside a line. ``in_label``: inside the brackets of a link; ``is_last``: a space or
    nothing comes behind it.
    """
    if in_label:
        return _put_backslashes(_ANY_BRACKET, _put_backslashes(_SPECIAL, text))
    if not 0 < text.count("://") <= markdown_parser.MAX_BARE_LINKS:  # of more, none becomes a link
        return _escape_words(text)
    parts: list[str] = []
    position = 0
    for match in _URL.finditer(text):
        address = bare_address.cut_signs(match[0])
        words = _escape_words(text[position : match.start()])
        position = match.start() + len(address)
        if words.endswith("<") and text[position : position + 1] == ">":
            words = words[:-1] + "\\<"
        end = _SENTENCE_SIGNS.match(text, position).end()
        ends_here = text[end].isspace() if end < len(text) else is_last
        parts += [words, _write_address(address, ends_here)]
    return "".join(parts) + _escape_words(text[position:])


def escape_line_start(line: str) -> str:
    """Escape the sign at the beginning of ``line`` that would make it a list, a quote, a heading or a rule."""
    first = line[:1]
    if first.isalpha():
        return line
    if match := _NUMBER.match(line):
        return match[1] + "\\" + line[match.end() :]
    if match := _LINE_START.match(line):
        return match[1] + "\\" + line[match.end() :]
    return line


def encode_url(url: str) -> str:
    """Encode what ends an address in Markdown."""
    return re.sub(r"[\s<>\\\"\x00-\x1f]", lambda match: f"%{ord(match[0]) & 0xFF:02X}", url)


def _escape_words(text: str) -> str:
    if len(text) > MAX_SIGNS and sum(map(text.count, "`*_~[]<&")) > MAX_SIGNS:
        return _put_backslashes(_EVERY_SIGN, text)
    text = _put_backslashes(_SPECIAL, text)
    return _BRACKET.sub(r"\\[", text) if "](" in text or "][" in text or "]:" in text else text


def _put_backslashes(pattern: re.Pattern[str], text: str) -> str:
    """Put a backslash before each match. Text may be nothing but signs, so no function is called for each."""
    starts = [match.start() for match in pattern.finditer(text)]
    return "\\".join([text[begin:end] for begin, end in pairwise([0, *starts, len(text)])]) if starts else text


def _write_address(address: str, ends_here: bool) -> str:
    """Put an address in angle brackets where Markdown would read marks in it. One with a bar is no address as a whole,
    and stays text.
    """
    if address.endswith("://"):
        return address
    if "|" in address:
        return re.sub(r"(?<!\\)&", r"\\&", _escape_words(address)).replace("://", r"\:\//")
    return address if ends_here and not _BREAKS_URL.search(address) else f"<{address}>"
