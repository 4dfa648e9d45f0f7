"""Write the entries of the search index: one for each subject, message, set of answers and set of file names.

Callers write an entry in the transaction of what it is about. Triggers of the database (migration 0022) only remove: an
entry whose text was changed, withdrawn or erased is gone even if nobody writes it anew.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Insert, Integer, SmallInteger, Text, column, delete, table
from sqlalchemy.dialects import postgresql, sqlite

from helpdesk.database.built_once import built_once
from helpdesk.database.types import BigId
from helpdesk.extensions import db
from helpdesk.markup import search_words

SUBJECT_SEQ = 0  # an entry about the ticket itself; a message has its number in the timeline
SUBJECT_PART, ANSWERS_PART, TEAM_ANSWERS_PART, FILES_PART = 0, 1, 30, 60
MAX_PARTS = 60  # of one message
PART_TOKENS = 4000  # of one entry; positions of a tsvector end at 16,383, and its size at 1 MB
PART_OVERLAP = 12  # tokens that two parts share, so that a phrase across their border is found
SEQ_BITS, PART_BITS = 18, 6  # of a rowid of SQLite, below the ticket's id
TICKET_SHIFT = SEQ_BITS + PART_BITS
BUCKET_BITS, WIDE_BUCKET_BITS = 11, 16  # tickets with neighbouring numbers share a bucket, a word of the index

ENTRIES = table(
    "ticket_search",
    *(column("ticket_id", BigId), column("seq", Integer), column("part", SmallInteger)),
    column("words", postgresql.TSVECTOR),
)
ENTRIES_SQLITE = table(
    "ticket_search",
    column("rowid", BigId),
    *(column(name, Text) for name in ("scope", "subject", "words", "ticket_search")),
)


@dataclass(frozen=True)
class Entry:
    """Text of a ticket to be found: ``seq`` and ``part`` say what it is of; only the team finds ``team_only`` text."""

    ticket_id: int
    organization_id: int
    seq: int
    part: int
    text: str
    team_only: bool = False


def subject_entry(ticket_id: int, organization_id: int, subject: str) -> Entry:
    """Return the entry of a ticket's subject."""
    return Entry(ticket_id, organization_id, SUBJECT_SEQ, SUBJECT_PART, subject)


def message_entries(
    ticket_id: int, organization_id: int, seq: int, body: str, file_names: Sequence[str], team_only: bool
) -> list[Entry]:
    """Return the entries of a message: its body, and the names of its files."""
    found = [Entry(ticket_id, organization_id, seq, 0, body, team_only)] if body else []
    if file_names:
        found.append(Entry(ticket_id, organization_id, seq, FILES_PART, "\n".join(file_names), team_only))
    return found


def answer_entries(ticket_id: int, organization_id: int, answers: Iterable[tuple[str, bool]]) -> list[Entry]:
    """Return the entries of a ticket's answers, each given as its text and whether only the team sees it."""
    texts: dict[bool, list[str]] = {False: [], True: []}
    for text, team_only in answers:
        texts[team_only].append(text)
    return [
        Entry(ticket_id, organization_id, SUBJECT_SEQ, part, "\n".join(texts[team_only]), team_only)
        for team_only, part in ((False, ANSWERS_PART), (True, TEAM_ANSWERS_PART))
        if texts[team_only]
    ]


def write_entries(entries: Iterable[Entry], connection: Connection | None = None) -> None:
    """Store ``entries`` in the open transaction, by default the session's, in place of earlier ones. One statement."""
    connection = connection or db.session.connection()
    is_sqlite = connection.dialect.name == "sqlite"
    if rows := make_rows(entries, is_sqlite):
        connection.execute(_insert_statement(is_sqlite), rows if len(rows) > 1 else rows[0])


def make_rows(entries: Iterable[Entry], is_sqlite: bool) -> list[dict[str, Any]]:
    """Return the rows of the index for ``entries``, several for a long one."""
    make_row = _sqlite_row if is_sqlite else _postgresql_row
    return [make_row(entry, part, tokens) for entry in entries for part, tokens in _cut(entry)]


def delete_entries(ticket_ids: Sequence[int], connection: Connection) -> None:
    """Remove every entry of the tickets."""
    if connection.dialect.name == "sqlite":
        rowid = ENTRIES_SQLITE.c.rowid
        for ticket_id in ticket_ids:
            first = ticket_id << TICKET_SHIFT
            connection.execute(delete(ENTRIES_SQLITE).where(rowid >= first, rowid < first + (1 << TICKET_SHIFT)))
    else:
        connection.execute(delete(ENTRIES).where(ENTRIES.c.ticket_id.in_(ticket_ids)))


def delete_answers(ticket_id: int) -> None:
    """Remove the entries of a ticket's answers."""
    connection = db.session.connection()
    if connection.dialect.name == "sqlite":
        first, rowid = ticket_id << TICKET_SHIFT, ENTRIES_SQLITE.c.rowid
        connection.execute(delete(ENTRIES_SQLITE).where(rowid > first, rowid < first + (1 << PART_BITS)))
    else:
        key = ENTRIES.c
        connection.execute(
            delete(ENTRIES).where(key.ticket_id == ticket_id, key.seq == SUBJECT_SEQ, key.part > SUBJECT_PART)
        )


def scope_word(organization_id: int) -> str:
    """Return the word of the index that the entries have which people of this organization may find."""
    return f"#{organization_id}"


def bucket_word(bucket: int, is_wide: bool = False) -> str:
    """Return the word of the index that all entries of a bucket of tickets have."""
    return f"{'%' if is_wide else '@'}{bucket}"


def _cut(entry: Entry) -> list[tuple[int, list[str]]]:
    """Return the tokens of ``entry`` in parts, each with its number."""
    tokens = search_words.index_tokens(entry.text)
    if len(tokens) <= PART_TOKENS:
        return [(entry.part, tokens)] if tokens else []
    end = MAX_PARTS if entry.seq else ANSWERS_PART + TEAM_ANSWERS_PART - 1 if entry.part == 1 else MAX_PARTS
    step = PART_TOKENS - PART_OVERLAP
    numbers = range(entry.part, end if entry.part < end else entry.part + 3)
    starts = range(0, len(tokens), step)
    return [(part, tokens[start : start + PART_TOKENS]) for part, start in zip(numbers, starts, strict=False)]


@built_once(maxsize=2)
def _insert_statement(is_sqlite: bool) -> Insert:
    if is_sqlite:
        return sqlite.insert(ENTRIES_SQLITE).prefix_with("OR REPLACE")
    insert = postgresql.insert(ENTRIES)
    key = [ENTRIES.c.ticket_id, ENTRIES.c.seq, ENTRIES.c.part]
    return insert.on_conflict_do_update(index_elements=key, set_={"words": insert.excluded.words})


def _postgresql_row(entry: Entry, part: int, tokens: list[str]) -> dict[str, Any]:
    positions: dict[str, list[str]] = {}
    for position, token in enumerate(tokens, 1):
        positions.setdefault(token, []).append(str(position))
    marks = [
        bucket_word(entry.ticket_id >> BUCKET_BITS),
        bucket_word(entry.ticket_id >> WIDE_BUCKET_BITS, is_wide=True),
        *([] if entry.team_only else [scope_word(entry.organization_id)]),
    ]
    vector = [f"'{token}':{','.join(places)}" for token, places in positions.items()] + [f"'{mark}'" for mark in marks]
    return {
        "ticket_id": entry.ticket_id,
        "seq": entry.seq,
        "part": part,
        "words": " ".join(vector),
    }


def _sqlite_row(entry: Entry, part: int, tokens: list[str]) -> dict[str, Any]:
    rowid = entry.ticket_id << TICKET_SHIFT | entry.seq << PART_BITS | part
    text, is_subject = " ".join(tokens), entry.seq == SUBJECT_SEQ and part == SUBJECT_PART
    return {
        "rowid": rowid,
        "scope": "" if entry.team_only else f"o{entry.organization_id}",
        "subject": text if is_subject else "",
        "words": "" if is_subject else text,
    }
