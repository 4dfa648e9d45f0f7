"""A browser without a network: it calls the application in this process, and counts what each request costs."""

import io
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import event
from sqlalchemy.engine import Engine

from helpdesk.web.middleware import personal_limits

CSRF_TOKEN_PATTERN = re.compile(r'name="csrf_token"[^>]*?value="([^"]+)"')
HTMX_HEADERS = {"HTTP_HX_REQUEST": "true"}


@dataclass(frozen=True)
class Answer:
    """Status, headers and body of one response."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Cost:
    """What one request costs: milliseconds of processor time here and in PostgreSQL, statements, bytes of the body."""

    app: float
    database: float
    statements: float
    size: int

    @property
    def total(self) -> float:
        return self.app + self.database


def lift_personal_limits() -> None:
    """Let one person ask as often in a minute, and as much at once, as a bench does."""
    limits = personal_limits.LIMITS
    limits.update({name: replace(limit, per_minute=10**9, at_once=10**9) for name, limit in limits.items()})


class WsgiClient:
    """One signed-in person. ``wsgi_app`` is any WSGI application."""

    def __init__(self, wsgi_app: Callable[..., Any], host: str, cookie: str = ""):
        self.wsgi_app, self.host, self.cookie, self.csrf_token = wsgi_app, host, cookie, ""

    def get(self, path: str, **headers: str) -> Answer:
        """One GET. ``headers`` are named as in a WSGI environment."""
        return self._call("GET", path, b"", headers)

    def post(self, path: str, values: dict[str, str], **headers: str) -> Answer:
        """One POST of a form, with the CSRF token of the last page that was read by ``read_csrf_token``."""
        body = urlencode({"csrf_token": self.csrf_token, "form_token": secrets.token_hex(16), **values}).encode()
        return self._call("POST", path, body, headers)

    def read_csrf_token(self, path: str) -> None:
        """Take the CSRF token of the page at ``path``."""
        found = CSRF_TOKEN_PATTERN.search(self.get(path).body.decode())
        if found is None:
            raise SystemExit(f"{path} has no form")
        self.csrf_token = found[1]

    def _call(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        path, _, query = path.partition("?")
        found: list[Any] = []
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": self.host,
            "HTTP_COOKIE": self.cookie,
            "HTTP_USER_AGENT": "bench",
            "HTTP_SEC_FETCH_SITE": "same-origin",
            "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": "application/x-www-form-urlencoded" if body else "",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            **headers,
        }
        parts = self.wsgi_app(environ, lambda status, headers, _=None: found.extend((status, headers)))
        try:
            content = b"".join(parts)
        finally:
            if hasattr(parts, "close"):
                parts.close()
        for name, value in found[1]:
            if name == "Set-Cookie" and value.partition("=")[0] == self.cookie.partition("=")[0]:
                self.cookie = value.partition(";")[0]
        return Answer(int(found[0].split()[0]), dict(found[1]), content)


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    """The statements that are executed in the block."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def measure(do: Callable[[], Answer], count: int, backend_pid: int | None) -> Cost:
    """The mean cost of ``count`` calls of ``do``. ``backend_pid``: PostgreSQL's process for this thread."""
    with counted_statements() as statements:
        answer = do()
    if answer.status not in (200, 302, 303, 304):
        raise SystemExit(f"answered {answer.status}: {answer.body[:300]!r}")
    database, app = read_backend_seconds(backend_pid), time.thread_time()
    for _ in range(count):
        do()
    app, database = time.thread_time() - app, read_backend_seconds(backend_pid) - database
    return Cost(1000 * app / count, 1000 * database / count, len(statements), len(answer.body))


def read_backend_seconds(pid: int | None) -> float:
    """Seconds that process ``pid`` has been on a processor (Linux counts nanoseconds; 0 without a process)."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9 if pid else 0.0
