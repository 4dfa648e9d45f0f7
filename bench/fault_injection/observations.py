"""What Slack, the mail server and the portal's pages show, in the shape the verifier needs."""

import re
from collections import defaultdict
from dataclasses import dataclass

from bench.fault_injection import expectations, scenario
from bench.fault_injection.journal import LOST, NOTE, Journal
from bench.fault_injection.retrying_browser import RetryingBrowser

MESSAGE_PATTERN = re.compile(r'<article\s+class="message[^>]*data-kind="(reply|note)".*?</article>', re.DOTALL)
NEXT_PAGE_PATTERN = re.compile(r'href="(/tickets\?[^"]*after=[^"]*)"')
EARLIER_PAGE_PATTERN = re.compile(r'href="(/tickets/\d+/earlier\?before=\d+)"')
FOLDED_PLACE = 'id="earlier-messages"'
TICKET_ROW_PATTERN = re.compile(r'<li\s+class="row[^"]*"\s+id="ticket-(\d+)".*?</li>', re.DOTALL)


@dataclass(frozen=True)
class ShownMessage:
    """One message on a ticket's page."""

    word: str
    kind: str


class SlackObservations:
    """Slack's messages by channel, in the order of their timestamps."""

    def __init__(self, channels: dict[str, list[dict]]):
        self.channels = {id: sorted(messages, key=lambda m: float(m["ts"])) for id, messages in channels.items()}

    def find_containing(self, channel: str, word: str) -> list[dict]:
        return [message for message in self.channels.get(channel, ()) if word in message["words"]]

    def root(self, channel: str, subject: str) -> str | None:
        """The timestamp of the card of the ticket with this subject's word."""
        for message in self.channels.get(channel, ()):
            if message["ours"] and message["root"] == message["ts"] and subject in message["title"]:
                return message["ts"]
        return None

    def thread(self, channel: str, root: str) -> list[dict]:
        return [message for message in self.channels[channel] if message["root"] == root and message["ts"] != root]


class MailObservations:
    """Mails by the message they are about: the first word that is no ticket's subject."""

    def __init__(self, mails: list[dict], subjects: set[str]):
        self.all = mails
        self.about: dict[str, list[dict]] = defaultdict(list)
        for mail in mails:
            word = next((word for word in mail["words"] if word not in subjects), None)
            if word:
                self.about[word].append(mail)

    def list_for(self, address: str, word: str) -> list[dict]:
        return [mail for mail in self.about[word] if address in mail["to"]]


class PageObservations:
    """The portal's pages: each ticket as an agent and as a customer of its organization see it, and the lists."""

    def __init__(self, journal: Journal, browsers: dict[str, RetryingBrowser], until: float):
        agent = browsers[scenario.AGENTS[-1].email]
        self.complete = True
        self.team: dict[str, list[ShownMessage]] = {}
        self.customers: dict[str, list[ShownMessage]] = {}
        self.lists: dict[str, list[str]] = {}
        for ticket in journal.list_filed():
            customer = browsers[f"person1@{ticket.organization}.example"]
            self.team[ticket.subject] = self._read_ticket(agent, ticket.number, until)
            self.customers[ticket.subject] = self._read_ticket(customer, ticket.number, until)
        for company in scenario.COMPANIES:
            self.lists[company.key] = self._list(browsers[f"person1@{company.key}.example"], until)

    def _read_ticket(self, browser: RetryingBrowser, number: int, until: float) -> list[ShownMessage]:
        shown, complete = read_ticket(browser, number, until)
        self.complete &= complete
        return shown

    def _list(self, browser: RetryingBrowser, until: float) -> list[str]:
        """The words of each row, over all pages of the list."""
        rows, path, seen = [], "/tickets", set()
        while path and path not in seen:
            seen.add(path)
            page = browser.page(path, until)
            if page is None:
                self.complete = False
                break
            rows += [
                " ".join(sorted(set(scenario.find_words(row[0])))) for row in TICKET_ROW_PATTERN.finditer(page.text)
            ]
            more = [found.replace("&amp;", "&") for found in NEXT_PAGE_PATTERN.findall(page.text)]
            path = next((address for address in more if address not in seen), None)
        return rows


def read_ticket(browser: RetryingBrowser, number: int, until: float) -> tuple[list[ShownMessage], bool]:
    """The messages on a ticket's page, and whether all of it could be read."""
    page = browser.page(f"/tickets/{number}", until)
    if page is None:
        return [], False
    start, _, end = page.text.partition(FOLDED_PLACE)
    parts, earlier, complete = [end], EARLIER_PAGE_PATTERN.search(end), True
    while earlier is not None:
        more = browser.page(earlier[1], until)
        if more is None:
            complete = False
            break
        parts.insert(0, more.text)
        earlier = EARLIER_PAGE_PATTERN.search(more.text)
    shown = [
        ShownMessage(word, found[1])
        for text in (start, *parts)
        for found in MESSAGE_PATTERN.finditer(text)
        for word in sorted(set(scenario.find_words(found[0])))
    ]
    return shown, complete


def list_unheard(journal: Journal, browsers: dict[str, RetryingBrowser], until: float) -> list[str]:
    """The words that were typed in Slack, are not on their ticket's page, and of which nothing but Slack tells.

    These are notes, and whatever was lost with a primary.
    """
    agent, typed = browsers[scenario.AGENTS[-1].email], defaultdict(set)
    for message in journal.messages:
        if message.via != "slack" or not message.accepted:
            continue
        is_former = expectations.is_typed_in_former_channel(message, journal.tickets[message.ticket])
        if (message.outcome == LOST or (message.kind == NOTE and not message.outcome)) and not is_former:
            typed[message.ticket].add(message.word)
    unheard: list[str] = []
    for ticket in journal.list_filed():
        if words := typed.get(ticket.subject):
            shown, _ = read_ticket(agent, ticket.number, until)
            unheard += sorted(words - {one.word for one in shown})
    return unheard
