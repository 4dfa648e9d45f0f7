"""People, organizations and tags that the team names in a search: by their names, addresses and slugs."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Text,
    and_,
    bindparam,
    literal,
    or_,
    select,
    union_all,
)

from helpdesk.database import kept_plan, transactions
from helpdesk.database.built_once import built_once
from helpdesk.database.sql_functions import has_text, may_have_words
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.ticket_lists.search_estimates import NEWEST_TICKET
from helpdesk.domain.ticket_lists.search_syntax import Term, parse_search_text
from helpdesk.domain.tickets import tag_names
from helpdesk.markup import search_words
from helpdesk.models.organization import Organization
from helpdesk.models.tag import Tag
from helpdesk.models.user import Role, User

MAX_PEOPLE = 300  # people, organizations and tags that one search stands for
_MOST = kept_plan.fixed_limit(MAX_PEOPLE)
Patterns = Sequence[Any]  # texts, or parameters

_user, _organization, _tag = User.__table__, Organization.__table__, Tag.__table__


@dataclass(frozen=True)
class NamedPeople:
    """The ids of people, organizations and tags that some terms name, and the other terms.

    ``newest``: the number of the newest ticket, which the same statement reads for the search of the terms.
    """

    people: Sequence[int] = ()
    organizations: Sequence[int] = ()
    tags: Sequence[int] = ()
    other_terms: tuple[Term, ...] = ()
    newest: int = 0

    @property
    def is_nobody(self) -> bool:
        """Whether nobody and nothing was named."""
        return not (self.people or self.organizations or self.tags)


def find_named(terms: Sequence[Term]) -> NamedPeople:
    """Find the people, organizations and tags that all of ``terms`` name together, else those that some do."""
    whole = _find(terms)
    if len(terms) == 1 or not whole.is_nobody:
        return whole
    naming = [term for term in terms if not _find([term]).is_nobody]
    if not naming or len(naming) == len(terms):
        return whole
    return replace(_find(naming), other_terms=tuple(term for term in terms if term not in naming))


def find_requesters(reader: User, text: str) -> list[int]:
    """The ids of the people whom ``text`` names; for a customer those of their organization."""
    condition = _names(_user.c.search_words, parse_search_text(text).terms)
    query = select(_user.c.id).where(condition)
    if not reader.is_team:
        query = query.where(_user.c.organization_id == reader.organization_id)
    return _ids(query)


def find_agents(text: str) -> list[int]:
    """The ids of the members of the team whom ``text`` names."""
    condition = _names(_user.c.search_words, parse_search_text(text).terms)
    return _ids(select(_user.c.id).where(condition, _user.c.role != Role.requester))


def find_organizations(text: str) -> list[int]:
    """The ids of the organizations that ``text`` names."""
    return _ids(select(_organization.c.id).where(_names(_organization.c.search_words, parse_search_text(text).terms)))


def find_tags(text: str) -> list[int]:
    """The ids of the tags with the names in ``text``, which are separated by commas."""
    try:
        names = tag_names.split_names(text)
    except ValidationError:
        return []
    return _ids(select(_tag.c.id).where(_tag.c.name.in_(names)))


def _find(terms: Sequence[Term]) -> NamedPeople:
    """Find whom and what all of ``terms`` name together. One query."""
    shapes = tuple((len(_name_patterns(term)), len(term.name_filters)) for term in terms)
    patterns = [pattern for term in terms for pattern in (*_name_patterns(term), *term.name_filters)]
    values = {f"pattern_{place}": pattern for place, pattern in enumerate(patterns)} | {"words": _words_query(terms[0])}
    found: dict[str, list[int]] = {"person": [], "organization": [], "tag": [], "newest": []}
    for kind, id in transactions.execute_core(_named_query(shapes), values):
        found[kind].append(id)
    newest = next(iter(found["newest"]), 0)
    return NamedPeople(found["person"], found["organization"], found["tag"], newest=newest)


@built_once(maxsize=200)
def _named_query(shapes: tuple[tuple[int, int], ...]) -> CompoundSelect[tuple[str, int]]:
    """Build the query of organizations, other people and tags that terms name, and of the newest ticket; cached.

    ``shapes``: how many patterns each term has, and how many filters; its parameters are all of them in this order.
    """
    numbers, keeps_plan = itertools.count(), not any(filters for _, filters in shapes)
    terms = [
        tuple([_text_parameter(f"pattern_{next(numbers)}", keeps_plan) for _ in range(size)] for size in shape)
        for shape in shapes
    ]
    organizations = select(_organization.c.id).where(*(_has(_organization.c.search_words, *term) for term in terms))
    named = organizations.limit(_MOST).cte("named")
    people = select(_user.c.id).where(
        _user.c.organization_id.is_not(None), _user.c.organization_id.not_in(select(named.c.id))
    )
    if not keeps_plan:
        people = people.join(_organization, _organization.c.id == _user.c.organization_id)
    people = people.where(*(_has_together(patterns, filters, len(terms) == 1) for patterns, filters in terms))
    tags = select(_tag.c.id).where(*(_has(_tag.c.search_words, *term) for term in terms))
    found = {
        "organization": named,
        "person": people.limit(_MOST).subquery(),
        "tag": tags.limit(_MOST).subquery(),
        "newest": NEWEST_TICKET.subquery(),
    }
    return union_all(*(select(literal(kind), each.c.id) for kind, each in found.items()))


def _text_parameter(name: str, keeps_plan: bool) -> ColumnElement[Any]:
    """A parameter; if one plan is to be kept for all values, PostgreSQL does not see its value when it plans."""
    parameter: ColumnElement[Any] = bindparam(name, type_=Text)
    return select(parameter).scalar_subquery() if keeps_plan else parameter


def _has(column: ColumnElement[str], patterns: Patterns, filters: Patterns) -> ColumnElement[bool]:
    """Whether ``column``, made by ``search_words.join_words``, has a term: one of ``patterns``.

    If there are ``filters``, these and the patterns are for LIKE; else a pattern is looked for as it is, which takes
    PostgreSQL two thirds of the time.
    """
    if not filters:
        return or_(*(has_text(column, pattern) for pattern in patterns))
    return and_(*(or_(*map(column.like, each)) for each in (filters, patterns)))


def _has_together(patterns: Patterns, filters: Patterns, is_only_term: bool) -> ColumnElement[bool]:
    """Whether a person or their organization has a term; of an only one, those with the organization are left out."""
    if filters:  # a pattern with a typo may match where one ends and the other begins
        return _has(_user.c.search_words + _organization.c.search_words, patterns, filters)
    if is_only_term:
        has_words = may_have_words(_user.c.search_words, _text_parameter("words", keeps_plan=True))
        return and_(has_words, _has(_user.c.search_words, patterns, filters))
    of_term = select(_organization.c.id).where(_has(_organization.c.search_words, patterns, filters))
    return or_(_has(_user.c.search_words, patterns, filters), _user.c.organization_id.in_(of_term))


def _names(column: ColumnElement[str], terms: Sequence[Term]) -> ColumnElement[bool]:
    """Whether ``column``, made by ``search_words.join_words``, has every one of ``terms``; never without terms."""
    conditions = [_has(column, _name_patterns(term), term.name_filters) for term in terms]
    return and_(*conditions) if conditions else _user.c.id < 0


def _name_patterns(term: Term) -> list[str]:
    words = term.name_patterns or [
        " ".join(tokens) for tokens in term.alternatives if not search_words.is_of_compounds(tokens[0])
    ]
    patterns = [f" {word}{'' if term.is_prefix else ' '}" for word in words]
    return [f"%{pattern}%" for pattern in patterns] if term.name_filters else patterns


def _words_query(term: Term) -> str:
    """Return a tsquery that matches the words of whoever has one of the patterns of ``term``."""
    end = ":*" if term.is_prefix else ""
    found = (tokens for tokens in term.alternatives if not search_words.is_of_compounds(tokens[0]))
    return " | ".join("(" + " & ".join(f"'{token}'" for token in tokens) + f"{end})" for tokens in found)


def _ids(query: Any) -> list[int]:
    return list(transactions.execute_core(query.limit(MAX_PEOPLE)).scalars().all())
