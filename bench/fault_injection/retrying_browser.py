"""A simulated user's browser: cookies, forms, retries after a 503 or a lost connection; records every response."""

import re
import time
from html import unescape
from urllib.parse import urlsplit

import requests

from bench.fault_injection import scenario
from bench.fault_injection.journal import Journal, RecordedResponse

HIDDEN_INPUT_PATTERN = re.compile(r'<input[^>]*type="hidden"[^>]*>')
NAME_PATTERN, VALUE_PATTERN = re.compile(r'name="([^"]*)"'), re.compile(r'value="([^"]*)"')
TIMEOUT_SECONDS = 40


class RetryingBrowser:
    """One signed-in person. Words of another company shown to a customer are recorded as foreign words."""

    def __init__(self, portal: str, person: scenario.Person, people: dict, journal: Journal):
        self.portal = portal
        self.person = person
        self.journal = journal
        self.web = requests.Session()
        host = urlsplit(portal).hostname
        self.web.cookies.set(people["cookie_name"], people["cookies"][person.email], domain=host, path="/")

    def clone(self) -> "RetryingBrowser":
        """A second session of the same browser, for simultaneous requests."""
        copy = object.__new__(RetryingBrowser)
        copy.__dict__ = dict(self.__dict__)
        copy.web = requests.Session()
        copy.web.cookies.update(self.web.cookies)
        return copy

    def get(self, path: str) -> requests.Response | None:
        """The page, or None when the connection broke."""
        return self._request("GET", path)

    def post(self, path: str, fields: dict) -> requests.Response | None:
        """The response, without following a redirect, or None when the connection broke."""
        return self._request("POST", path, fields)

    def page(self, path: str, until: float) -> requests.Response | None:
        """A page that is there (200), tried until the time ``until``; None at once where it may not be seen (404)."""
        while time.monotonic() < until:
            response = self.get(path)
            if response is not None and response.status_code == 404:
                return None
            if response is not None and response.status_code == 200:
                return response
            time.sleep(0.5)
        return None

    def send(self, path: str, fields: dict, until: float) -> tuple[requests.Response, float, float] | None:
        """Post the same form again and again until it is accepted or refused for good; None after ``until``.

        Returns the response and when its request started and ended.
        """
        while time.monotonic() < until:
            started_at = time.monotonic()
            response = self.post(path, fields)
            if response is not None and response.status_code < 500:
                return response, started_at, time.monotonic()
            time.sleep(0.7)
        return None

    def _request(self, method: str, path: str, fields: dict | None = None) -> requests.Response | None:
        started_at = time.monotonic()
        try:
            response = self.web.request(
                method, self.portal + path, data=fields, allow_redirects=False, timeout=TIMEOUT_SECONDS
            )
        except requests.RequestException:
            self.journal.broken_connections += 1
            return None
        now = time.monotonic()
        retry_after = response.headers.get("Retry-After", "")
        self.journal.add_response(RecordedResponse(now, started_at, method, path, response.status_code, retry_after))
        self._record_foreign_words(path, response.text, started_at)
        return response

    def _record_foreign_words(self, path: str, text: str, started_at: float) -> None:
        company = self.person.company
        if company:
            foreign = {word for word in scenario.find_words(text) if not self._may_read(company, word, started_at)}
            if foreign:
                self.journal.foreign_words.append(f"{self.person.email} read {sorted(foreign)} at {path}")

    def _may_read(self, company: str, word: str, started_at: float) -> bool:
        ticket = self.journal.find_ticket(word)
        readers = ticket.list_readers(started_at) if ticket is not None else {scenario.get_owner(word)}
        return company in readers


def parse_hidden_fields(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the last form on ``page`` with the action ``action``, itself or at one of its buttons."""
    start = page.rindex("<form", 0, page.rindex(f'action="{action}"'))
    form = page[start : page.index("</form>", start)]
    fields = {}
    for tag in HIDDEN_INPUT_PATTERN.findall(form):
        name, value = NAME_PATTERN.search(tag), VALUE_PATTERN.search(tag)
        fields[name[1]] = unescape(value[1]) if value else ""
    return fields
