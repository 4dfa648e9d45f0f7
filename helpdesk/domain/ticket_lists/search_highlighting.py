"""Mark in a text what a search matches, in the same form of its words that the index compares."""

import re
import string
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from markupsafe import Markup, escape

from helpdesk.domain.ticket_lists.search_syntax import Term
from helpdesk.markup import joined_words, search_words

EXCERPT_WIDTH = 170  # characters of an excerpt

# Markdown punctuation and white space, except a single space.
PUNCTUATION_PATTERN = re.compile(r"(?! [^*_`~#>|\[\]\s])[*_`~#>|\[\]\s]+")
SPACES_PATTERN = re.compile("  +")
# Plain text; or one other character, with what follows it of the jamo and marks that are composed with it.
CLUSTER_PATTERN = re.compile(r"[\x00-\x7f]+|[\u1100-\u115f][\u1160-\u11ff]*|.", re.DOTALL)
HALF_WIDTH_MARKS = "\uff9e\uff9f"
# ASCII is translated as bytes, which takes a tenth of the time.
_SIGNS = bytes(code for code in range(128) if not chr(code).isalnum())
FOLD_ASCII = bytes.maketrans(
    _SIGNS + string.ascii_uppercase.encode(), b" " * len(_SIGNS) + string.ascii_lowercase.encode()
)
_PUNCTUATION = bytes(code for code in range(128) if PUNCTUATION_PATTERN.fullmatch(chr(code)))
STRIP_PUNCTUATION = bytes.maketrans(_PUNCTUATION, b" " * len(_PUNCTUATION))
ARTICLE = "(?:ال)?"
EDGE = f"[^\\s{search_words.UNSPACED}]"  # what continues a word
Span = tuple[int, int]


class Highlighter:
    """Marks the matches of some terms."""

    def __init__(self, terms: tuple[Term, ...]) -> None:
        self._pattern, self._ascii_pattern, self._beginnings = _compile_patterns(terms)

    def find(self, text: str) -> list[Span]:
        """Return the spans (start, end) of the matches in ``text``, in order, without overlaps."""
        found = self._find_in(text, in_two_characters=False)
        if search_words.has_other_spelling(text):
            found += self._find_in(text, in_two_characters=True)
        if self._may_be_joined(text):
            found += self._find_joined(text)
        return _without_overlaps(sorted(found)) if len(found) > 1 else found

    def _may_be_joined(self, text: str) -> bool:
        """Whether a match may begin in ``text`` without its signs: then joiners are looked for."""
        if not text.isascii():
            return True
        plain = text.encode().translate(FOLD_ASCII, _SIGNS).decode()
        return any(beginning in plain for beginning in self._beginnings)

    def _find_joined(self, text: str) -> Iterator[Span]:
        """Find words that are written as one in the question and with an apostrophe or hyphen in ``text``."""
        for offset, piece in joined_words.list_joined_pieces(text):
            if not self._may_be_joined(piece):
                continue
            whole, places = joined_words.remove_joiners(piece)
            for start, end in self._find_in(whole, in_two_characters=False):
                yield offset + places[start], offset + places[end - 1] + 1

    def _find_in(self, text: str, in_two_characters: bool) -> list[Span]:
        if text.isascii():
            return self._find_in_ascii(text.encode().translate(FOLD_ASCII).decode())
        folded, places = _fold_with_places(text, in_two_characters)
        return [
            (places[match.start()][0], places[match.end() - 1][1])
            for match in self._pattern.finditer(folded)
            if match.end() > match.start()
        ]

    def _find_in_ascii(self, folded: str) -> list[Span]:
        """Find the matches as ``finditer`` does, at the places where one may begin: most texts have none or few."""
        found: list[Span] = []
        last = 0
        for start in sorted(_list_places(folded, self._beginnings)):
            if start >= last and (match := self._ascii_pattern.match(folded, start)):
                found.append(match.span())
                last = match.end()
        return found

    def mark(self, text: str) -> Markup:
        """Return ``text`` as safe HTML with its matches in <mark> and without Markdown punctuation."""
        return _mark_spans(text, self.find(text))

    def mark_excerpt(self, text: str) -> Markup:
        """Return one line of ``text`` around its first match, marked."""
        return _mark_spans(*_cut_window(text, self.find(text)))


@lru_cache(maxsize=200)
def _compile_patterns(terms: tuple[Term, ...]) -> tuple[re.Pattern[str], re.Pattern[str], tuple[str, ...]]:
    """Return the pattern of the terms in folded text, the same for ASCII, and how its matches may begin."""
    patterns = "|".join(_term_pattern(term) for term in terms) or "(?!)"
    ascii_patterns = "|".join(_term_pattern(term, edge="[^ ]", article="") for term in terms) or "(?!)"
    beginnings = {beginning for term in terms for beginning in _list_beginnings(term) if beginning.isascii()}
    return re.compile(patterns), re.compile(ascii_patterns), tuple(beginnings)


def _list_beginnings(term: Term) -> Iterator[str]:
    """The first word of each alternative in the pattern of ``term``."""
    if term.is_phrase:
        yield search_words.split_words(term.text)[0]
    elif search_words.is_unspaced(term.text):
        yield term.text
    else:
        for tokens in term.alternatives:
            if not search_words.is_of_compounds(tokens[0]):
                yield tokens[0]
            elif tokens[0].startswith(search_words.BACKWARDS_MARK):
                yield tokens[0][:0:-1]


def _list_places(text: str, words: Iterable[str]) -> Iterator[int]:
    for word in words:
        place = text.find(word)
        while place >= 0:
            yield place
            place = text.find(word, place + 1)


def _term_pattern(term: Term, edge: str = EDGE, article: str = ARTICLE) -> str:
    """Match ``term`` in folded text. Words are characters and digits only, so that nothing has to be escaped."""
    if not term.is_phrase:
        if search_words.is_unspaced(term.text):
            return term.text
        compounds = [tokens[0] for tokens in term.alternatives if search_words.is_of_compounds(tokens[0])]
        words = [r"\s*".join(tokens) for tokens in term.alternatives if tokens[0] not in compounds]
        ending = f"{edge}*" if term.is_prefix else f"(?!{edge})"
        pattern = f"(?<!{edge}){article}(?:{'|'.join(words)}){ending}"
        if compounds:
            is_inside = any(token.startswith(search_words.INSIDE_MARK) for token in compounds)
            ends = "|".join(token[:0:-1] for token in compounds if token.startswith(search_words.BACKWARDS_MARK))
            skipped = search_words.get_skipped_length(term.text)
            pattern += f"|(?<={edge}{{{skipped}}})(?:{ends})" + ("" if is_inside else f"(?!{edge})")
        return pattern
    words = search_words.split_words(term.text)
    start = "" if search_words.is_unspaced(words[0]) else f"(?<!{edge})"
    end = "" if search_words.is_unspaced(words[-1]) else f"(?!{edge})"
    return start + r"\s*".join(words) + end


def _fold_with_places(text: str, in_two_characters: bool) -> tuple[str, list[Span]]:
    """Return the folded text, and for each of its characters the span in ``text`` that it stands for."""
    parts: list[str] = []
    places: list[Span] = []
    for start, end in _find_clusters(text):
        cluster = text[start:end]
        if cluster.isascii():
            parts.append(cluster.encode().translate(FOLD_ASCII).decode())
            places += [(at, at + 1) for at in range(start, end)]
        else:
            folded = _fold_cluster(cluster, in_two_characters)
            parts.append(folded)
            places += [(start, end)] * len(folded)
    return "".join(parts), places


def _find_clusters(text: str) -> list[Span]:
    """Cut ``text`` where no composition and no reordering of marks crosses the cut."""
    found: list[Span] = []
    for match in CLUSTER_PATTERN.finditer(text):
        start, end = match.span()
        if found and (unicodedata.combining(text[start]) or text[start] in HALF_WIDTH_MARKS):
            base, last = found.pop()
            if text[base:last].isascii() and last - base > 1:
                found.append((base, last - 1))
                base = last - 1
            start = base
        found.append((start, end))
    return found


@lru_cache(maxsize=8192)
def _fold_cluster(cluster: str, in_two_characters: bool) -> str:
    return search_words.fold(search_words.spell_with_two_characters(cluster) if in_two_characters else cluster)


def _without_overlaps(spans: list[Span]) -> list[Span]:
    found: list[Span] = []
    for start, end in spans:
        if not found or start >= found[-1][1]:
            found.append((start, end))
        elif end > found[-1][1]:
            found[-1] = (found[-1][0], end)
    return found


def _cut_window(text: str, hits: list[Span]) -> tuple[str, list[Span]]:
    """Cut one line of ``text`` around its first hit, between words; returns it with the hits in it."""
    first = hits[0][0] if hits else 0
    start = max(0, text.rfind(" ", 0, max(0, first - 40)) + 1) if first > 60 else 0
    if first - start > EXCERPT_WIDTH // 2:
        start = first - 40  # no space for long
    end = start + EXCERPT_WIDTH
    if end < len(text):
        end = max(text.rfind(" ", start, end), start + EXCERPT_WIDTH // 2)
    before, after = "…" if start else "", "…" if end < len(text) else ""
    inside = [(a - start + len(before), min(b, end) - start + len(before)) for a, b in hits if start <= a < end]
    return before + text[start:end] + after, inside


def _mark_spans(text: str, hits: list[Span]) -> Markup:
    parts: list[str] = []
    at = 0
    for start, end in hits:
        parts += [_strip_markdown(text[at:start]), f"<mark>{escape(text[start:end])}</mark>"]
        at = end
    return Markup("".join([*parts, _strip_markdown(text[at:])]).strip())


def _strip_markdown(text: str) -> str:
    if not text.isascii():
        return str(escape(PUNCTUATION_PATTERN.sub(" ", text)))
    text = text.encode().translate(STRIP_PUNCTUATION).decode()
    return str(escape(SPACES_PATTERN.sub(" ", text) if "  " in text else text))
