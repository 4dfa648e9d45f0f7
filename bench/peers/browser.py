"""A browser for any of the sites: cookies, one persistent connection, hidden fields of forms, and checked answers."""

import http.client
import re
import urllib.parse
from dataclasses import dataclass, field
from http.cookies import SimpleCookie

HIDDEN_FIELD_PATTERN = re.compile(r"<input\b[^>]*>", re.IGNORECASE)
ATTRIBUTE_PATTERN = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")


class WrongAnswerError(Exception):
    """A page that is not the one that was asked for: then what it cost says nothing."""


@dataclass(frozen=True)
class Answer:
    """Status, the path that was asked for, address of a redirect (or nothing) and text."""

    status: int
    path: str
    location: str
    text: str


@dataclass
class Browser:
    """One person at one site. Not for several threads at once."""

    address: str
    cookies: dict[str, str] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)  # hidden ones of the form that is sent
    connection: http.client.HTTPConnection | None = None

    def read(self, path: str, pattern: str, at_least: int = 1, headers: dict[str, str] | None = None) -> str:
        """The text at ``path``, which must be a page in which ``pattern`` occurs ``at_least`` so often."""
        answer = self.request("GET", path, headers=headers or {})
        found = len(re.findall(pattern, answer.text))
        if answer.status != 200 or found < at_least:
            raise WrongAnswerError(f"GET {path}: {answer.status}, {pattern!r} {found} times, {answer.location}")
        return answer.text

    def send(self, path: str, values: dict[str, str], expected: str) -> Answer:
        """POST a form; the redirect's address or the page must match ``expected``."""
        body = urllib.parse.urlencode(values)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.address}
        answer = self.request("POST", path, body, headers | {"Referer": self.address + path})
        if answer.status not in (200, 302, 303) or not re.search(expected, answer.location or answer.text):
            raise WrongAnswerError(f"POST {path}: {answer.status}, {answer.location}: {answer.text[:300]!r}")
        return answer

    def request(self, method: str, path: str, body: str | None = None, headers: dict[str, str] | None = None) -> Answer:
        """One request; redirects are not followed."""
        if self.connection is None:
            self.connection = http.client.HTTPConnection(self.address.partition("//")[2], timeout=60)
        sent = {"User-Agent": "Mozilla/5.0 (bench)", "Cookie": "; ".join(f"{n}={v}" for n, v in self.cookies.items())}
        try:
            self.connection.request(method, path, body, sent | (headers or {}))
            response = self.connection.getresponse()
            text = response.read().decode("utf-8", "replace")
        except (http.client.HTTPException, OSError):
            self.close()
            raise
        for header in response.headers.get_all("Set-Cookie", ()):
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(header).items()}
        return Answer(response.status, path, response.headers.get("Location", ""), text)

    def close(self) -> None:
        """Close the persistent connection."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def read_hidden_fields(page: str) -> dict[str, str]:
    """The names and values of the hidden fields of ``page``; of those with one name the last."""
    found = {}
    for tag in HIDDEN_FIELD_PATTERN.findall(page):
        attributes = {name.lower(): double or single for name, double, single in ATTRIBUTE_PATTERN.findall(tag)}
        if attributes.get("type", "").lower() == "hidden" and attributes.get("name"):
            found[attributes["name"]] = attributes.get("value", "")
    return found
