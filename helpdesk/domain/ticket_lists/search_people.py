"""People, organizations and tags that the team names in a search: by their names, addresses and slugs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, true

from helpdesk.database import transactions
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.ticket_lists.search_syntax import Term, parse_search_text
from helpdesk.domain.tickets import tag_names
from helpdesk.markup import search_words
from helpdesk.models.organization import Organization
from helpdesk.models.tag import Tag
from helpdesk.models.user import Role, User

MAX_PEOPLE = 300  # people, organizations and tags that one search stands for

_user, _organization, _tag = User.__table__, Organization.__table__, Tag.__table__


@dataclass(frozen=True)
class NamedPeople:
    """The ids of people, organizations and tags that some terms name, and the other terms."""

    people: list[int]
    organizations: list[int]
    tags: list[int]
    other_terms: tuple[Term, ...] = ()


def find_named(terms: Sequence[Term]) -> NamedPeople | None:
    """Find the people, organizations and tags that all of ``terms`` name together, else those that some do; or None."""
    whole = _find(terms)
    if whole is not None or len(terms) == 1:
        return whole
    naming = [term for term in terms if _find([term]) is not None]
    if not naming or len(naming) == len(terms):
        return None
    named = _find(naming)
    if named is None:
        return None
    others = tuple(term for term in terms if term not in naming)
    return NamedPeople(named.people, named.organizations, named.tags, others)


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


def _find(terms: Sequence[Term]) -> NamedPeople | None:
    organizations = _ids(select(_organization.c.id).where(_names(_organization.c.search_words, terms)))
    whole = _user.c.search_words + _organization.c.search_words
    joined = _user.join(_organization, _organization.c.id == _user.c.organization_id)
    named = and_(_names(whole, terms), _user.c.organization_id.not_in(organizations) if organizations else true())
    people = _ids(select(_user.c.id).select_from(joined).where(named))
    tags = _ids(select(_tag.c.id).where(_names(_tag.c.search_words, terms)))
    return NamedPeople(people, organizations, tags) if people or organizations or tags else None


def _names(column: ColumnElement[str], terms: Sequence[Term]) -> ColumnElement[bool]:
    """Whether ``column``, made by ``search_words.join_words``, has every one of ``terms``; never without terms."""
    conditions: list[Any] = []
    for term in terms:
        conditions += [or_(*map(column.like, term.name_filters))] if term.name_filters else []
        conditions.append(or_(*map(column.like, _name_patterns(term))))
    return and_(*conditions) if conditions else _user.c.id < 0


def _name_patterns(term: Term) -> list[str]:
    words = term.name_patterns or [
        " ".join(tokens) for tokens in term.alternatives if not search_words.is_of_compounds(tokens[0])
    ]
    return [f"% {word}{'' if term.is_prefix else ' '}%" for word in words]


def _ids(query: Any) -> list[int]:
    return list(transactions.execute_core(query.limit(MAX_PEOPLE)).scalars().all())
