"""What somebody typed into a search field: words, "quoted phrases", a ticket's number, and filters as ``status:open``.

The text is never interpreted by a database. What is no filter is words, whatever signs it has.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from helpdesk.markup import search_words

MAX_LENGTH = 400  # characters that are read
MAX_TERMS = 12
LONG_VOWEL = "\u30fc"
ENGLISH_ENDINGS = frozenset("sdtm")  # Dana's, I'd, don't, I'm: nothing that a ticket must have
FILTER_KEYS = ("status", "from", "org", "assignee", "priority", "before", "after", "tag")
REPEATED_KEYS = ("tag",)  # given several times, each of them counts; the values are joined by spaces

_NUMBER = r"[#＃№]\s?(\d{1,18})"
_NUMBER_WORDS = r"(?:no|nr|nº|n°|number|nummer|numero|número|numéro|numer)"
# "66", "#66", "# 66", "ticket 66"; behind one word in any language: "Ticket #66", "Anfrage #66", "チケット＃66",
# "Anfrage Nr. 66".
_NUMBER_ALONE_PATTERN = re.compile(
    rf"\s*(?:ticket[\s:-]*|(?:[^\s\d#＃№]{{1,30}}\s*)?[#＃№])?\s*(\d{{1,18}})\s*"
    rf"|\s*(?:[^\s\d]{{1,30}}\s+)?{_NUMBER_WORDS}[.:]?\s*(\d{{1,18}})\s*",
    re.IGNORECASE,
)
# "[#66] Printer", as in the subject of a mail, also behind "Re:".
_NUMBER_IN_BRACKETS_PATTERN = re.compile(rf"\[\s*{_NUMBER}\s*\]")
# "Printer jam #66", as at the head of a ticket's page, or "(#66)" in a sentence; not "C#7", "#1,000" or "#66-b".
_NUMBER_IN_TEXT_PATTERN = re.compile(rf"(?<![^\s(\"'“”„‘«\[<]){_NUMBER}(?![-/]?\w|[.,]\d)")
_ADDRESS_PATTERN = re.compile(r"https?://\S+?/tickets/([0-9]{1,18})(?:[/?#]\S*|[>)\].,;:!?\"'”»]+)?(?!\S)")
_UNSEEN_PATTERN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_FILTER_PATTERN = re.compile(rf'(?<!\S)({"|".join(FILTER_KEYS)}):(?:"([^"]*)"|(\S+))', re.IGNORECASE)
_PIECES_PATTERN = re.compile(r'["“”„«»]([^"“”„«»]+)["“”„«»]|(\S+)')


@dataclass(frozen=True)
class Term:
    """One thing that a ticket must have: any of ``alternatives``, each a sequence of neighbouring tokens.

    If ``is_prefix``, an alternative of one token also matches longer words. ``text`` is the folded word, or the phrase
    as it was typed. ``name_patterns``: in place of the alternatives where names are compared with LIKE;
    one of ``name_filters`` matches wherever one of them does.
    """

    text: str
    alternatives: tuple[tuple[str, ...], ...]
    is_prefix: bool
    is_phrase: bool = False
    name_patterns: tuple[str, ...] = ()
    name_filters: tuple[str, ...] = ()

    @property
    def longest(self) -> int:
        """The length of the longest token."""
        return max(len(token) for tokens in self.alternatives for token in tokens)

    @property
    def is_telling(self) -> bool:
        """Whether it is long enough to tell tickets apart: more than three characters, or two of an unspaced script."""
        return len(self.text) > (1 if search_words.is_unspaced(self.text) else 3)


@dataclass(frozen=True)
class SearchText:
    """A search field's text, read. ``filters`` has the values of each key in FILTER_KEYS that was used."""

    terms: tuple[Term, ...]
    number: int | None = None
    filters: dict[str, str] = field(default_factory=dict)


def parse_search_text(text: str) -> SearchText:
    """Read ``text``. An address of a ticket stands for its number alone."""
    text = text[:MAX_LENGTH].replace("\x00", " ")
    if address := _ADDRESS_PATTERN.search(text):
        return SearchText((), int(address.group(1)))
    filters: dict[str, str] = {}

    def collect_filter(match: re.Match[str]) -> str:
        key, value = match.group(1).lower(), (match.group(2) or match.group(3) or "").strip()
        filters[key] = f"{filters[key]} {value}" if key in REPEATED_KEYS and key in filters else value
        return " "

    rest = _FILTER_PATTERN.sub(collect_filter, text)
    return SearchText(read_terms(rest), parse_ticket_number(rest), filters)


def read_terms(text: str) -> tuple[Term, ...]:
    """Read the words and phrases of ``text``, each once."""
    return tuple(dict.fromkeys(_list_terms(text)))[:MAX_TERMS]


def parse_ticket_number(text: str | None) -> int | None:
    """Return the ticket number that ``text`` is, or that it has behind "#" or in an address, as people copy it."""
    text = _UNSEEN_PATTERN.sub("", text or "")
    match = (
        _NUMBER_ALONE_PATTERN.fullmatch(text)
        or _NUMBER_IN_BRACKETS_PATTERN.search(text)
        or _ADDRESS_PATTERN.search(text)
        or _NUMBER_IN_TEXT_PATTERN.search(text)
    )
    return int(match[match.lastindex or 0]) if match else None


def _list_terms(text: str) -> Iterator[Term]:
    for phrase, piece in _PIECES_PATTERN.findall(text):
        if phrase:
            if tokens := _phrase_tokens(phrase):
                yield Term(phrase, (tokens,), is_prefix=False, is_phrase=True)
        else:
            yield from _read_words(piece)


def _read_words(piece: str) -> Iterator[Term]:
    spellings = search_words.other_spellings(piece)
    groups = search_words.group_words(piece)
    for words in groups:
        if len(words) == 1 or any(map(search_words.is_unspaced, words)):
            for word in words:
                yield _read_word(word, spellings if len(groups) == len(words) == 1 else [])
        else:
            yield from _read_joined(words)


def _read_word(word: str, spellings: Sequence[str] = ()) -> Term:
    if search_words.is_unspaced(word):
        stem = word.rstrip(LONG_VOWEL) if len(word) > 2 else word  # サーバー is also written サーバ
        return Term(stem, (tuple(search_words.cut_into_pairs(stem)),), is_prefix=len(stem) == 1)
    beginnings = [word, *spellings]
    inside = [ask(each) for each in beginnings for ask in (search_words.ask_for_ending, search_words.ask_for_middle)]
    return Term(word, tuple((each,) for each in (*beginnings, *inside) if each), is_prefix=len(word) > 1)


def _read_joined(words: list[str]) -> Iterator[Term]:
    """Read words with a joiner between them: each, or all written as one. Single characters go with a neighbour."""
    joined = "".join(words)
    if all(len(word) == 1 for word in words):
        yield Term(joined, (tuple(words), (joined,)), is_prefix=True)
    for place, word in enumerate(words):
        if len(word) > 1:
            first, end = place, place + 1
            while first and len(words[first - 1]) == 1:
                first -= 1
            while end < len(words) and len(words[end]) == 1 and words[end] not in ENGLISH_ENDINGS:
                end += 1
            term = _read_word(word)
            yield replace(term, alternatives=(tuple(words[first:end]), (joined,), *term.alternatives[1:]))


def _phrase_tokens(phrase: str) -> tuple[str, ...]:
    """The tokens of a phrase as they stand side by side in the index."""
    found = search_words.split_words(phrase)
    tokens: list[str] = []
    for position, word in enumerate(found, 1):
        if not search_words.is_unspaced(word):
            tokens.append(word)
            continue
        tokens += search_words.cut_into_pairs(word)
        if position < len(found) and len(word) > 1:
            tokens.append(word[-1])
    return tuple(tokens)
