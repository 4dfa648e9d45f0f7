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
    cast,
    column,
    func,
    literal,
    literal_column,
    select,
    table,
    text,
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
START, STOP = "\x02", "\x03"  # around a hit in an excerpt; no text that is kept contains them by right

_fts = table(
    "ticket_search",
    column("rowid", BigId),
    column("ticket_id", BigId),
    column("public"),
    column("everything"),
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
        parts.append(
            visible.with_only_columns(Ticket.id.label("ticket_id"), cast(literal(-1e9), Float).label("rank"))
        )
    if not parts:
        nothing = permissions.visible_tickets(user).where(Ticket.id < 0)
        parts.append(
            nothing.with_only_columns(Ticket.id.label("ticket_id"), cast(literal(0.0), Float).label("rank"))
        )
    return (union_all(*parts) if len(parts) > 1 else parts[0]).subquery("found")


def number(text: str | None) -> int | None:
    """The ticket number that ``text`` consists of ("#1042", "1042"), else None."""
    match = re.fullmatch(r"\s*#?([0-9]{1,18})\s*", text or "")
    return int(match.group(1)) if match else None


def excerpts(user: User, text: str, ticket_ids: list[int]) -> dict[int, Excerpt]:
    """For each of ``ticket_ids`` (already loaded as visible to ``user``) that matches ``text``, where it does. One query."""
    words = _words(text)
    if not words or not ticket_ids:
        return {}
    rows = (_sqlite_excerpts if _is_sqlite() else _postgres_excerpts)(user, words, ticket_ids)
    return {ticket_id: _excerpt(subject, said, noted) for ticket_id, subject, said, noted in rows}


def _words(text: str) -> list[str]:
    """What is searched for: lower case, without accents and signs, as the index has it."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text[:400]) if not unicodedata.combining(c))
    return list(dict.fromkeys(word[:60] for word in re.findall(r"[^\W_]+", plain.lower())))[:MOST_WORDS]


def _ranked(user: User, words: list[str], except_id: int | None, any_word: bool):
    visible = permissions.visible_tickets(user).with_only_columns(Ticket.id)
    if _is_sqlite():
        key = _fts.c.rowid
        rank = func.bm25(
            literal_column("ticket_search"), 0.0, 10.0, 1.0, 1.0 if user.is_team else 0.0, type_=Float
        )
        hits = select(key.label("ticket_id"), rank.label("rank")).where(_sqlite_match(user, words, any_word))
    else:
        key, vector = _fts.c.ticket_id, _vector(user)
        hits = select(key.label("ticket_id"), vector.label("vector")).where(
            vector.bool_op("@@")(_tsquery(user, words, any_word))
        )
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
    wanted = (" OR " if any_word else " AND ").join(
        f'"{word}"' + (" *" if len(word) > 1 else "") for word in words
    )
    scope = "" if user.is_team else f'scope : "o{int(user.organization_id or 0)}" AND '
    return literal_column("ticket_search").bool_op("MATCH")(f"{scope}{columns} : ({wanted})")


def _vector(user: User):
    return _fts.c.everything if user.is_team else _fts.c.public


def _tsquery(user: User, words: list[str], any_word: bool = False, scoped: bool = True):
    wanted = (" | " if any_word else " & ").join(
        f"'{word}'" + (":*" if len(word) > 1 else "") for word in words
    )
    if scoped and not user.is_team:
        wanted = f"'#{int(user.organization_id or 0)}' & ({wanted})"
    return cast(literal(wanted), TSQUERY)


def _sqlite_excerpts(user: User, words: list[str], ticket_ids: list[int]):
    search = literal_column("ticket_search")
    return db.session.execute(
        select(
            _fts.c.rowid,
            func.highlight(search, 1, START, STOP),
            func.snippet(search, 2, START, STOP, "…", 30),
            func.snippet(search, 3, START, STOP, "…", 30) if user.is_team else literal(""),
        ).where(_sqlite_match(user, words), _fts.c.rowid.in_(ticket_ids))
    )


def _postgres_excerpts(user: User, words: list[str], ticket_ids: list[int]):
    query = _tsquery(user, words, scoped=False)
    shape = f"StartSel={START}, StopSel={STOP}, MaxWords=30, MinWords=15, ShortWord=0"
    kept = table("ticket_search", *(column(name) for name in ("ticket_id", "subject", "words", "notes")))

    def headline(of, options):
        return func.ts_headline(text("'simple'::regconfig"), func.left(of, 20_000), query, options)

    return db.session.execute(
        select(
            kept.c.ticket_id,
            headline(kept.c.subject, f"StartSel={START}, StopSel={STOP}, HighlightAll=true"),
            headline(kept.c.words, shape),
            headline(kept.c.notes, shape) if user.is_team else literal(""),
        ).where(kept.c.ticket_id.in_(ticket_ids))
    )


def _excerpt(subject: str, said: str, noted: str) -> Excerpt:
    in_note = START not in said and START in noted
    return Excerpt(_marked(subject), _marked(noted if in_note else said), in_note)


def _marked(found: str) -> Markup:
    """Text with hits as safe HTML; what is only Markdown's punctuation goes."""
    found = " ".join(re.sub(r"[*_`~#>|\[\]]+", " ", found).split())
    return Markup(escape(found).replace(START, Markup("<mark>")).replace(STOP, Markup("</mark>")))


def _is_sqlite() -> bool:
    return db.session.get_bind().dialect.name == "sqlite"
