"""The tickets that a search may list: their numbers, newest first, with how well each matches.

A ticket has several entries in the index, and each term of a search may be in another one. At most MAX_CANDIDATES
tickets are listed.
"""

from types import ModuleType

from helpdesk.domain.people import permissions
from helpdesk.domain.ticket_lists import search_postgresql, search_sqlite
from helpdesk.domain.ticket_lists.search_request import Candidates, Search
from helpdesk.extensions import db


def find_candidates(search: Search) -> Candidates:
    """Return the newest tickets that have every term and that the reader may see, the newest first.

    The rank of each is the negative number of terms in its subject.
    """
    if search.scope == permissions.Visibility.nothing or not search.terms:
        return {}
    if not all(term.alternatives for term in search.terms):
        return {}
    found: Candidates = _dialect_module().find_candidates(search)
    return found


def find_similar(search: Search) -> Candidates:
    """Return tickets that have one of the rarest of the terms."""
    if search.scope == permissions.Visibility.nothing or not search.terms:
        return {}
    found: Candidates = _dialect_module().find_similar(search)
    return found


def find_places(search: Search, ticket_ids: list[int]) -> list[tuple[int, int]]:
    """Return (ticket id, number in its timeline) of the newest message of each ticket that has one of the terms.

    The number is 0 where only an answer has one; a ticket where only the subject has is left out.
    """
    if not search.terms or not ticket_ids:
        return []
    found: list[tuple[int, int]] = _dialect_module().find_places(search, ticket_ids)
    return found


def find_known_words(words: list[str]) -> list[str]:
    """Return those of ``words``, of any number, that the index has as whole words. One statement."""
    found: list[str] = _dialect_module().find_known_words(words)
    return found


def _dialect_module() -> ModuleType:
    return search_sqlite if db.session.get_bind().dialect.name == "sqlite" else search_postgresql
