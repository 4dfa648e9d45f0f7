"""Full-text search of tickets.

Every word of a search must be the beginning of a word in the ticket's subject, messages, answers or names of files;
words inside scripts without spaces are found as well, and a word with one typo where nothing else is found. Notes and
answers that only the team sees are searched for the team only. The team also finds tickets by their tags, and
by the people and the organization they are of. ``search_syntax`` reads the text, ``search_candidates`` asks the index.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from sqlalchemy import Subquery

from helpdesk.database import pagination, transactions
from helpdesk.domain.ticket_lists import (
    newest_tickets,
    search_candidates,
    search_conditions,
    search_excerpts,
    search_matches,
    search_people,
    search_typos,
)
from helpdesk.domain.ticket_lists.search_conditions import SEARCH_CONDITIONS as SEARCH_CONDITIONS
from helpdesk.domain.ticket_lists.search_excerpts import SearchExcerpt as SearchExcerpt
from helpdesk.domain.ticket_lists.search_request import MAX_CANDIDATES, Candidates, Search
from helpdesk.domain.ticket_lists.search_syntax import Term, parse_search_text
from helpdesk.domain.ticket_lists.search_syntax import parse_ticket_number as parse_ticket_number
from helpdesk.extensions import db
from helpdesk.models.user import User

NUMBER_RANK = -1_000  # of the ticket whose number was typed: before every other
NAMED_RANK = -1  # of a ticket whose requester or organization was named: as a word in the subject
MANY_FOUND = 100  # tickets that a search found, beyond which the unsolved ones are read to count them
BEST = 2  # times the size of a page are read to show its first one


@dataclass(frozen=True)
class SearchFilter:
    """A search as part of a query of tickets: a subquery to join, names of conditions, and the parameters of both.

    ``matches`` has the columns ``ticket_id`` and ``rank``, of which less is better; None if no words were typed. It has
    the tickets ``found``. ``terms`` is what was looked for; ``misspelt``: the typed word in which a typo was forgiven,
    "" if there is none. ``all_seen``: the reader may see all that was found; not known of a ticket's number.
    """

    matches: Subquery | None = None
    conditions: tuple[str, ...] = ()
    condition_values: dict[str, Any] = field(default_factory=dict)
    terms: tuple[Term, ...] = ()
    misspelt: str = ""
    found: Candidates = field(default_factory=dict)
    all_seen: bool = False

    @cached_property
    def values(self) -> dict[str, Any]:
        """The parameters of a query with it."""
        return self.condition_values | ({} if self.matches is None else search_matches.bind_matches(self.found))

    @cached_property
    def values_of_numbers(self) -> dict[str, Any]:
        """The parameters of a query that needs no ranks."""
        return self.condition_values | search_matches.bind_numbers(self.found)

    def fetch_best(
        self, query: pagination.PagedQuery, size: int, values: dict[str, Any], is_planned_anew: bool
    ) -> pagination.Page:
        """Fetch the first page of ``query``, which lists by rank all that was found.

        It is looked for among the best, which are sorted here: PostgreSQL would read and sort a thousand for it.
        """
        if len(self.found) > BEST * size:
            best = sorted(sorted(self.found, reverse=True), key=self.found.__getitem__)[: BEST * size]
            matches = search_matches.bind_matches({ticket_id: self.found[ticket_id] for ticket_id in best})
            bound = values | self.condition_values | matches
            page = query.fetch_page(None, size, bound, is_planned_anew)
            if page.next:
                return page
        return query.fetch_page(None, size, values | self.values, is_planned_anew)

    @property
    def is_planned_anew(self) -> bool:
        """Whether a query with it has to be planned for its values (see ``transactions.execute_core``).

        A plan for all values expects ten ``matches`` and few tickets of any requester, and compares each of one with
        each of the other: that took seconds.
        """
        return self.matches is not None or bool(self.conditions)


def build_search(user: User, text: str | None) -> SearchFilter:
    """Return the search for ``text``, for a query that is cached: one of two subqueries, and its parameter values.

    A page that lists and counts what was found searches once: in a read-only transaction the last search is kept.
    """
    if not text or not text.strip():
        return SearchFilter()
    session = db.session()
    key = (session.get_transaction(), user.id, text)
    if transactions.is_read_only() and session.info.get("last_search", (None,))[0] == key:
        kept: SearchFilter = session.info["last_search"][1]
        return kept
    found = _search(user, text)
    session.info["last_search"] = key, found
    return found


def _search(user: User, text: str) -> SearchFilter:
    read = parse_search_text(text)
    filters = search_conditions.read_filters(user, read)
    conditions = tuple(sorted(filters.values))
    terms = read.terms + filters.terms
    if conditions and not terms and read.number is None:
        return SearchFilter(None, conditions, filters.values)
    search, misspelt = Search(user, terms, conditions, filters.values), ""
    found = _find(search)
    if read.number is not None:
        found[read.number] = NUMBER_RANK
    elif terms and not found:
        found, terms, misspelt = _forgive_typo(search)
    matches, all_seen = search_matches.matches_subquery(), read.number is None
    return SearchFilter(matches, conditions, filters.values, terms, misspelt, found, all_seen)


def _forgive_typo(search: Search) -> tuple[Candidates, tuple[Term, ...], str]:
    """The tickets, terms and word of a search that found nothing, with one typo in its first word that is nowhere."""
    for place, term in enumerate(search.terms):
        variants = search_typos.list_variants(term)
        if not variants or (len(search.terms) > 1 and _find(Search(search.reader, (term,)))):
            continue
        varied = search_typos.vary_term(term, search_candidates.find_known_words(variants))
        terms = (*search.terms[:place], varied, *search.terms[place + 1 :])
        if found := _find(Search(search.reader, terms, search.conditions, search.values)):
            return found, tuple(each for each in terms if each.alternatives), term.text
        break
    return {}, search.terms, ""


def search_similar(user: User, text: str) -> SearchFilter:
    """Return a search for tickets that have one of the longer words of ``text``."""
    terms = tuple(term for term in parse_search_text(text).terms if term.is_telling)
    found = search_candidates.find_similar(Search(user, terms))
    return SearchFilter(search_matches.matches_subquery(), found=found)


def load_excerpts(
    user: User, found: SearchFilter, ticket_ids: list[int], shown: Mapping[int, tuple[str, str]] | None = None
) -> dict[int, SearchExcerpt]:
    """Return an excerpt by ticket id that shows where each ticket matches the search ``found``. Two queries.

    ``ticket_ids`` must be visible to ``user``. ``shown``: subject and excerpt of each ticket, which are read otherwise.
    """
    if not ticket_ids or not found.terms:
        return {}
    return search_excerpts.load_excerpts(user, found.terms, ticket_ids, shown)


def _find(search: Search) -> Candidates:
    if not search.reader.is_team or not search.terms:
        return search_candidates.find_candidates(search)
    named = search_people.find_named(search.terms)
    search = replace(search, newest=named.newest)
    found = search_candidates.find_candidates(search)
    if named.is_nobody:
        return found
    for ticket_id in _find_of_named(search, named):
        found[ticket_id] = min(NAMED_RANK, found.get(ticket_id, 0))
    return dict(sorted(found.items(), reverse=True)[:MAX_CANDIDATES])


def _find_of_named(search: Search, named: search_people.NamedPeople) -> Iterable[int]:
    """The newest tickets of the people, organizations and tags that were named, with the other words."""
    found_by = ("search_from", named.people), ("search_org", named.organizations), ("search_tag", named.tags)
    for condition, ids in found_by:
        if not ids or condition in search.conditions:
            continue
        if named.other_terms:
            conditions, values = (*search.conditions, condition), search.values | {condition: ids}
            others = replace(search, terms=named.other_terms, conditions=conditions, values=values)
            yield from search_candidates.find_candidates(others)
        else:
            yield from newest_tickets.list_newest(search.conditions, search.values, condition, ids)
