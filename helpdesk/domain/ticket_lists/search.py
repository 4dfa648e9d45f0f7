"""Finding tickets by their words. The database keeps the index up to date (migration 0007); here it is only asked.

Every word must occur, as the beginning of a word, somewhere on the ticket: in its subject, messages or answers. Notes and
answers only the team sees are searched for the team only. What somebody types is never a query language.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape
from sqlalchemy import (
    Float,
    Select,
    Subquery,
    Text,
    bindparam,
    cast,
    column,
    func,
    literal,
    literal_column,
    select,
    table,
    union_all,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from helpdesk.database import transactions
from helpdesk.database.types import BigId
from helpdesk.domain.people import permissions
from helpdesk.extensions import db
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User

MAX_CANDIDATES = (
    1000  # the latest hits are ranked; a word that is on half of all tickets must not cost a look at half of them
)
MAX_WORDS = 12
MAX_SCANNED_LENGTH = 20_000  # characters of a ticket's words in which the place to show is looked for
EXCERPT_WIDTH = 170  # characters of an excerpt

ACCENTED_PATTERN = re.compile(
    r"(?<![^\W_])[A-Za-z0-9]*+[^\W_\x00-\x7f][^\W_]*"
)  # words with a letter that ASCII has not
PUNCTUATION_PATTERN = re.compile(
    r"(?! [^*_`~#>|\[\]\s])[*_`~#>|\[\]\s]+"
)  # but for a space alone, which stays what it is

_fts = table(
    "ticket_search",
    *(column(name, BigId) for name in ("rowid", "ticket_id")),
    *(column(name, Text) for name in ("subject", "words", "notes", "public", "everything")),
)


@dataclass(frozen=True)
class SearchExcerpt:
    """A hit as people see it: its subject and the place in its text, as safe HTML with the words in <mark>."""

    subject: Markup
    text: Markup
    in_note: bool = False


def search_tickets(user: User, text: str | None, any_word: bool = False) -> Subquery | None:
    """The tickets ``user`` may see that match ``text``, as columns ``ticket_id`` and ``rank`` (less is better).

    None where ``text`` is blank: no filter. A number, with or without #, also finds the ticket that bears it, first of all.
    With ``any_word`` one of the longer words is enough, as for "have you asked this before?".
    """
    sought = _parse_query(user, text, any_word)
    if sought is None:
        return None
    words, wanted = (None if value is None else literal(value) for value in sought.values())
    return _search_subquery(
        permissions.get_visibility(user), _is_sqlite(), permissions.visibility_conditions(user), words, wanted
    )


def build_search(user: User, text: str | None) -> tuple[Subquery | None, dict[str, Any]]:
    """The same for a query that is put together once and kept: one of a few subqueries, and the values of this search."""
    sought = _parse_query(user, text)
    if sought is None:
        return None, {}
    return _cached_subquery(
        permissions.get_visibility(user), _is_sqlite(), *(value is not None for value in sought.values())
    ), sought


def parse_ticket_number(text: str | None) -> int | None:
    """The ticket number that ``text`` consists of ("#1042", "1042"), else None."""
    match = re.fullmatch(r"\s*#?([0-9]{1,18})\s*", text or "")
    return int(match.group(1)) if match else None


def load_excerpts(user: User, text: str, ticket_ids: list[int]) -> dict[int, SearchExcerpt]:
    """For each of ``ticket_ids`` (already loaded as visible to ``user``), where it matches ``text``. One query.

    Done here rather than by the database, whose own ways would search the whole index once more for every ticket.
    """
    words = _normalize_words(text)
    if not words or not ticket_ids:
        return {}
    pattern = _word_pattern(tuple(words))
    rows = transactions.execute_core(_texts_query(user.is_team, _is_sqlite()), {"ticket_ids": ticket_ids}).all()
    return {ticket_id: _make_excerpt(pattern, words, subject, said, noted) for ticket_id, subject, said, noted in rows}


@lru_cache(maxsize=4)
def _texts_query(for_team: bool, is_sqlite: bool) -> Select:
    key = _fts.c.rowid if is_sqlite else _fts.c.ticket_id
    notes = func.substr(_fts.c.notes, 1, MAX_SCANNED_LENGTH) if for_team else literal("")
    texts = select(key, _fts.c.subject, func.substr(_fts.c.words, 1, MAX_SCANNED_LENGTH), notes)
    return texts.where(key.in_(bindparam("ticket_ids", expanding=True)))


def _normalize_words(text: str) -> list[str]:
    """What is searched for: lower case, without accents and signs, as the index has it."""
    return list(dict.fromkeys(word[:60] for word in re.findall(r"[^\W_]+", _fold_accents(text[:400]))))[:MAX_WORDS]


def _fold_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).lower()


def _parse_query(user: User, text: str | None, any_word: bool = False) -> dict[str, Any] | None:
    """The words of ``text`` as the database wants them, and the number it is, each None where there is none."""
    if not (text or "").strip():
        return None
    words = [word for word in _normalize_words(text) if len(word) > 3 or not any_word]
    say = _sqlite_query if _is_sqlite() else _postgresql_query
    return {"sought": say(user, words, any_word) if words else None, "sought_number": parse_ticket_number(text)}


@lru_cache(maxsize=32)
def _cached_subquery(scope: permissions.Visibility, is_sqlite: bool, has_words: bool, has_number: bool) -> Subquery:
    words = bindparam("sought", type_=Text) if has_words else None
    wanted = bindparam("sought_number", type_=BigId) if has_number else None
    return _search_subquery(scope, is_sqlite, permissions.visible_condition(scope), words, wanted)


def _search_subquery(scope: permissions.Visibility, is_sqlite: bool, visible: list, words, wanted) -> Subquery:
    """What matches ``words`` or is the ticket ``wanted``, which are values or parameters."""
    parts = []
    if words is not None:
        parts.append(_ranked_matches(scope == permissions.Visibility.everything, is_sqlite, visible, words, wanted))
    if wanted is not None:
        numbered = select(Ticket.id.label("ticket_id"), cast(literal(-1e9), Float).label("rank"))
        parts.append(numbered.where(*visible, Ticket.id == wanted))
    if not parts:
        parts.append(select(Ticket.id.label("ticket_id"), cast(literal(0.0), Float).label("rank")).where(Ticket.id < 0))
    return (union_all(*parts) if len(parts) > 1 else parts[0]).subquery("found")


def _ranked_matches(for_team: bool, is_sqlite: bool, visible: list, words, except_id):
    if is_sqlite:
        key = _fts.c.rowid
        rank = func.bm25(literal_column("ticket_search"), 0.0, 10.0, 1.0, 1.0 if for_team else 0.0, type_=Float)
        hits = select(key.label("ticket_id"), rank.label("rank")).where(
            literal_column("ticket_search").bool_op("MATCH")(words)
        )
    else:
        key, vector, query = _fts.c.ticket_id, _fts.c.everything if for_team else _fts.c.public, cast(words, TSQUERY)
        hits = select(key.label("ticket_id"), vector.label("vector")).where(vector.bool_op("@@")(query))
    hits = hits.where(select(Ticket.id).where(*visible, Ticket.id == key).exists())
    if except_id is not None:
        hits = hits.where(key != except_id)
    hits = hits.order_by(key.desc()).limit(MAX_CANDIDATES).subquery("hits")
    if is_sqlite:
        return select(hits.c.ticket_id, hits.c.rank)
    rank = -cast(func.ts_rank(hits.c.vector, query), Float(53))
    return select(hits.c.ticket_id, rank.label("rank"))


def _sqlite_query(user: User, words: list[str], any_word: bool) -> str:
    columns = "{subject words notes}" if user.is_team else "{subject words}"
    wanted = (" OR " if any_word else " AND ").join(f'"{word}"' + (" *" if len(word) > 1 else "") for word in words)
    scope = "" if user.is_team else f'scope : "o{int(user.organization_id or 0)}" AND '
    return f"{scope}{columns} : ({wanted})"


def _postgresql_query(user: User, words: list[str], any_word: bool) -> str:
    wanted = (" | " if any_word else " & ").join(f"'{word}'" + (":*" if len(word) > 1 else "") for word in words)
    return wanted if user.is_team else f"'#{int(user.organization_id or 0)}' & ({wanted})"


def _make_excerpt(pattern: re.Pattern, words: list[str], subject: str, said: str, noted: str) -> SearchExcerpt:
    said_hits = _find_hits(pattern, words, said)
    noted_hits = [] if said_hits else _find_hits(pattern, words, noted)
    place = (noted, noted_hits) if noted_hits else (said, said_hits)
    return SearchExcerpt(
        _highlight_hits(subject, _find_hits(pattern, words, subject)),
        _highlight_hits(*_excerpt_window(*place)),
        bool(noted_hits),
    )


@lru_cache(maxsize=200)
def _word_pattern(words: tuple[str, ...]) -> re.Pattern:
    """What begins with one of ``words``, to the end of the word; one of a single letter must be the whole of it."""
    ways = [
        word + (r"[^\W_]*" if len(word) > 1 else r"(?![^\W_])") for word in words
    ]  # words hold letters and digits only
    return re.compile("|".join(ways))


def _find_hits(pattern: re.Pattern, words: list[str], text: str) -> list[tuple[int, int]]:
    """Where the words of ``text`` stand that were searched for."""
    lower = text.lower()
    if len(lower) != len(text):
        lower = "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in text)
    spans = (match.span() for match in pattern.finditer(lower))
    found = {span for span in spans if span[0] == 0 or not lower[span[0] - 1].isalnum()}
    if not text.isascii():
        long = tuple(word for word in words if len(word) > 1)
        for match in ACCENTED_PATTERN.finditer(text):
            word = _fold_accents(match.group())
            if word.startswith(long) or word in words:
                found.add(match.span())
    return sorted(found)


def _excerpt_window(text: str, hits: list[tuple[int, int]]) -> tuple[str, list[tuple[int, int]]]:
    """A line's worth of ``text`` around its first hit, cut between words."""
    first = hits[0][0] if hits else 0
    start = max(0, text.rfind(" ", 0, max(0, first - 40)) + 1) if first > 60 else 0
    end = start + EXCERPT_WIDTH
    if end < len(text):
        end = max(text.rfind(" ", start, end), start + EXCERPT_WIDTH // 2)
    before, after = "…" if start else "", "…" if end < len(text) else ""
    kept = [(a - start + len(before), b - start + len(before)) for a, b in hits if start <= a and b <= end]
    return before + text[start:end] + after, kept


def _highlight_hits(text: str, hits: list[tuple[int, int]]) -> Markup:
    """``text`` as safe HTML with its hits in <mark>; what is only Markdown's punctuation goes."""
    parts, at = [], 0
    for start, end in hits:
        parts += [_strip_markdown(text[at:start]), f"<mark>{escape(text[start:end])}</mark>"]
        at = end
    return Markup("".join([*parts, _strip_markdown(text[at:])]).strip())


def _strip_markdown(text: str) -> str:
    return str(escape(PUNCTUATION_PATTERN.sub(" ", text)))


def _is_sqlite() -> bool:
    return db.session.get_bind().dialect.name == "sqlite"
