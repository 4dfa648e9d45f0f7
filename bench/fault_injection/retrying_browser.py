"""A person's browser: follows forms, keeps its cookies, tries again after a 503 or a lost line, and writes down every answer."""

import re
import time
from html import unescape
from urllib.parse import urlsplit

import requests

from bench.fault_injection import scenario
from bench.fault_injection.journal import Journal, RecordedResponse

HIDDEN_INPUT_PATTERN = re.compile(r'<input[^>]*type="hidden"[^>]*>')
NAME_PATTERN, VALUE_PATTERN = re.compile(r'name="([^"]*)"'), re.compile(r'value="([^"]*)"')
TIMEOUT_SECONDS = 40  # seconds


class RetryingBrowser:
    """One signed-in person. ``accepts`` decides which words may be shown to them: customers read only their own company's."""

    def __init__(self, portal: str, person: scenario.Person, people: dict, ledger: Journal):
        self.portal = portal
        self.person = person
        self.ledger = ledger
        self.web = requests.Session()
        host = urlsplit(portal).hostname
        self.web.cookies.set(people["cookie_name"], people["cookies"][person.email], domain=host, path="/")

    def another(self) -> "RetryingBrowser":
        """A second line of the same browser, for requests at the same time."""
        twin = object.__new__(RetryingBrowser)
        twin.__dict__ = dict(self.__dict__)
        twin.web = requests.Session()
        twin.web.cookies.update(self.web.cookies)
        return twin

    def get(self, path: str) -> requests.Response | None:
        """The page, or None when the line broke."""
        return self._ask("GET", path)

    def post(self, path: str, fields: dict) -> requests.Response | None:
        """The answer, not followed, or None when the line broke."""
        return self._ask("POST", path, fields)

    def page(self, path: str, until: float) -> requests.Response | None:
        """A page that is there (200), tried until the time ``until``."""
        while time.monotonic() < until:
            answer = self.get(path)
            if answer is not None and answer.status_code == 200:
                return answer
            time.sleep(0.5)
        return None

    def send(self, path: str, fields: dict, until: float) -> tuple[requests.Response, float, float] | None:
        """Post the same form again and again until it is accepted or refused for good; None after ``until``.

        Gives the answer and when its request began and ended.
        """
        while time.monotonic() < until:
            began = time.monotonic()
            answer = self.post(path, fields)
            if answer is not None and answer.status_code < 500:
                return answer, began, time.monotonic()
            time.sleep(0.7)
        return None

    def _ask(self, method: str, path: str, fields: dict | None = None) -> requests.Response | None:
        began = time.monotonic()
        try:
            answer = self.web.request(
                method, self.portal + path, data=fields, allow_redirects=False, timeout=TIMEOUT_SECONDS
            )
        except requests.RequestException:
            self.ledger.broken += 1
            return None
        now = time.monotonic()
        retry_after = answer.headers.get("Retry-After", "")
        self.ledger.answer(RecordedResponse(now, began, method, path, answer.status_code, retry_after))
        self._look_for_foreign_words(path, answer.text)
        return answer

    def _look_for_foreign_words(self, path: str, text: str) -> None:
        mine = self.person.company
        if mine:
            strange = {word for word in scenario.find_words(text) if scenario.get_owner(word) != mine}
            if strange:
                self.ledger.foreign.append(f"{self.person.email} read {sorted(strange)} at {path}")


def parse_hidden_fields(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the form on ``page`` whose action is ``action``."""
    start = page.index(f'action="{action}"')
    form = page[start : page.index("</form>", start)]
    fields = {}
    for tag in HIDDEN_INPUT_PATTERN.findall(form):
        name, value = NAME_PATTERN.search(tag), VALUE_PATTERN.search(tag)
        fields[name[1]] = unescape(value[1]) if value else ""
    return fields
