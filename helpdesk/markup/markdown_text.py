"""Text between the marks of Markdown, which is most of a message and must cost little."""

import re
from itertools import pairwise

from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline

# A star or underscore alone between spaces is no mark, nor is an underscore inside a word; a backslash before a to z
# is a backslash.
INLINE_SIGN = re.compile(
    r"[\n`~\[\]<&]|\*(?!(?<=[ \t]\*)[ \t])|_(?!(?<=[ \t]_)[ \t]|(?<=[0-9A-Za-z]_)[0-9A-Za-z])"
    r"|\\(?=[!-/:-@\[-`{-~\n])|:(?=//)|!(?=\[)"
)

_INLINE_SIGN_BUT_BRACKETS = re.compile(INLINE_SIGN.pattern.replace(r"\[\]", "", 1))
# Behind a backslash a line break breaks the line, and one of ":/@." keeps an address from being a link.
_ESCAPED_SIGNS = re.compile(r"(?:\\[!-\-;-?\[-`{-~])+")
_INDENT_SIGN = re.compile("[\u00a0\u3000]")
_ESCAPED_SIGN = re.compile(r"\\([!-/:-@\[-`{-~])")


def parse_text(state: StateInline, silent: bool) -> bool:
    """Read up to the next sign that an inline rule of ours looks at, with the signs behind backslashes; the library
    stops at every sign of punctuation, and makes a token of each behind a backslash.
    """
    signs = INLINE_SIGN if state.env["brackets"] else _INLINE_SIGN_BUT_BRACKETS
    position, parts = state.pos, []
    while True:
        sign = signs.search(state.src, position)
        end = sign.start() if sign else state.posMax
        parts.append(state.src[position:end])
        position = end
        escaped = _ESCAPED_SIGNS.match(state.src, end, state.posMax) if sign and sign[0] == "\\" else None
        if not escaped:
            break
        parts.append(escaped[0][1::2])
        position = escaped.end()
    if position == state.pos:
        return False
    if not silent:
        state.append_pending("".join(parts))
    state.pos = position
    return True


def keep_indents(state: StateCore) -> None:
    """Give paragraphs the no-break and ideographic spaces back that they begin with. CommonMark removes only spaces and
    tabs there, the library all white space.
    """
    if not _INDENT_SIGN.search(state.src):
        return
    lines = state.src.split("\n")
    for before, token in pairwise(state.tokens):
        if before.type == "paragraph_open" and before.map and token.type == "inline" and token.content:
            line = lines[before.map[0]].rstrip()
            begin = line[: len(line) - len(token.content.partition("\n")[0])]
            token.content = begin[len(begin.rstrip("\u00a0\u3000")) :] + token.content


def unescape(text: str) -> str:
    """Remove the backslashes before signs of punctuation."""
    return _ESCAPED_SIGN.sub(r"\1", text)
