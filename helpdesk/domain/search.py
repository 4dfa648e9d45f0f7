"""Finding tickets by their words. The database keeps the index up to date (migration 0007); here it is only asked.

Every word must occur, as the beginning of a word, somewhere on the ticket: in its subject, messages or answers. Notes and
answers only the team sees are searched for the team only. What somebody types is never a query language.
"""

import re
import unicodedata
from dataclasses import dataclass

from markupsafe import Markup, escape
from sqlalchemy import (
    Float,
    Subquery,
    Text,
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

from helpdesk.domain import permissions
from helpdesk.extensions import db
from helpdesk.models.columns import BigId
from helpdesk.models.people import User
from helpdesk.models.tickets import Ticket

CANDIDATES = 1000  # the latest hits are ranked; a word that is on half of all tickets must not cost a look at half of them
MOST_WORDS = 12
LOOKED_THROUGH = 20_000  # characters of a ticket's words in which the place to show is looked for
WIDTH = 170  # characters of an excerpt

_fts = table(
    "ticket_search",
    *(column(name, BigId) for name in ("rowid", "ticket_id")),
    *(column(name, Text) for name in ("subject", "words", "notes", "public", "everything")),
)


@dataclass(frozen=True)
class Excerpt:
    """A hit as people see it: its subject and the place in its text, as safe HTML with the words in <mark>."""

    subject: Markup
    text: Markup
    in_note: bool = False


def matching(user: User, text: str | None, any_word: bool = False) -> Subquery | None:
    """The tickets ``user`` may see that match ``text``, as columns ``ticket_id`` and ``rank`` (less is better).

    None where ``text`` is blank: no filter. A number, with or without #, also finds the ticket that bears it, first of all.
    With ``any_word`` one of the longer words is enough, as for "have you asked this before?".
    """
    if not (text or "").strip():
        return None
    words = [word for word in _words(text) if len(word) > 3 or not any_word]
    wanted = number(text)
    parts = []
    if words:
        parts.append(_ranked(user, words, wanted, any_word))
    if wanted is not None:
        visible = permissions.visible_tickets(user).where(Ticket.id == wanted)
        parts.append(visible.with_only_columns(Ticket.id.label("ticket_id"), cast(literal(-1e9), Float).label("rank")))
    if not parts:
        nothing = permissions.visible_tickets(user).where(Ticket.id < 0)
        parts.append(nothing.with_only_columns(Ticket.id.label("ticket_id"), cast(literal(0.0), Float).label("rank")))
    return (union_all(*parts) if len(parts) > 1 else parts[0]).subquery("found")


def number(text: str | None) -> int | None:
    """The ticket number that ``text`` consists of ("#1042", "1042"), else None."""
    match = re.fullmatch(r"\s*#?([0-9]{1,18})\s*", text or "")
    return int(match.group(1)) if match else None


def excerpts(user: User, text: str, ticket_ids: list[int]) -> dict[int, Excerpt]:
    """For each of ``ticket_ids`` (already loaded as visible to ``user``), where it matches ``text``. One query.

    Done here rather than by the database, whose own ways would search the whole index once more for every ticket.
    """
    words = _words(text)
    if not words or not ticket_ids:
        return {}
    key = _fts.c.rowid if _is_sqlite() else _fts.c.ticket_id
    notes = func.substr(_fts.c.notes, 1, LOOKED_THROUGH) if user.is_team else literal("")
    rows = db.session.execute(
        select(key, _fts.c.subject, func.substr(_fts.c.words, 1, LOOKED_THROUGH), notes).where(key.in_(ticket_ids))
    )
    return {ticket_id: _excerpt(words, subject, said, noted) for ticket_id, subject, said, noted in rows}


def _words(text: str) -> list[str]:
    """What is searched for: lower case, without accents and signs, as the index has it."""
    return list(dict.fromkeys(word[:60] for word in re.findall(r"[^\W_]+", _plain(text[:400]))))[:MOST_WORDS]


def _plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).lower()


def _ranked(user: User, words: list[str], except_id: int | None, any_word: bool):
    visible = permissions.visible_tickets(user).with_only_columns(Ticket.id)
    if _is_sqlite():
        key = _fts.c.rowid
        rank = func.bm25(literal_column("ticket_search"), 0.0, 10.0, 1.0, 1.0 if user.is_team else 0.0, type_=Float)
        hits = select(key.label("ticket_id"), rank.label("rank")).where(_sqlite_match(user, words, any_word))
    else:
        key, vector = _fts.c.ticket_id, _vector(user)
        hits = select(key.label("ticket_id"), vector.label("vector")).where(vector.bool_op("@@")(_tsquery(user, words, any_word)))
    hits = hits.where(visible.where(Ticket.id == key).exists())
    if except_id is not None:
        hits = hits.where(key != except_id)
    hits = hits.order_by(key.desc()).limit(CANDIDATES).subquery("hits")
    if _is_sqlite():
        return select(hits.c.ticket_id, hits.c.rank)
    rank = -cast(func.ts_rank(hits.c.vector, _tsquery(user, words, any_word)), Float(53))
    return select(hits.c.ticket_id, rank.label("rank"))


def _sqlite_match(user: User, words: list[str], any_word: bool = False):
    columns = "{subject words notes}" if user.is_team else "{subject words}"
    wanted = (" OR " if any_word else " AND ").join(f'"{word}"' + (" *" if len(word) > 1 else "") for word in words)
    scope = "" if user.is_team else f'scope : "o{int(user.organization_id or 0)}" AND '
    return literal_column("ticket_search").bool_op("MATCH")(f"{scope}{columns} : ({wanted})")


def _vector(user: User):
    return _fts.c.everything if user.is_team else _fts.c.public


def _tsquery(user: User, words: list[str], any_word: bool = False):
    wanted = (" | " if any_word else " & ").join(f"'{word}'" + (":*" if len(word) > 1 else "") for word in words)
    if not user.is_team:
        wanted = f"'#{int(user.organization_id or 0)}' & ({wanted})"
    return cast(literal(wanted), TSQUERY)


def _excerpt(words: list[str], subject: str, said: str, noted: str) -> Excerpt:
    said_hits, noted_hits = _hits(words, said), _hits(words, noted)
    in_note = bool(noted_hits) and not said_hits
    place = (noted, noted_hits) if in_note else (said, said_hits)
    return Excerpt(_marked(subject, _hits(words, subject)), _marked(*_window(*place)), in_note)


def _hits(words: list[str], text: str) -> list[tuple[int, int]]:
    """Where the words of ``text`` stand that were searched for."""
    long = tuple(word for word in words if len(word) > 1)
    found = []
    for match in re.finditer(r"[^\W_]+", text):
        word = _plain(match.group()) if not match.group().isascii() else match.group().lower()
        if word.startswith(long) or word in words:
            found.append(match.span())
    return found


def _window(text: str, hits: list[tuple[int, int]]) -> tuple[str, list[tuple[int, int]]]:
    """A line's worth of ``text`` around its first hit, cut between words."""
    first = hits[0][0] if hits else 0
    start = max(0, text.rfind(" ", 0, max(0, first - 40)) + 1) if first > 60 else 0
    end = start + WIDTH
    if end < len(text):
        end = max(text.rfind(" ", start, end), start + WIDTH // 2)
    before, after = "…" if start else "", "…" if end < len(text) else ""
    kept = [(a - start + len(before), b - start + len(before)) for a, b in hits if start <= a and b <= end]
    return before + text[start:end] + after, kept


def _marked(text: str, hits: list[tuple[int, int]]) -> Markup:
    """``text`` as safe HTML with its hits in <mark>; what is only Markdown's punctuation goes."""
    parts, at = [], 0
    for start, end in hits:
        parts += [_tidy(text[at:start]), Markup("<mark>{}</mark>").format(text[start:end])]
        at = end
    return Markup("").join([*parts, _tidy(text[at:])]).strip()


def _tidy(text: str) -> Markup:
    return escape(re.sub(r"\s+", " ", re.sub(r"[*_`~#>|\[\]]+", " ", text)))


def _is_sqlite() -> bool:
    return db.session.get_bind().dialect.name == "sqlite"
