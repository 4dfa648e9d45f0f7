"""The product itself, as it is served: its web processes with PostgreSQL and Redis."""

import html
import re
import secrets

from bench import load
from bench.environment import BenchEnvironment
from bench.peers import corpus as tickets_of
from bench.peers.browser import Answer, Browser, WrongAnswerError, read_hidden_fields
from bench.peers.corpus import COMMON_WORD, RARE_WORD, Corpus
from bench.peers.sites import Case, Counts, Site
from helpdesk.demo import personas

NAME = "ours"
AGENT = personas.AGENTS[2].email
ROW = r'id="ticket-\d+"'
MESSAGE = r'id="message-\d+"'
EARLIER_PATTERN = re.compile(r'hx-get="(/tickets/\d+/earlier\?[^"]+)"')
PAGES_ON = 20
REPLY = "Thank you. We will *look* at it tomorrow."


class Product(Site):
    """A running ``helpdesk serve``."""

    name = NAME

    def __init__(self, environment: BenchEnvironment):
        super().__init__()
        self.environment = environment

    def start(self) -> None:
        """Do nothing: the environment has been started."""

    def fill(self, corpus: Corpus, agent_email: str) -> None:
        """Keep the corpus, which was read from here."""
        self.corpus = corpus

    def sign_in(self, role: str) -> Browser:
        email = AGENT
        if role != "agent":
            with self.environment.app.app_context():
                id = self.corpus.filer if role == "filer" else self.corpus.reader
                email = tickets_of.find_customer_email(id)
        name, _, value = self.environment.cookie(email).partition("=")
        browser = Browser(self.environment.portal, {name: value})
        browser.fields = read_hidden_fields(browser.read("/tickets/new?form=default", "csrf_token"))
        return browser

    def make_cases(self) -> dict[str, Case]:
        corpus, common, rare = self.corpus, COMMON_WORD, RARE_WORD
        deep = load.get_later_page(self.environment.browser(AGENT), "/desk?view=all", PAGES_ON)
        return {
            "list, customer": Case("customer", lambda who, _: who.read("/tickets", ROW, 25)),
            "list, agent": Case("agent", lambda who, _: who.read("/desk?view=open", ROW, 25)),
            "deep page": Case("agent", lambda who, _: who.read(deep, ROW, 25)),
            "ticket of 5, customer": Case("customer", lambda who, _: who.read(f"/tickets/{corpus.short}", MESSAGE, 5)),
            "ticket of 5, agent": Case("agent", lambda who, _: who.read(f"/tickets/{corpus.short}", MESSAGE, 5)),
            "ticket of 100, customer": Case("customer", lambda who, _: who.read(f"/tickets/{corpus.long}", MESSAGE)),
            "ticket of 100, agent": Case("agent", lambda who, _: who.read(f"/tickets/{corpus.long}", MESSAGE)),
            "all of 100, customer": Case("customer", lambda who, _: read_whole(who, corpus.long, 100)),
            "all of 100, agent": Case("agent", lambda who, _: read_whole(who, corpus.long, 100)),
            "search rare, customer": Case("customer", lambda who, _: who.read(f"/tickets?q={rare}", ROW, 3)),
            "search rare, agent": Case("agent", lambda who, _: who.read(f"/desk?view=all&q={rare}", ROW, 3)),
            "search common, customer": Case("customer", lambda who, _: who.read(f"/tickets?q={common}", ROW, 5)),
            "search common, agent": Case("agent", lambda who, _: who.read(f"/desk?view=all&q={common}", ROW, 25)),
            "filing": Case("filer", file, adds=(1, 1)),
            "reply, customer": Case(
                "customer", lambda who, place: reply(who, corpus.customer_answered, place), adds=(0, 1)
            ),
            "reply, agent": Case("agent", lambda who, place: reply(who, corpus.agent_answered, place), adds=(0, 1)),
            "reply on 100, agent": Case(
                "agent", lambda who, place: reply(who, corpus.long_answered, place), adds=(0, 1)
            ),
        }

    def count(self) -> Counts:
        from sqlalchemy import text

        from helpdesk.extensions import db

        with self.environment.app.app_context():
            query = text("SELECT (SELECT count(*) FROM tickets), (SELECT count(*) FROM messages)")
            found = db.session.execute(query).one()
            db.session.remove()
        return found[0], found[1]

    def list_app_pids(self) -> list[int]:
        return [self.environment.children["web"].pid]

    def list_database_pids(self) -> list[int]:
        return [self.environment.postgres.pid, self.environment.children["redis"].pid]

    def describe(self) -> str:
        return f"ours: {self.environment.web_processes} web processes, PostgreSQL, Redis"

    def stop(self) -> None:
        """Do nothing: the environment ends by itself."""


def read_whole(who: Browser, id: int, messages: int) -> None:
    """A ticket's page, and the earlier messages that it leaves out until somebody opens them."""
    page = who.read(f"/tickets/{id}", MESSAGE)
    found = len(re.findall(MESSAGE, page))
    while earlier := EARLIER_PATTERN.search(page):
        page = who.read(html.unescape(earlier[1]), MESSAGE, headers={"HX-Request": "true"})
        found += len(re.findall(MESSAGE, page))
    if found < messages:
        raise WrongAnswerError(f"/tickets/{id} and its earlier messages show {found} of {messages}")


def file(who: Browser, place: int) -> Answer:
    """File a ticket by the default form."""
    values = {"form": "default", "subject": f"Load {place}", "body": "It **beeps** all day."}
    return _send(who, "/tickets", values, r"/tickets/\d+")


def reply(who: Browser, tickets: list[int], place: int) -> Answer:
    """Reply on one of ``tickets``."""
    id = tickets[place % len(tickets)]
    return _send(who, f"/tickets/{id}/replies", {"body": REPLY}, rf"/tickets/{id}\b")


def _send(who: Browser, path: str, values: dict[str, str], expected: str) -> Answer:
    token = who.fields["csrf_token"]
    return who.send(path, {"csrf_token": token, "form_token": secrets.token_hex(16), **values}, expected)
