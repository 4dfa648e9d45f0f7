"""A minimal browser for measuring: a cookie, a persistent connection, a CSRF token."""

import http.client
import re
import time
import urllib.parse

CSRF_TOKEN_PATTERN = re.compile(r'name="csrf_token"[^>]*?value="([^"]+)"')
FORM_TOKEN_PATTERN = re.compile(r'name="form_token"[^>]*?value="([^"]+)"')


class HttpResponse:
    """Status, headers and text of one response, and the seconds until its last byte."""

    def __init__(self, status: int, headers, text: str, elapsed: float):
        self.status, self.headers, self.text, self.elapsed_seconds = status, headers, text, elapsed


class HttpClient:
    """One person's browser. Not for several threads at once."""

    def __init__(self, portal: str, cookie: str, timeout: float = 30):
        self.address = urllib.parse.urlsplit(portal)
        self.portal, self.cookie, self.timeout = portal, cookie, timeout
        self.connection: http.client.HTTPConnection | None = None
        self.token = ""

    def get(self, path: str, **headers) -> HttpResponse:
        """One GET; redirects are not followed."""
        return self._request("GET", path, None, headers)

    def post(self, path: str, values: dict) -> HttpResponse:
        """One POST of a form as a plain browser sends it, with the CSRF token of the last page that had one."""
        body = urllib.parse.urlencode({"csrf_token": self.token, **values})
        return self._request(
            "POST", path, body, {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.portal}
        )

    def file(self, subject: str, body: str, form_token: str | None = None) -> HttpResponse:
        """File a ticket by the default form."""
        token = form_token or self.form_token("/tickets/new?form=default")
        return self.post("/tickets", {"form": "default", "subject": subject, "body": body, "form_token": token})

    def reply(self, number: int, body: str, form_token: str | None = None) -> HttpResponse:
        """Reply on a ticket."""
        token = form_token or self.form_token(f"/tickets/{number}")
        return self.post(f"/tickets/{number}/replies", {"body": body, "form_token": token})

    def form_token(self, path: str) -> str:
        """The form token on ``path``, which makes a form count once."""
        found = FORM_TOKEN_PATTERN.search(self.get(path).text)
        return found[1] if found else ""

    def stream(self, path: str):
        """An open live stream: the response to read lines from."""
        connection = http.client.HTTPConnection(self.address.hostname, self.address.port, timeout=90)
        connection.request("GET", path, headers={"Cookie": self.cookie, "Accept": "text/event-stream"})
        return connection.getresponse()

    def _request(self, method: str, path: str, body: str | None, headers: dict) -> HttpResponse:
        started_at = time.perf_counter()
        for again in (True, False):
            if self.connection is None:
                self.connection = http.client.HTTPConnection(
                    self.address.hostname, self.address.port, timeout=self.timeout
                )
                again = False
            try:
                self.connection.request(method, path, body, {"Cookie": self.cookie, **headers})
                response = self.connection.getresponse()
                break
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                self.close()
                # The server may have closed the persistent connection; a GET is tried once more on a new one.
                if not again or method != "GET":
                    raise
        try:
            text = response.read().decode("utf-8", "replace")
        except (http.client.HTTPException, OSError):
            self.close()
            raise
        for header in response.headers.get_all("Set-Cookie", ()):
            if header.partition("=")[0] == self.cookie.partition("=")[0]:
                self.cookie = header.partition(";")[0]
        found = CSRF_TOKEN_PATTERN.search(text)
        if found:
            self.token = found[1]
        return HttpResponse(response.status, response.headers, text, time.perf_counter() - started_at)

    def close(self) -> None:
        """Close the persistent connection."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None
