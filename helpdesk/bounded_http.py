"""HTTP requests to servers that may be slow or hostile: bounded in time and in size, whatever they answer.

A timeout of the library is for each read, so a server that sends one byte now and then holds a request for ever. Here
the connection is cut when the time for the whole request is over.
"""

import contextlib
import io
import socket
import threading
from collections.abc import Iterator
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.ssl_ import create_urllib3_context

SECONDS = 10.0  # for one request, from the connection to the last byte
READ_SECONDS = 5.0  # for one read, and for the connection
MAX_BYTES = 1_000_000  # of an answer


class AnswerTooLarge(requests.RequestException):
    """The answer is larger than MAX_BYTES, or compressed, which was not asked for."""


class _Request(threading.local):
    """The sockets of the request that this thread sends."""

    sockets: list[socket.socket] | None = None


class _Cutting:
    """A connection whose socket is known to the request, so that its time limit can end it."""

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]
        if _request.sockets is not None:
            _request.sockets.append(self.sock)  # type: ignore[attr-defined]


_request = _Request()


class _Connection(_Cutting, HTTPConnection):
    pass


class _SecureConnection(_Cutting, HTTPSConnection):
    pass


class BoundedPool(HTTPConnectionPool):
    """Connections that ``cut_after`` ends."""

    ConnectionCls = _Connection


class BoundedSecurePool(HTTPSConnectionPool):
    """Connections with TLS that ``cut_after`` ends."""

    ConnectionCls = _SecureConnection


class BoundedAdapter(HTTPAdapter):
    """Sends requests of a session without retries, each on a connection of its own, bounded in time and size."""

    def __init__(self) -> None:
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Use connections that are cut, and trust this machine's authorities beside those of the library."""
        context = create_urllib3_context()
        context.load_default_certs()
        super().init_poolmanager(*args, ssl_context=context, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": BoundedPool, "https": BoundedSecurePool}

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        """Send ``request`` and read the whole answer. Raises requests.RequestException."""
        request.headers["Accept-Encoding"] = "identity"
        request.headers["Connection"] = "close"
        options |= {"stream": True, "timeout": READ_SECONDS}
        with cut_after(SECONDS):
            response = super().send(request, **options)
            return _read_whole(response, request)


@contextlib.contextmanager
def cut_after(seconds: float) -> Iterator[None]:
    """End the connections of BoundedPool and BoundedSecurePool that this thread makes meanwhile after ``seconds``."""
    sockets: list[socket.socket] = []
    _request.sockets = sockets
    cutter = threading.Timer(seconds, _cut, (sockets,))
    cutter.daemon = True
    cutter.start()
    try:
        yield
    finally:
        cutter.cancel()
        _request.sockets = None


def _open_session() -> requests.Session:
    session, adapter = requests.Session(), BoundedAdapter()
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def fetch_json(url: str) -> Any:
    """GET ``url`` without following redirects and parse its JSON. Raises requests.RequestException and ValueError."""
    with _open_session() as session:
        response = session.get(url, allow_redirects=False)
        response.raise_for_status()
        try:
            return response.json()
        except RecursionError:
            raise ValueError("JSON that is nested too deeply") from None


def fetch_bytes(url: str) -> bytes:
    """GET ``url`` without following redirects. Raises requests.RequestException."""
    with _open_session() as session:
        response = session.get(url, allow_redirects=False)
        response.raise_for_status()
        return response.content


def get(url: str, headers: dict[str, str]) -> requests.Response:
    """GET ``url`` with ``headers`` without following redirects. Raises requests.RequestException."""
    with _open_session() as session:
        return session.get(url, headers=headers, allow_redirects=False)


def post_form(url: str, fields: dict[str, str]) -> tuple[int, Any]:
    """POST a form to ``url`` without following redirects; returns status and JSON. Raises requests.RequestException and
    ValueError.
    """
    with _open_session() as session:
        response = session.post(url, data=fields, allow_redirects=False)
        try:
            return response.status_code, response.json()
        except RecursionError:
            raise ValueError("JSON that is nested too deeply") from None


def _read_whole(response: requests.Response, request: requests.PreparedRequest) -> requests.Response:
    try:
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise AnswerTooLarge("a compressed answer")
        content = response.raw.read(MAX_BYTES + 1, decode_content=False)
    except (OSError, urllib3.exceptions.HTTPError) as error:
        raise requests.ConnectionError("the connection was cut", request=request) from error
    finally:
        response.raw.close()
    if len(content) > MAX_BYTES:
        raise AnswerTooLarge("an answer of more than a megabyte")
    response.raw = io.BytesIO(content)
    return response


def _cut(sockets: list[socket.socket]) -> None:
    """End the connections; a read that waits then ends with an error."""
    for each in sockets:
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
