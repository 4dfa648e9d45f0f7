"""Write spans as Markdown, so that it is read as the same spans again."""

import re
from collections.abc import Sequence, Set
from functools import cache
from itertools import islice, product
from typing import TypeAlias

from helpdesk.markup import document, markdown_escaping, markdown_links, markdown_parser, markdown_reader
from helpdesk.markup.document import BOLD, CODE, ITALIC, STRIKE, Span
from helpdesk.markup.links import has_safe_scheme

Mark: TypeAlias = int | str  # a style, or the address of a link

MAX_PIECES = 1_000  # changes of style in a paragraph; with more, only its words, code and links are written
MAX_TRIED_PIECES = 2_000  # in all tries to write a paragraph

_STYLES = BOLD | ITALIC | STRIKE
_EMAIL = re.compile(r"[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)*")


def write_inline(spans: Sequence[Span]) -> str:
    """Return one paragraph's ``spans`` as Markdown; a line break stays a line break.

    Where styles meet in a way that Markdown has no signs for, italic is left out first, then strike, then bold; all of
    them where the text has more signs than the parser looks at.
    """
    if len(spans) == 1 and not spans[0].style and not spans[0].url:
        return markdown_escaping.escape_text(spans[0].text, is_last=True)
    pieces = _make_pieces(spans)
    if len(pieces) > MAX_PIECES or sum(map(_count_signs, pieces)) > markdown_parser.MAX_SIGNS:
        return _Writer([piece.with_style(piece.style & CODE) for piece in pieces]).write()
    if not any(piece.style & _STYLES for piece in pieces):
        return _Writer(pieces).write()
    tries = product((0, ITALIC, ITALIC | STRIKE), ("*", "_"), (False, True))
    for dropped, italic, encode in islice(tries, MAX_TRIED_PIECES // len(pieces)):
        kept = [piece.with_style(piece.style & ~dropped) for piece in pieces] if dropped else pieces
        writer = _Writer(kept, encode, italic)
        text = writer.write()
        if writer.is_certain or _is_read_as(text, kept):
            return text
    return _Writer([piece.with_style(piece.style & CODE) for piece in pieces]).write()


def _count_signs(piece: Span) -> int:
    return sum(piece.text.count(sign) for sign in "*_~`[<&\\")


def _make_pieces(spans: Sequence[Span]) -> list[Span]:
    """Divide spans into words and the space around them: space has only the marks of both its neighbours, because
    Markdown's marks must touch a word.
    """
    pieces: list[Span] = []
    for span in document.join_spans(spans):
        if span.bare or span.style & CODE or not span.text:
            pieces.append(span)
            continue
        before, core, after = _divide_space(span.text)
        pieces += [span.with_text(text) for text in (before, core, after) if text]
    following = _solid_neighbours(pieces[::-1])[::-1]
    for number, (before, after) in enumerate(zip(_solid_neighbours(pieces), following, strict=True)):
        piece = pieces[number]
        if piece.text.isspace() and not piece.style & CODE:
            style, url = piece.style, piece.url
            for other in (before, after):
                style &= other.style if other else 0
                url = url if other and other.url == url and not other.bare else ""
            pieces[number] = Span(piece.text, style, url, piece.bare)
    return document.join_spans(pieces)


def _solid_neighbours(pieces: Sequence[Span]) -> list[Span | None]:
    """For each piece, the last one before it that is not only space."""
    found: list[Span | None] = []
    last: Span | None = None
    for piece in pieces:
        found.append(last)
        last = last if piece.text.isspace() else piece
    return found


def _divide_space(text: str) -> tuple[str, str, str]:
    core = text.strip()
    if not core:
        return text, "", ""
    begin = text.index(core[0])
    return text[:begin], core, text[begin + len(core) :]


class _Writer:
    """``is_certain``: no mark stands where it could be read otherwise."""

    def __init__(self, pieces: Sequence[Span], encode: bool = False, italic: str = "*") -> None:
        self.pieces, self.encode = pieces, encode
        self.signs: dict[Mark, str] = {BOLD: "**", ITALIC: italic, STRIKE: "~~"}
        self.marks = [_marks(piece) for piece in pieces]
        self.parts: list[str] = []
        self.stack: list[Mark] = []
        self.is_certain = True

    def write(self) -> str:
        for number, piece in enumerate(self.pieces):
            marks = self.marks[number]
            closed = self._close_all_but(marks)
            opened = [mark for mark in marks if mark not in self.stack]
            if len(opened) > 1:
                opened.sort(key=lambda mark: (-self._run_length(mark, number), str(mark)))
            text = self._piece_text(piece, is_last=number == len(self.pieces) - 1 and not marks)
            self._check(closed, opened, text)
            if closed and self.encode and text[:1].isalnum():
                text = f"&#{ord(text[0])};{text[1:]}"
            for mark in opened:
                if isinstance(mark, str) and self.parts and self.parts[-1].endswith("!"):
                    self.parts[-1] = self.parts[-1][:-1] + "\\!"  # or it would be a picture
                self.parts.append("[" if isinstance(mark, str) else self.signs[mark])
                self.stack.append(mark)
            self.parts.append(text)
        self._close_all_but(set())
        return "".join(self.parts)

    def _run_length(self, mark: Mark, start: int) -> int:
        """Over how many pieces from ``start`` the mark goes on."""
        end = next((at for at in range(start, len(self.marks)) if mark not in self.marks[at]), len(self.marks))
        return end - start

    def _close_all_but(self, marks: Set[Mark]) -> bool:
        kept = next((n for n, mark in enumerate(self.stack) if mark not in marks), len(self.stack))
        for mark in reversed(self.stack[kept:]):
            self.parts.append(f"]({_target(mark)})" if isinstance(mark, str) else self.signs[mark])
        closed = len(self.stack) > kept
        del self.stack[kept:]
        return closed

    def _check(self, closed: bool, opened: Sequence[Mark], text: str) -> None:
        """Note whether marks here touch words on both sides; with ``encode``, write the sign outside as its number."""
        before = self.parts[-1][-1:] if self.parts else " "
        if (closed and not text[:1].isspace() and text[:1] not in {"", ".", ","}) or len(opened) > 1:
            self.is_certain = False
        if any(mark in self.signs for mark in opened):
            if before and not before.isspace() or not text[:1].isalnum():
                self.is_certain = False
            touches_word = len(opened) == 1 and text[:1].isalnum() and self.signs[opened[0]] != "_"
            if self.encode and before.isalnum() and not touches_word:
                self.parts[-1] = f"{self.parts[-1][:-1]}&#{ord(before)};"
        if self.stack and not text[-1:].isalnum():
            self.is_certain = False

    def _piece_text(self, piece: Span, is_last: bool) -> str:
        if piece.style & CODE:
            return _code(piece.text)
        if piece.url and (piece.bare or not piece.text):
            return _autolink(piece)
        # Brackets in several pieces could be a link together.
        in_label = _is_link(piece) or (len(self.pieces) > 1 and "://" not in piece.text)
        return markdown_escaping.escape_text(piece.text, in_label=in_label, is_last=is_last)


def _marks(piece: Span) -> Set[Mark]:
    marks = _style_marks(piece.style)
    return marks | {piece.url} if _is_link(piece) else marks


@cache
def _style_marks(style: int) -> frozenset[Mark]:
    return frozenset(each for each in (BOLD, ITALIC, STRIKE) if style & each)


def _is_link(piece: Span) -> bool:
    return bool(piece.url and piece.text and not piece.bare) and has_safe_scheme(piece.url)


def _autolink(piece: Span) -> str:
    url = piece.url or piece.text
    if not has_safe_scheme(url):
        return markdown_escaping.escape_text(piece.text or url)
    if url.lower().startswith("mailto:"):
        address = url[len("mailto:") :]
        if _EMAIL.fullmatch(address):
            return f"<{address}>"
    is_as_written = not re.search(r"[\s<>]", piece.text) and markdown_links.encode_address(piece.text) == url
    return f"<{piece.text if is_as_written else markdown_escaping.encode_url(url)}>"


def _target(url: str) -> str:
    return re.sub(r"[()]", r"\\\g<0>", markdown_escaping.encode_url(url))


def _code(text: str) -> str:
    ticks = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    space = " " if text[:1] in {"`", " "} or text[-1:] in {"`", " "} else ""
    return ticks + space + text.replace("\n", " ") + space + ticks


def _is_read_as(text: str, pieces: Sequence[Span]) -> bool:
    """Whether every word of ``text`` is read with the styles it has in ``pieces``."""
    tokens = markdown_parser.parse_markdown("." + text)
    read = markdown_reader.read_inline(tokens[1].children or []) if len(tokens) > 1 else []
    return _styled_words(read) == _styled_words([Span("."), *pieces])


def _styled_words(spans: Sequence[Span]) -> list[tuple[str, int, bool]]:
    """Return the text without space, divided where styles or links begin and end."""
    found: list[tuple[str, int, bool]] = []
    for text, style, url, bare in spans:
        words, is_link = "".join(text.split()), bool(url) and not bare
        if not words:
            continue
        if found and found[-1][1:] == (style, is_link):
            words = found.pop()[0] + words
        found.append((words, style, is_link))
    return found
