"""What every site can do, so that they are measured alike."""

import abc
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from bench.peers.browser import Browser
from bench.peers.corpus import Corpus

Counts = tuple[int, int]  # tickets, messages

CASES = (
    "list, customer",
    "list, agent",
    "deep page",
    "ticket of 5, customer",
    "ticket of 5, agent",
    "ticket of 100, customer",
    "ticket of 100, agent",
    "all of 100, customer",
    "all of 100, agent",
    "search rare, customer",
    "search rare, agent",
    "search common, customer",
    "search common, agent",
    "filing",
    "reply, customer",
    "reply, agent",
    "reply on 100, agent",
)
WRITES = ("filing", "reply, customer", "reply, agent", "reply on 100, agent")
PAGE_AFTER = " + its page"
ALL_CASES = (*CASES, *(name + PAGE_AFTER for name in WRITES))
ROLES = ("customer", "filer", "agent")


@dataclass(frozen=True)
class Case:
    """What somebody asks for: ``ask(browser, place)`` checks its answer; ``prepare`` before, uncounted.

    ``adds``: tickets and messages that each request adds.
    """

    role: str
    ask: Callable[[Browser, int], Any]
    adds: Counts = (0, 0)
    prepare: Callable[[Browser, int], object] | None = None


def follow(case: Case) -> Case:
    """The same with the page that the answer leads to: some answer with a redirect, others with the page itself."""

    def ask(who: Browser, place: int) -> None:
        answer = case.ask(who, place)
        if answer.location:
            found = urllib.parse.urlsplit(urllib.parse.urljoin(answer.path, answer.location))
            who.read(f"{found.path}?{found.query}", "<html")

    return replace(case, ask=ask)


class Site(abc.ABC):
    """A running help desk with its database."""

    name = ""

    def __init__(self) -> None:
        self.people: dict[str, list[Browser]] = {}
        self.cases: dict[str, Case] = {}

    def open_browsers(self, counts: dict[str, int]) -> None:
        """Sign in so often in each role, and make the cases."""
        self.people = {role: [self.sign_in(role) for _ in range(counts[role])] for role in ROLES}
        self.cases = self.make_cases()
        for name in WRITES:
            if name in self.cases:
                self.cases[name + PAGE_AFTER] = follow(self.cases[name])

    @abc.abstractmethod
    def start(self) -> None:
        """Start its servers, with an empty database."""

    @abc.abstractmethod
    def fill(self, corpus: Corpus, agent_email: str) -> None:
        """Insert the corpus."""

    @abc.abstractmethod
    def sign_in(self, role: str) -> Browser:
        """A browser of one of ``ROLES``."""

    @abc.abstractmethod
    def make_cases(self) -> dict[str, Case]:
        """What can be asked of it, by the names in ``CASES``; what it cannot do is left out."""

    @abc.abstractmethod
    def count(self) -> Counts:
        """How many tickets and messages its database has."""

    @abc.abstractmethod
    def list_app_pids(self) -> list[int]:
        """The first processes of the application's servers."""

    @abc.abstractmethod
    def list_database_pids(self) -> list[int]:
        """The first processes of the databases."""

    @abc.abstractmethod
    def describe(self) -> str:
        """Versions and settings, in a line."""

    @abc.abstractmethod
    def stop(self) -> None:
        """End its processes."""
