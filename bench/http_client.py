"""A browser reduced to what is measured: a cookie, a kept connection, a CSRF token."""

import http.client
import re
import time
import urllib.parse

CSRF_TOKEN_PATTERN = re.compile(r'name="csrf_token"[^>]*?value="([^"]+)"')
FORM_TOKEN_PATTERN = re.compile(r'name="form_token"[^>]*?value="([^"]+)"')


class HttpResponse:
    """Status, headers and text of one answer, and the seconds until its last byte."""

    def __init__(self, status: int, headers, text: str, took: float):
        self.status, self.headers, self.text, self.took = status, headers, text, took


class HttpClient:
    """One person's browser. Not for several threads at once."""

    def __init__(self, portal: str, cookie: str, timeout: float = 30):
        self.address = urllib.parse.urlsplit(portal)
        self.portal, self.cookie, self.timeout = portal, cookie, timeout
        self.line: http.client.HTTPConnection | None = None
        self.token = ""

    def get(self, path: str, **headers) -> HttpResponse:
        """One GET; redirects are not followed."""
        return self._ask("GET", path, None, headers)

    def post(self, path: str, values: dict) -> HttpResponse:
        """One POST of a form as a plain browser sends it, with the CSRF token of the last page that had one."""
        body = urllib.parse.urlencode({"csrf_token": self.token, **values})
        return self._ask(
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
        """What makes the form on ``path`` count once."""
        found = FORM_TOKEN_PATTERN.search(self.get(path).text)
        return found[1] if found else ""

    def stream(self, path: str):
        """An open live stream: the response to read lines from."""
        line = http.client.HTTPConnection(self.address.hostname, self.address.port, timeout=90)
        line.request("GET", path, headers={"Cookie": self.cookie, "Accept": "text/event-stream"})
        return line.getresponse()

    def _ask(self, method: str, path: str, body: str | None, headers: dict) -> HttpResponse:
        began = time.perf_counter()
        for again in (True, False):
            if self.line is None:
                self.line = http.client.HTTPConnection(self.address.hostname, self.address.port, timeout=self.timeout)
                again = False
            try:
                self.line.request(method, path, body, {"Cookie": self.cookie, **headers})
                response = self.line.getresponse()
                break
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                self.close()
                # A kept connection that the other side had closed is no answer yet; a new one is tried once, for a GET.
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
        return HttpResponse(response.status, response.headers, text, time.perf_counter() - began)

    def close(self) -> None:
        """Drop the kept connection."""
        if self.line is not None:
            self.line.close()
            self.line = None
