"""People who ask for pages and send replies through a proxy all the time, and count what failed."""

import http.client
import itertools
import re
import ssl
import threading
import time
import urllib.parse
from collections import Counter

from tests import timeouts

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class Visitors:
    """A browser for each of ``cookies`` that keeps its connection. Every eighth request is a reply, to come once."""

    def __init__(self, port: int, cookies: list[str], ticket: int) -> None:
        self.port, self.ticket = port, ticket
        self.statuses: Counter[str] = Counter()
        self.replies: list[str] = []
        self.longest = 0.0  # seconds that somebody waited for an answer
        self._count, self._lock, self._ending = itertools.count(1), threading.Lock(), threading.Event()
        self._threads = [threading.Thread(target=self._visit, args=(each,), daemon=True) for each in cookies]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def wait_for(self, more: int) -> None:
        """Until ``more`` requests have been answered from now on."""
        until = self.answered + more
        timeouts.wait_for(lambda: self.answered >= until, f"{more} more answers", limit=4 * timeouts.LIMIT + more)

    def end(self) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join(timeouts.LIMIT)

    @property
    def answered(self) -> int:
        with self._lock:
            return self.statuses.total()

    @property
    def failed(self) -> dict[str, int]:
        """Answers by which something went wrong, and how many of each."""
        return {status: count for status, count in self.statuses.items() if status not in ("200", "302", "303")}

    def _visit(self, cookie: str) -> None:
        connection = http.client.HTTPSConnection(
            "localhost", self.port, timeout=4 * timeouts.LIMIT, context=ssl._create_unverified_context()
        )
        token = ""
        while not self._ending.is_set():
            number, began = next(self._count), time.monotonic()
            try:
                if token and number % 8 == 0:
                    status = self._reply(connection, cookie, token, number)
                else:
                    path = f"/tickets/{self.ticket}" if not token else "/tickets"
                    status, page, cookie = self._ask(connection, cookie, "GET", path)
                    token = (TOKEN.search(page) or ["", token])[1]
            except (OSError, http.client.HTTPException) as error:
                status = repr(error)
                connection.close()
            with self._lock:
                self.statuses[status] += 1
                self.longest = max(self.longest, time.monotonic() - began)

    def _reply(self, connection: http.client.HTTPSConnection, cookie: str, token: str, number: int) -> str:
        body = f"Reply number {number}."
        form = urllib.parse.urlencode({"csrf_token": token, "body": body})
        status, _, _ = self._ask(connection, cookie, "POST", f"/tickets/{self.ticket}/replies", form)
        if status in ("302", "303"):
            with self._lock:
                self.replies.append(body)
        return status

    def _ask(
        self, connection: http.client.HTTPSConnection, cookie: str, method: str, path: str, form: str | None = None
    ) -> tuple[str, str, str]:
        """Status, page, and the cookie with which to go on."""
        headers = {"Host": "localhost", "Cookie": cookie, "Origin": "https://localhost"}
        headers |= {"Referer": "https://localhost/"}
        if form:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, body=form, headers=headers)
        answer = connection.getresponse()
        name = cookie.partition("=")[0]
        for line in answer.headers.get_all("Set-Cookie", []):
            if line.startswith(f"{name}="):
                cookie = line.partition(";")[0]
        return str(answer.status), answer.read().decode(), cookie
