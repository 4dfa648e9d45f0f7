"""The statements of searches on PostgreSQL."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    Text,
    TextClause,
    and_,
    bindparam,
    case,
    cast,
    column,
    func,
    select,
    text,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY

from helpdesk.database.built_once import built_once
from helpdesk.database.types import BigId
from helpdesk.domain.people import permissions
from helpdesk.domain.people.permissions import Visibility
from helpdesk.domain.search_index.entries import ENTRIES, SUBJECT_PART, SUBJECT_SEQ
from helpdesk.domain.ticket_lists.search_conditions import SEARCH_CONDITIONS, ticket_exists
from helpdesk.domain.ticket_lists.search_request import MAX_CANDIDATES, MAX_SIMILAR
from helpdesk.models.ticket import Ticket

MAX_ENTRIES_OF_ONE = 4 * MAX_CANDIDATES  # entries of one term that are read to find so many tickets
AnySelect = Select[*tuple[Any, ...]]


@built_once(maxsize=200)
def match_terms(
    count: int,
    scope: Visibility,
    conditions: tuple[str, ...],
    limits: tuple[str, ...],
    are_together: bool = False,
    by_ticket: bool = False,
) -> AnySelect:
    """Tickets that have each of ``count`` terms, and how many of these are in the subject.

    ``limits`` are names of parameters that every entry has to match too; ``are_together``: one entry has all terms.
    ``by_ticket``: see ``_with_scores``; so have the others.
    """
    terms = [_term(f"term_{place}") for place in range(count)]
    matching = select(*_key(ENTRIES)).where(_has_all(ENTRIES, terms[0], limits))
    for term in terms[1:]:
        if are_together:
            matching = matching.where(_has(ENTRIES, term))
            continue
        other = ENTRIES.alias()
        has_term = select(other.c.ticket_id).where(
            other.c.ticket_id == ENTRIES.c.ticket_id, _has_all(other, term, limits)
        )
        matching = matching.where(has_term.exists())
    matching = matching.where(*ticket_exists(ENTRIES.c.ticket_id, scope, conditions))
    return _with_scores(matching, terms, by_ticket)


@built_once(maxsize=200)
def compare_terms(
    count: int, scope: Visibility, conditions: tuple[str, ...], limits: tuple[str, ...], by_ticket: bool = False
) -> AnySelect:
    """Tickets whose entries, compared one by one, have each of ``count`` terms.

    ``limits`` find these entries in the index; without any they are those of the tickets ``above`` one, ``until``
    another. OFFSET 0 keeps the index of words out of the comparison.
    """
    terms = [_term(f"term_{place}") for place in range(count)]
    found = (
        _has_all(ENTRIES, None, limits)
        if limits
        else ENTRIES.c.ticket_id.between(bindparam("above", type_=BigId) + 1, bindparam("until", type_=BigId))
    )
    entry = select(*_key(ENTRIES), ENTRIES.c.words).where(found).offset(0).subquery()
    matching = _compare_each(entry, terms, tuple(name for name in limits if name == "readable"))
    return _with_scores(matching.where(*ticket_exists(entry.c.ticket_id, scope, conditions)), terms, by_ticket)


@built_once(maxsize=200)
def count_visible(scope: Visibility, conditions: tuple[str, ...]) -> AnySelect:
    """How many tickets the reader may see that meet ``conditions``, up to the parameter ``most``."""
    some = _visible_ids(scope, conditions).limit(bindparam("most", type_=BigId)).subquery()
    return select(func.count()).select_from(some)


@built_once(maxsize=200)
def compare_visible(count: int, scope: Visibility, conditions: tuple[str, ...], by_ticket: bool = False) -> AnySelect:
    """Tickets that have each of ``count`` terms, of those that ``count_visible`` counts: all their entries are
    compared.
    """
    terms = [_term(f"term_{place}") for place in range(count)]
    ids = _visible_ids(scope, conditions).subquery()
    of_ticket = select(*_key(ENTRIES), ENTRIES.c.words).where(ENTRIES.c.ticket_id == ids.c.id)
    entry = of_ticket.where(_has_all(ENTRIES, None, ("readable",))).offset(0).correlate(ids).lateral()
    matching = _compare_each(entry, terms, ("readable",)).select_from(ids.join(entry, true()))
    return _with_scores(matching, terms, by_ticket)


def _visible_ids(scope: Visibility, conditions: tuple[str, ...]) -> CompoundSelect[tuple[int]]:
    wanted = [SEARCH_CONDITIONS[name] for name in conditions]
    return union_all(*(select(Ticket.id).where(*some, *wanted) for some in permissions.visible_parts(scope)))


def _compare_each(entry: Any, terms: Sequence[ColumnElement[Any]], limits: tuple[str, ...]) -> AnySelect:
    """The keys of those of ``entry`` that have the first term, if entries of the same ticket have the others."""
    matching = select(*_key(entry)).where(_has(entry, terms[0]))
    for term in terms[1:]:
        of_ticket = select(ENTRIES.c.words).where(ENTRIES.c.ticket_id == entry.c.ticket_id)
        other = of_ticket.offset(0).correlate(entry).subquery()
        matching = matching.where(select(other.c.words).where(_has_all(other, term, limits)).exists())
    return matching


def _with_scores(matching: AnySelect, terms: Sequence[ColumnElement[Any]], by_ticket: bool) -> AnySelect:
    """The newest tickets of the entries ``matching``, each with the number of ``terms`` in its subject, as arrays.

    Of one term these are the tickets of the newest entries, and those that have it in their subject: PostgreSQL takes
    longer to leave out what it named before. Not if ``by_ticket``: where one ticket has thousands of these entries.
    """
    # OFFSET 0 keeps the limit of the outer query out of this one: its plan then is the index of words.
    every = matching.offset(0).subquery()
    if len(terms) == 1 and not by_ticket:  # where the subject has it, the subject's entry is one of these
        newest = select(every.c.ticket_id, _is_subject(every).label("is_subject")).order_by(every.c.ticket_id.desc())
        each = newest.limit(MAX_ENTRIES_OF_ONE).subquery().c
        return select(func.array_agg(each.ticket_id), func.array_agg(each.ticket_id).filter(each.is_subject))
    ids = select(every.c.ticket_id).distinct().order_by(every.c.ticket_id.desc()).limit(MAX_CANDIDATES).subquery()
    subject = ENTRIES.alias()
    is_subject = and_(subject.c.ticket_id == ids.c.ticket_id, _is_subject(subject))
    score = sum(
        (case((_has(subject, term), 1), else_=0) for term in terms[1:]), case((_has(subject, terms[0]), 1), else_=0)
    )
    return _as_arrays(select(ids.c.ticket_id, score.label("score")).select_from(ids.outerjoin(subject, is_subject)))


@built_once(maxsize=200)
def match_any_term(count: int, scope: Visibility, limits: tuple[str, ...], are_compared: bool) -> AnySelect:
    """Tickets that have any of ``count`` terms, with the number of these, which count threefold in the subject.

    If ``are_compared``, the index finds the entries of ``limits``, and each is compared with the terms.
    """
    entries: Any = ENTRIES
    if are_compared:
        entries = select(ENTRIES).where(_has_all(ENTRIES, None, limits)).offset(0).subquery()
        matching = select(entries).where(_has(entries, _term("any_term")))
    else:
        matching = select(ENTRIES).where(_has_all(ENTRIES, _term("any_term"), limits))
    entry = matching.where(*ticket_exists(entries.c.ticket_id, scope, ())).offset(0).subquery()
    weight = case((_is_subject(entry), 3), else_=1)
    scores = [func.max(case((_has(entry, _term(f"term_{place}")), weight), else_=0)) for place in range(count)]
    score = sum(scores[1:], scores[0]).label("score")
    query = select(entry.c.ticket_id, score).group_by(entry.c.ticket_id)
    return _as_arrays(query.order_by(score.desc(), entry.c.ticket_id.desc()).limit(MAX_SIMILAR))


def _as_arrays(query: AnySelect) -> AnySelect:
    """One row with the arrays of the numbers of the tickets in ``query`` and of their ranks.

    The driver reads two arrays of a thousand numbers in a tenth of the time of a thousand rows.
    """
    each = query.subquery()
    return select(func.array_agg(each.c.ticket_id), func.array_agg(-each.c.score))


@built_once(maxsize=1)
def list_frequent_words() -> TextClause:
    """Words of the index that begin in one of some ways and that the statistics of the last ANALYZE name."""
    return text(
        "SELECT word FROM pg_stats, unnest(CAST(CAST(most_common_elems AS text) AS text[])) AS word "
        "WHERE schemaname = current_schema() AND tablename = 'ticket_search' AND attname = 'words' "
        "AND word ^@ ANY(:beginnings)"
    )


@built_once(maxsize=1)
def match_words() -> AnySelect:
    """Look each word up by itself: all of them in one tsquery cost seconds, each match is compared with each word."""
    word = func.unnest(bindparam("words", type_=ARRAY(Text))).column_valued("word")
    query = cast("'" + word + "'", TSQUERY)
    return select(word).where(select(ENTRIES.c.ticket_id).where(_has(ENTRIES, query)).exists())


@built_once(maxsize=1)
def find_newest_entries() -> AnySelect:
    ids = func.unnest(bindparam("ticket_ids", type_=ARRAY(BigId))).table_valued(column("ticket_id", BigId), name="ids")
    ids = ids.render_derived()
    key = ENTRIES.c
    of_ticket = select(key.seq, key.words).where(key.ticket_id == ids.c.ticket_id, ~_is_subject(ENTRIES))
    # OFFSET 0: each ticket's entries are read from the newest on, and the index of words, with all tickets, is not.
    newest_first = of_ticket.order_by(key.seq.desc()).offset(0).correlate(ids).subquery()
    has_term = newest_first.c.words.bool_op("@@")(_term("any_term"))
    newest = select(newest_first.c.seq).where(has_term).limit(1).scalar_subquery()
    return select(ids.c.ticket_id, newest.label("seq"))


def _key(entry: Any) -> tuple[ColumnElement[Any], ...]:
    return entry.c.ticket_id, entry.c.seq, entry.c.part


def _is_subject(entry: Any) -> ColumnElement[bool]:
    return and_(entry.c.seq == SUBJECT_SEQ, entry.c.part == SUBJECT_PART)


def _term(name: str) -> ColumnElement[Any]:
    return cast(bindparam(name, type_=Text), TSQUERY)


def _has(entry: Any, term: ColumnElement[Any]) -> ColumnElement[bool]:
    has: ColumnElement[bool] = entry.c.words.bool_op("@@")(term)
    return has


def _has_all(entry: Any, term: ColumnElement[Any] | None, limits: Sequence[str]) -> ColumnElement[bool]:
    """Whether an entry has ``term`` and what the parameters ``limits`` name.

    Each is a condition of its own, because the index skips from one condition to the next entry that can meet another,
    and reads all entries of the rarest word of a single condition.
    """
    return and_(*(_has(entry, each) for each in (*map(_term, limits), *([] if term is None else [term]))))
