"""The Markdown of messages: CommonMark with GFM's tables, strikethrough and bare links, without HTML and pictures.

It differs from CommonMark where words would be lost or marks would not be what their author meant:

- A picture is a link to it with its description; inside the label of a link it is the description. A file of the
  message, "![shot](attachment:shot.png)", is a mark in the text (``picture_marks``).
- A link definition that no link uses, or that gives no address ("[main]: started"), is text.
- A link to an address that cannot be followed shows the address behind its label; in angle brackets it is text, such
  as "<cv::Mat>".
- A bare address ends before the marks around it ("_https://a.example/x_"), and is shown as it was written.
- Marks next to Chinese, Japanese and Korean signs work as they do beside spaces, and ``**`` closes between punctuation
  and a word ("**Note:**text").
- Numbers of a list that do not follow each other ("1. 2. 5.", "2026. 7.") stay as they were written.
- Cells beyond the columns of a table's heading stand in the last one.
- What is nested deeper than the parser goes is a paragraph.
- What would take long to parse is plain text: see ``is_plain`` and ``MAX_SIGNS``.
"""

import logging
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.parser_block import ParserBlock
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_block import StateBlock, reference
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Scanned
from markdown_it.token import Token
from markdown_it.utils import EnvType

from helpdesk.markup import markdown_links, markdown_lists, markdown_tables, markdown_text
from helpdesk.markup.links import has_safe_scheme

log = logging.getLogger(__name__)

MAX_LENGTH = 60_000  # characters; no message is longer
MAX_LINES = 4_000
MAX_CODE_LINES = 2_500  # lines that begin with a sign of a list, quote, heading or table, those in code included
MAX_BLOCK_LINES = 800  # such lines outside code; 1 of 4,547 public texts had more
MAX_BARS = 3_000  # of tables; Slack's layout measures every cell several times
MAX_SIGNS = 2_000  # signs of inline marks and addresses in one text; 3 of 3,891 public texts had more
MAX_BRACKETS = 400  # "[" in one paragraph; the parser looks for the end of each
MAX_BARE_LINKS = 300  # in one text; for each, the library scans the whole text before it again
MAX_EMAIL_ADDRESSES = 2_000  # in one text, and of more than 200 one in 25 characters
MAX_ENTITIES = 15_000  # signs that HTML writes as entities; the sanitizer takes about 2 microseconds for each

_BLOCK_LINE = re.compile(r"^[ \t]*(?:[-+*>#|=]|\d{1,9}[.)]|[^\n|]{0,200}\|)", re.MULTILINE)
_FENCED = re.compile(r"^ {0,3}```[^`\n]*\n.*?^ {0,3}```[ \t]*$", re.MULTILINE | re.DOTALL)
_SIGNS = "*_~`[<&"
_UNDERSCORE_IN_WORD = re.compile(r"(?<=[0-9A-Za-z])_(?=[0-9A-Za-z])")
_ENTITIES = '&<>"\u00a0'
_SURROGATE = re.compile("[\ud800-\udfff]")  # half a character; nothing can be written with it
_OPENING = {"Ps", "Pi"}  # categories of opening brackets and quotation marks
_RELATIVE_ADDRESS = re.compile(r"[/#?]|\.\.?/|[^\s:]{1,200}/|[\w.-]{1,200}\.[a-z]{1,5}(?:[#?]|$)")
# Scripts without spaces: Thai, Lao, Tibetan, Myanmar, Khmer, and those of China, Japan and Korea.
_UNSPACED = re.compile(
    r"[\u0e00-\u109f\u1780-\u17ff\u1100-\u11ff\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7ff"
    r"\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003fffd]"
)


def parse_markdown(text: str) -> Sequence[Token]:
    """Parse ``text`` into the tokens of markdown-it. They are shared: never change them."""
    return _parse(text)


def is_plain(text: str) -> bool:
    """Whether ``text`` is too much for the parser and is shown unchanged, as one block of code."""
    lines = text.count("\n")
    if len(text) > MAX_LENGTH or lines > MAX_LINES or text.count("|") > MAX_BARS:
        return True
    if sum(map(text.count, _ENTITIES)) > MAX_ENTITIES:
        return True
    if lines <= MAX_BLOCK_LINES or (found := _count_block_lines(text)) <= MAX_BLOCK_LINES:
        return False
    return found > MAX_CODE_LINES or _count_block_lines(_FENCED.sub("", text)) > MAX_BLOCK_LINES


def _count_block_lines(text: str) -> int:
    return sum(1 for _ in _BLOCK_LINE.finditer(text))


@lru_cache(maxsize=16)  # a new message is rendered, excerpted and divided, one right after the other
def _parse(text: str) -> tuple[Token, ...]:
    text = _SURROGATE.sub("\ufffd", text.replace("\x00", ""))
    if is_plain(text):
        return (Token("code_block", "code", 0, content=text, block=True),)
    addresses = min(max(200, len(text) // 25), MAX_EMAIL_ADDRESSES)
    has_few_links = text.count("://") <= MAX_BARE_LINKS and text.count("@") <= addresses
    parser = _parser if has_few_links else _parser_without_bare_links
    try:
        return tuple(parser.parse(text, {"references": _References()}))
    except Exception as error:  # whatever a person wrote, it is shown
        log.warning("A text of %d characters is shown as it was typed: %s.", len(text), type(error).__name__)
        return (Token("code_block", "code", 0, content=text, block=True),)


def clear_cache() -> None:
    """Drop what was parsed last."""
    _parse.cache_clear()


class _References(dict[str, dict[str, Any]]):
    """Link definitions by label, which remember those that were asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.used: set[str] = set()

    def get(self, label: str, default: Any = None) -> Any:
        self.used.add(label)
        return super().get(label, default)


class _BlockParser(ParserBlock):
    def tokenize(self, state: StateBlock, startLine: int, endLine: int) -> None:  # noqa: N803 (the library's names)
        if state.level < state.md.options.maxNesting:
            return super().tokenize(state, startLine, endLine)
        content = state.getLines(startLine, endLine, state.blkIndent, False).strip()
        state.line = endLine
        if content:
            _push_paragraph(state, content, [startLine, endLine])
        return None


class _InlineParser(ParserInline):
    def parse(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> list[Token]:
        if not markdown_text.INLINE_SIGN.search(src):
            tokens += [Token("text", "", 0, content=src)] if src else []
            return tokens
        env["signs"] = env.get("signs", 0) + _count_signs(src)
        if env["signs"] > MAX_SIGNS:
            tokens += _plain_tokens(src)
            return tokens
        env["brackets"] = (
            src.count("[") <= MAX_BRACKETS and src.count("]") <= MAX_SIGNS and (bool(env["references"]) or "](" in src)
        )
        state = _InlineState(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens


class _MarkdownIt(MarkdownIt):
    def normalizeLink(self, url: str) -> str:  # noqa: N802 (the library's name)
        return url if markdown_links.is_encoded(url) else super().normalizeLink(url)

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802 (the library's name)
        return markdown_links.show_address(link)


class _InlineState(StateInline):
    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:  # noqa: N802, N803 (the library's names)
        """Decide as CommonMark does, but take a sign of a script without spaces beside the marks for a space.

        ``**`` also closes before a word.
        """
        scanned = super().scanDelims(start, canSplitWord)
        if (scanned.can_open and scanned.can_close) or not canSplitWord:
            return scanned
        before = self.src[start - 1] if start else " "
        after = self.src[start + scanned.length] if start + scanned.length < self.posMax else " "
        if before.isspace() or after.isspace():
            return scanned
        unspaced = bool(_UNSPACED.match(before) or _UNSPACED.match(after))
        is_end = scanned.length == 2 and self.src[start] == "*" and after.isalnum() and not _can_precede(before)
        can_close = scanned.can_close or unspaced or is_end
        return Scanned(scanned.can_open or unspaced, can_close, scanned.length)


def _can_precede(sign: str) -> bool:
    """Whether a word in marks often follows ``sign``: an opening bracket or quotation mark, or a slash of a path."""
    return sign in "/\\" or unicodedata.category(sign) in _OPENING


def _count_signs(text: str) -> int:
    """Count the signs of marks and the addresses; a sign behind a backslash costs little, and an underscore inside a
    word is none.
    """
    signs = sum(map(text.count, _SIGNS)) + text.count("://")
    if signs > MAX_SIGNS and "_" in text:
        signs -= len(_UNDERSCORE_IN_WORD.findall(text))
    escapes = text.count("\\")
    return max(0, signs - escapes) + escapes // 4


def _plain_tokens(text: str) -> list[Token]:
    found: list[Token] = []
    for line in markdown_text.unescape(text).split("\n"):
        found += [Token("text", "", 0, content=line), Token("softbreak", "br", 0)]
    return found[:-1]


def _push_paragraph(state: StateBlock, content: str, lines: list[int]) -> None:
    state.push("paragraph_open", "p", 1).map = lines
    token = state.push("inline", "", 0)
    token.content, token.children, token.map = content, [], lines
    state.push("paragraph_close", "p", -1)


def _parse_definition(state: StateBlock, startLine: int, endLine: int, silent: bool) -> bool:  # noqa: N803
    begin = state.bMarks[startLine] + state.tShift[startLine]
    if state.src[begin : begin + 1] != "[" or not reference(state, startLine, endLine, silent):
        return False
    if not silent:
        token = state.push("definition", "", 0)
        token.content = state.getLines(startLine, state.line, state.blkIndent, False).strip()
        token.map = [startLine, state.line]
    return True


def _drop_definitions_without_address(state: StateCore) -> None:
    """Keep what can be followed or is a path: "[main]: started" in a log does not change "[main]" elsewhere."""
    references = state.env["references"]
    for label in [label for label, found in references.items() if not _is_address(found["href"])]:
        del references[label]


def _is_address(href: str) -> bool:
    return has_safe_scheme(href) or bool(_RELATIVE_ADDRESS.match(href))


def _show_unused_definitions(state: StateCore) -> None:
    """Turn definitions that no link uses into text, in a paragraph with the line after them where one follows."""
    if not any(token.type == "definition" for token in state.tokens):
        return
    references = state.env["references"]
    used = {tuple(found["map"]) for label, found in references.items() if label in references.used}
    for label in [label for label in references if label not in references.used]:
        del references[label]
    kept: list[Token] = []
    for token in reversed(state.tokens):
        if token.type != "definition":
            kept.append(token)
        elif tuple(token.map or ()) not in used:
            children: list[Token] = []
            state.md.inline.parse(token.content, state.md, state.env, children)
            _put_before(kept, token, children)
    state.tokens = kept[::-1]


def _put_before(following: list[Token], token: Token, children: list[Token]) -> None:
    """Put the text of a definition before ``following``, which is in reverse order."""
    last = following[-1] if following else None
    if last and last.type == "paragraph_open" and last.map and token.map and last.map[0] == token.map[1]:
        inline = following[-2]
        inline.children = [*children, Token("softbreak", "br", 0), *(inline.children or [])]
        inline.content = token.content + "\n" + inline.content
        last.map = [token.map[0], last.map[1]]
        return
    inline = Token("inline", "", 0, content=token.content, children=children, block=True)
    following += [
        Token("paragraph_close", "p", -1, block=True),
        inline,
        Token("paragraph_open", "p", 1, block=True, map=token.map),
    ]


def _make_parser(bare_links: bool) -> MarkdownIt:
    parser = _MarkdownIt()
    parser.block, parser.inline = _BlockParser(), _InlineParser()
    parser.configure("commonmark", {"html": False, "linkify": bare_links, "breaks": True})
    parser.enable(["table", "strikethrough"]).disable("image")
    if bare_links:
        parser.enable("linkify")
    assert parser.linkify is not None
    parser.linkify.set({"fuzzy_link": False, "fuzzy_ip": False})
    parser.block.ruler.at("reference", _parse_definition)
    parser.block.ruler.at("table", markdown_tables.parse_table, {"alt": ["paragraph", "reference"]})
    parser.inline.ruler.at("text", markdown_text.parse_text)
    parser.inline.ruler.at("link", markdown_links.parse_link)
    parser.inline.ruler.before("link", "picture", markdown_links.parse_picture)
    parser.inline.ruler.at("linkify", markdown_links.parse_bare_link)
    parser.core.ruler.after("block", "keep_indents", markdown_text.keep_indents)
    parser.core.ruler.before("inline", "drop_definitions_without_address", _drop_definitions_without_address)
    parser.core.ruler.after("inline", "show_unused_definitions", _show_unused_definitions)
    parser.core.ruler.after("block", "keep_numbers", markdown_lists.keep_numbers)
    parser.core.ruler.push("show_unsafe_addresses", markdown_links.show_unsafe_addresses)
    parser.core.ruler.push("title_encoded_addresses", markdown_links.title_encoded_addresses)
    return parser


_parser, _parser_without_bare_links = _make_parser(bare_links=True), _make_parser(bare_links=False)
renderer = _parser.renderer
options = _parser.options
