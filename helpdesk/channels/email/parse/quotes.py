"""Separate an answer from the text it quotes. Cut exactly at our own marker, otherwise guessed; what is cut is folded,
never deleted.
"""

import base64
import hashlib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from helpdesk.channels.email.parse import attributions, footers, quote_phrases
from helpdesk.channels.email.parse.plain_text_to_markdown import Line
from helpdesk.domain.authentication import private_links
from helpdesk.translation import gettext

_INITIALS = re.compile(r"[A-Z]{1,3}>(?:\s|$)")
_DIGIT = re.compile(r"\d")
_MIN_WRAPPED_LENGTH = 60  # characters of a quoted line whose rest a program may have put on a line of its own
MAX_LINES = 20_000  # in which a quote is looked for; further ones are quoted only if they say so
MAX_CANDIDATES = 1000  # lines that may begin a quote, and are looked at closely; a real mail has some dozens
_MAX_BARE_ATTRIBUTION_WORDS = 4  # of one without day and address, as "Ann Marie Lee wrote:"
_MAX_KEPT_QUESTION_LINES = 12  # of one quote between what somebody wrote above and below it


@dataclass(frozen=True)
class SplitText:
    """An answer in Markdown without its quotes, what was cut off as plain text, and how it was found: "marker", "quote"
    or "" for none. ``foreign`` is the part of ``quoted`` that is no signature.
    """

    body: str
    quoted: str
    cut: str
    foreign: str = ""


def reply_marker(instance: str) -> str:
    """Return the line in our mails above which an answer is written. It contains this installation's code, so that only
    our own mails are cut there.
    """
    return gettext("Write your answer above this line") + f" · {_marker_code(instance)}"


def split_quote(text: str, instances: Sequence[str] = (), known: Collection[str] = ()) -> SplitText:
    """Separate ``text``, whose plain text and Markdown are the same; see ``split_lines``."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return split_lines([Line(line, line) for line in lines], instances, known)


def split_lines(
    lines: Sequence[Line], instances: Sequence[str] = (), known: Collection[str] = (), is_answer: bool = True
) -> SplitText:
    """Separate what somebody wrote from what their mail program put below, above or around it. Every line is in one of
    the two parts; links in them that are for one person only are cut out.

    ``instances`` are the ids of this installation, by which its own marker is recognised; ``known`` are addresses and
    the subject of the mail, in lower case, by which a block of fields in any language is recognised. A mail that
    answers none (``is_answer``) quotes nobody with a bare ">": it is a sign of a shell, or of the author's own.
    """
    codes = [_marker_code(instance) for instance in instances]
    splitter = _Splitter([line.plain for line in lines[:MAX_LINES]], codes, known, is_answer)
    mine = splitter.list_own_lines()
    if splitter.end == MAX_LINES:
        mine = [*mine, *(n for n in range(MAX_LINES, len(lines)) if not lines[n].plain.lstrip().startswith(">"))]
    own = set(mine)
    body = private_links.cut(_join_markdown([lines[number] for number in mine]))
    quoted = private_links.cut(_strip_empty_lines([line.plain for n, line in enumerate(lines) if n not in own]))
    foreign = _strip_empty_lines([line.plain for n, line in enumerate(lines) if n in splitter.foreign])
    is_marked = any(code in line.plain for line in lines for code in codes)
    return SplitText(body, quoted, ("marker" if is_marked else "quote") if quoted else "", private_links.cut(foreign))


class _Splitter:
    """Every step looks at each line a fixed number of times, so that the time grows with the number of lines only."""

    def __init__(self, lines: list[str], codes: Sequence[str], known: Collection[str], is_answer: bool) -> None:
        self.lines = lines
        self.cleaned = [quote_phrases.clean(line) for line in lines]
        self.codes = codes
        self.known = known
        self.is_answer = is_answer
        self.is_quote = [
            line.lstrip().startswith(">") and not attributions.closes_address(lines[max(0, number - 1)], line)
            for number, line in enumerate(lines)
        ]
        self._mark_initials()
        self.next_written = self._find_next_written()
        self.last_digit = self._find_last_digits()
        self.foreign: set[int] = set()
        self.introduced: set[int] = set()  # "my boss wrote:", which no program writes below somebody's words
        self.candidates = 0
        self.end = 0

    def list_own_lines(self) -> list[int]:
        """List the numbers of the lines that are the answer."""
        armor = footers.find_armor(self.cleaned)
        for number in armor:
            self.cleaned[number] = ""
        return [number for number in self._list_answer() if number not in armor]

    def _list_answer(self) -> list[int]:
        end, is_marked = self._find_end()
        self.end = end
        self.foreign = set(range(end, len(self.lines)))
        if end < len(self.lines):
            end = self._skip_above(end, is_marked)
        self._mark_wrapped_remnants(end)
        named = self._find_attributions(end)
        foreign = [n for n in range(end) if n in named or self.is_quote[n]]
        self.foreign |= set(foreign) - named
        is_own = not self.is_answer and not named and end == len(self.lines)
        if not foreign or is_own:
            self.foreign -= set(foreign)
            return footers.strip_footers(self.cleaned, list(range(end)))
        own = [n for n in range(end) if self.cleaned[n] and n not in named and not self.is_quote[n]]
        return self._choose_answer(own, foreign, named)

    def _mark_initials(self) -> None:
        """Take lines such as "ML> Hello" (The Bat!) for quoted where "... wrote:" is above them."""
        above = ""
        for number, line in enumerate(self.cleaned):
            if _INITIALS.match(line):
                self.is_quote[number] = self.is_quote[number - 1] or (
                    above.endswith(":") and quote_phrases.has_verb(above)
                )
            above = line or above

    def _find_next_written(self) -> list[int]:
        """Return for every line the number of the next line with words, itself included; their count after the last."""
        found = [len(self.lines)] * (len(self.lines) + 1)
        for number in range(len(self.lines) - 1, -1, -1):
            found[number] = number if self.cleaned[number] else found[number + 1]
        return found

    def _find_end(self) -> tuple[int, bool]:
        """Return the first line below which all is quoted although no ">" marks it, and whether our marker says so."""
        for number, line in enumerate(self.cleaned):
            if not line:
                continue
            if self.is_quote[number]:
                if line.startswith(">>>") and quote_phrases.is_separator(line):
                    return number, False
                continue
            if any(code in line for code in self.codes):
                return number, True
            if quote_phrases.is_separator(line) or self._is_field_block(number) or self._has_unknown_fields(number):
                return number, False
            if self._has_digit_near(number) and not self._is_quote_below(number):
                found = self._find_attribution(number, is_certain=False)
                if found:
                    return found[0], False
        return len(self.lines), False

    def _is_field_block(self, number: int) -> bool:
        if quote_phrases.field(self.cleaned[number]) is None or not self._take_candidate():
            return False
        return attributions.find_field_block(self.cleaned, number) > number

    def _has_unknown_fields(self, number: int) -> bool:
        """Return whether a block of fields in an unknown language begins here: above it is an empty line or a rule."""
        line, above = self.cleaned[number], self.cleaned[number - 1] if number else ""
        if (
            not number
            or ":" not in line[: attributions.MAX_LABEL_LENGTH]
            or (above and not quote_phrases.is_rule(above))
        ):
            return False
        is_likely = quote_phrases.has_address(line) or any(each in line.lower() for each in self.known)
        return (
            is_likely
            and self._take_candidate()
            and (attributions.find_unknown_fields(self.cleaned, number, self.known) > number)
        )

    def _find_attribution(self, number: int, is_certain: bool) -> range | None:
        if not attributions.ends_like_attribution(self.cleaned[number]) or not self._take_candidate():
            return None
        return attributions.find_attribution(self.cleaned, number, self.is_quote, is_certain)

    def _take_candidate(self) -> bool:
        self.candidates += 1
        return self.candidates <= MAX_CANDIDATES

    def _has_digit_near(self, number: int) -> bool:
        """Return whether there is a digit in the lines over which an attribution may be broken."""
        return number - self.last_digit[number] < attributions.MAX_ATTRIBUTION_LINES

    def _find_last_digits(self) -> list[int]:
        """Return for every line the number of the last line with a digit, itself included."""
        found, last = [], -attributions.MAX_ATTRIBUTION_LINES
        for number, line in enumerate(self.cleaned):
            last = number if _DIGIT.search(line) else last
            found.append(last)
        return found

    def _is_quote_below(self, number: int) -> bool:
        following = self.next_written[number + 1]
        return following < len(self.lines) and self.is_quote[following]

    def _skip_above(self, end: int, is_marked: bool) -> int:
        """Return the first line of everything that belongs to the quote directly above line ``end``."""
        while True:
            above = end - 1
            while above >= 0 and (not self.cleaned[above] or quote_phrases.is_rule(self.cleaned[above])):
                above -= 1
            if above < 0:
                return 0
            begin = above + 1
            found = self._find_attribution(above, is_certain=True) if not self.is_quote[above] else None
            if found:
                begin = found[0]
            elif quote_phrases.is_separator(self.cleaned[above]) or quote_phrases.is_bare_separator(
                self.cleaned[above]
            ):
                begin = above
            elif is_marked:
                begin = attributions.find_unknown_block(self.cleaned, above + 1, self.known)
            if begin > above:
                return above + 1
            end = begin

    def _mark_wrapped_remnants(self, end: int) -> None:
        """Take the rest of a quoted line, which a program put on a line of its own without ">", for quoted."""
        for number in range(1, end - 1):
            if (
                self.cleaned[number]
                and not self.is_quote[number]
                and self.is_quote[number - 1]
                and self.is_quote[number + 1]
                and len(self.lines[number - 1].rstrip()) >= _MIN_WRAPPED_LENGTH
                and len(self.lines[number]) < len(self.lines[number - 1])
            ):
                self.is_quote[number] = True

    def _find_attributions(self, end: int) -> set[int]:
        """Find the lines that name the author of the quote below them. Without a quote below, they are somebody's own
        text.
        """
        found: set[int] = set()
        for last in range(end):
            if self.is_quote[last] or not self.cleaned[last]:
                continue
            following = self.next_written[last + 1]
            follows = following < end and self.is_quote[following] or following >= end < len(self.lines)
            if follows:
                lines = self._find_attribution(last, is_certain=True) or range(0)
                text = " ".join(self.cleaned[lines.start : lines.stop])
                is_dated = quote_phrases.has_date(text) or quote_phrases.has_address(text)
                is_sentence = text[:1].islower() or len(text.split()) > _MAX_BARE_ATTRIBUTION_WORDS
                if lines and is_sentence and not is_dated and any(self.cleaned[: lines.start]):
                    self.introduced |= set(lines)
                found |= set(lines)
        return found

    def _choose_answer(self, own: list[int], foreign: list[int], named: set[int]) -> list[int]:
        """Return the lines of the answer: above the quote, below it, or between its parts, which then stay as the
        questions.
        """
        above = [n for n in own if n < foreign[0]]
        below = footers.strip_footers(self.cleaned, [n for n in own if n > foreign[0]], is_below=True)
        if not below:
            return footers.strip_footers(self.cleaned, list(range(foreign[0])), is_above=True)
        last = below[-1]
        quotes = [n for n in foreign if n not in named and n < last]
        named = named - self.introduced
        is_between = bool(quotes) and below[0] < quotes[-1]
        if not above and not is_between:
            return [n for n in range(below[0], last + 1) if n not in named]
        if len(quotes) > _MAX_KEPT_QUESTION_LINES and not is_between:
            gap = range(foreign[0], below[0])
            return [n for n in range(last + 1) if n not in gap]
        return [n for n in range(last + 1) if n not in named]


def _marker_code(instance: str) -> str:
    return base64.b32encode(hashlib.sha256(b"quote marker " + instance.encode()).digest()).decode()[:10]


def _join_markdown(lines: Sequence[Line]) -> str:
    """Join lines; below a quote an empty line, without which the next line would be part of it."""
    found: list[str] = []
    for line in lines:
        if found and found[-1].startswith(">") and line.markdown.strip() and not line.markdown.startswith(">"):
            found.append("")
        found.append(line.markdown)
    return _strip_empty_lines(found)


def _strip_empty_lines(lines: Sequence[str]) -> str:
    text = "\n".join(line.rstrip() for line in lines)
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n")
