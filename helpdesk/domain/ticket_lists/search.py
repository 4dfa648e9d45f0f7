"""Full-text search of tickets. Triggers of the database maintain the index (migration 0007); this module only reads it.

Every word of a search must be the beginning of a word in the ticket's subject, messages or answers. Notes and answers
that only the team sees are searched for the team only. The text of a search is never interpreted as a query language.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape
from sqlalchemy import (
    ColumnElement,
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

MAX_CANDIDATES = 1000  # only the latest hits are ranked, so that the cost of a frequent word stays bounded
MAX_WORDS = 12
MAX_SCANNED_LENGTH = 20_000  # characters of a ticket's text that are searched for an excerpt
EXCERPT_WIDTH = 170  # characters of an excerpt

# A word with at least one letter outside ASCII.
ACCENTED_PATTERN = re.compile(r"(?<![^\W_])[A-Za-z0-9]*+[^\W_\x00-\x7f][^\W_]*")
# Markdown punctuation and white space, except a single space.
PUNCTUATION_PATTERN = re.compile(r"(?! [^*_`~#>|\[\]\s])[*_`~#>|\[\]\s]+")

_fts = table(
    "ticket_search",
    *(column(name, BigId) for name in ("rowid", "ticket_id")),
    *(column(name, Text) for name in ("subject", "words", "notes", "public", "everything")),
)


@dataclass(frozen=True)
class SearchExcerpt:
    """A search hit to show: the subject and an excerpt of the text, as safe HTML with the matches in <mark>."""

    subject: Markup
    text: Markup
    in_note: bool = False


def search_tickets(user: User, text: str | None, any_word: bool = False) -> Subquery | None:
    """Return the tickets ``user`` may see that match ``text``, as columns ``ticket_id`` and ``rank`` (less is better).

    None for a blank ``text``: no filter. A number, with or without #, also finds the ticket with that number, ranked
    first. With ``any_word`` one of the words of more than three characters is enough, as when similar tickets are
    suggested.
    """
    values = _parse_query(user, text, any_word)
    if values is None:
        return None
    words, number = (None if value is None else literal(value) for value in values.values())
    return _search_subquery(
        permissions.get_visibility(user), _is_sqlite(), permissions.visibility_conditions(user), words, number
    )


def build_search(user: User, text: str | None) -> tuple[Subquery | None, dict[str, Any]]:
    """Return a search for a query that is cached: one of a few subqueries, and its parameter values."""
    values = _parse_query(user, text)
    if values is None:
        return None, {}
    has_words, has_number = (value is not None for value in values.values())
    return _cached_subquery(permissions.get_visibility(user), _is_sqlite(), has_words, has_number), values


def parse_ticket_number(text: str | None) -> int | None:
    """Return the ticket number if ``text`` is one ("#1042", "1042"), else None."""
    match = re.fullmatch(r"\s*#?([0-9]{1,18})\s*", text or "")
    return int(match.group(1)) if match else None


def load_excerpts(user: User, text: str, ticket_ids: list[int]) -> dict[int, SearchExcerpt]:
    """Return an excerpt by ticket id that shows where each ticket matches ``text``. One query.

    ``ticket_ids`` must be visible to ``user``. Matches are searched here, because the databases' own functions search
    the whole index again for every ticket.
    """
    words = _normalize_words(text)
    if not words or not ticket_ids:
        return {}
    pattern = _word_pattern(tuple(words))
    rows = transactions.execute_core(_texts_query(user.is_team, _is_sqlite()), {"ticket_ids": ticket_ids}).all()
    return {
        ticket_id: _make_excerpt(pattern, words, subject, public_text, notes)
        for ticket_id, subject, public_text, notes in map(tuple, rows)
    }


@lru_cache(maxsize=4)
def _texts_query(for_team: bool, is_sqlite: bool) -> Select[*tuple[Any, ...]]:
    key = _fts.c.rowid if is_sqlite else _fts.c.ticket_id
    notes = func.substr(_fts.c.notes, 1, MAX_SCANNED_LENGTH) if for_team else literal("")
    texts = select(key, _fts.c.subject, func.substr(_fts.c.words, 1, MAX_SCANNED_LENGTH), notes)
    return texts.where(key.in_(bindparam("ticket_ids", expanding=True)))


def _normalize_words(text: str) -> list[str]:
    """Return the distinct words of ``text`` as the index stores them: lower case, without accents and punctuation."""
    return list(dict.fromkeys(word[:60] for word in re.findall(r"[^\W_]+", _fold_accents(text[:400]))))[:MAX_WORDS]


def _fold_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).lower()


def _parse_query(user: User, text: str | None, any_word: bool = False) -> dict[str, Any] | None:
    """Return the parameter values of a search, None for a blank ``text``.

    ``sought`` is a query in the syntax of the database's full-text search, ``sought_number`` a ticket number; each is
    None if ``text`` has none.
    """
    if not text or not text.strip():
        return None
    words = [word for word in _normalize_words(text) if len(word) > 3 or not any_word]
    build_query = _sqlite_query if _is_sqlite() else _postgresql_query
    return {"sought": build_query(user, words, any_word) if words else None, "sought_number": parse_ticket_number(text)}


@lru_cache(maxsize=32)
def _cached_subquery(scope: permissions.Visibility, is_sqlite: bool, has_words: bool, has_number: bool) -> Subquery:
    words = bindparam("sought", type_=Text) if has_words else None
    number = bindparam("sought_number", type_=BigId) if has_number else None
    return _search_subquery(scope, is_sqlite, permissions.visible_condition(scope), words, number)


def _search_subquery(
    scope: permissions.Visibility,
    is_sqlite: bool,
    visible: list[ColumnElement[bool]],
    words: ColumnElement[Any] | None,
    number: ColumnElement[Any] | None,
) -> Subquery:
    """Return the tickets that match ``words`` or have ``number``, which are values or parameters."""
    parts: list[Select[*tuple[Any, ...]]] = []
    if words is not None:
        parts.append(_ranked_matches(scope == permissions.Visibility.everything, is_sqlite, visible, words, number))
    if number is not None:
        numbered = select(Ticket.id.label("ticket_id"), cast(literal(-1e9), Float).label("rank"))
        parts.append(numbered.where(*visible, Ticket.id == number))
    if not parts:
        parts.append(select(Ticket.id.label("ticket_id"), cast(literal(0.0), Float).label("rank")).where(Ticket.id < 0))
    if len(parts) == 1:
        return parts[0].subquery("found")
    return union_all(*parts).subquery("found")


def _ranked_matches(
    for_team: bool,
    is_sqlite: bool,
    visible: list[ColumnElement[bool]],
    words: ColumnElement[Any],
    except_id: ColumnElement[Any] | None,
) -> Select[*tuple[Any, ...]]:
    hits: Select[*tuple[Any, ...]]
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
    latest = hits.order_by(key.desc()).limit(MAX_CANDIDATES).subquery("hits")
    if is_sqlite:
        return select(latest.c.ticket_id, latest.c.rank)
    return select(latest.c.ticket_id, (-cast(func.ts_rank(latest.c.vector, query), Float(53))).label("rank"))


def _sqlite_query(user: User, words: list[str], any_word: bool) -> str:
    columns = "{subject words notes}" if user.is_team else "{subject words}"
    terms = (" OR " if any_word else " AND ").join(f'"{word}"' + (" *" if len(word) > 1 else "") for word in words)
    scope = "" if user.is_team else f'scope : "o{int(user.organization_id or 0)}" AND '
    return f"{scope}{columns} : ({terms})"


def _postgresql_query(user: User, words: list[str], any_word: bool) -> str:
    terms = (" | " if any_word else " & ").join(f"'{word}'" + (":*" if len(word) > 1 else "") for word in words)
    return terms if user.is_team else f"'#{int(user.organization_id or 0)}' & ({terms})"


def _make_excerpt(pattern: re.Pattern[str], words: list[str], subject: str, text: str, notes: str) -> SearchExcerpt:
    text_hits = _find_hits(pattern, words, text)
    note_hits = [] if text_hits else _find_hits(pattern, words, notes)
    source, hits = (notes, note_hits) if note_hits else (text, text_hits)
    return SearchExcerpt(
        _highlight_hits(subject, _find_hits(pattern, words, subject)),
        _highlight_hits(*_excerpt_window(source, hits)),
        bool(note_hits),
    )


@lru_cache(maxsize=200)
def _word_pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Match a word that begins with one of ``words``, to its end; a word of one character matches only itself.

    ``words`` consist of characters and digits only, so nothing has to be escaped.
    """
    alternatives = [word + (r"[^\W_]*" if len(word) > 1 else r"(?![^\W_])") for word in words]
    return re.compile("|".join(alternatives))


def _find_hits(pattern: re.Pattern[str], words: list[str], text: str) -> list[tuple[int, int]]:
    """Return the spans (start, end) in ``text`` of the words that match, in order."""
    lower = text.lower()
    if len(lower) != len(text):
        lower = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)  # as long as ``text``
    spans = (match.span() for match in pattern.finditer(lower))
    hits = {span for span in spans if span[0] == 0 or not lower[span[0] - 1].isalnum()}
    if not text.isascii():
        long = tuple(word for word in words if len(word) > 1)
        for match in ACCENTED_PATTERN.finditer(text):
            word = _fold_accents(match.group())
            if word.startswith(long) or word in words:
                hits.add(match.span())
    return sorted(hits)


def _excerpt_window(text: str, hits: list[tuple[int, int]]) -> tuple[str, list[tuple[int, int]]]:
    """Cut one line of ``text`` around its first hit, between words; returns it with the hits in it."""
    first = hits[0][0] if hits else 0
    start = max(0, text.rfind(" ", 0, max(0, first - 40)) + 1) if first > 60 else 0
    end = start + EXCERPT_WIDTH
    if end < len(text):
        end = max(text.rfind(" ", start, end), start + EXCERPT_WIDTH // 2)
    before, after = "…" if start else "", "…" if end < len(text) else ""
    inside = [(a - start + len(before), b - start + len(before)) for a, b in hits if start <= a and b <= end]
    return before + text[start:end] + after, inside


def _highlight_hits(text: str, hits: list[tuple[int, int]]) -> Markup:
    """Return ``text`` as safe HTML with its hits in <mark> and without Markdown punctuation."""
    parts: list[str] = []
    at = 0
    for start, end in hits:
        parts += [_strip_markdown(text[at:start]), f"<mark>{escape(text[start:end])}</mark>"]
        at = end
    return Markup("".join([*parts, _strip_markdown(text[at:])]).strip())


def _strip_markdown(text: str) -> str:
    return str(escape(PUNCTUATION_PATTERN.sub(" ", text)))


def _is_sqlite() -> bool:
    return db.session.get_bind().dialect.name == "sqlite"
