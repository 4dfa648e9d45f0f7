"""Pool of HTTP connections to Slack that stay open between two calls and never repeat a call automatically."""

import os
import ssl
import time
from urllib.parse import urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from helpdesk.channels.slack.api import http_errors

IDLE_SECONDS = 10.0  # an idle connection is closed after this; Slack and proxies keep it open longer
MAX_IDLE_CONNECTIONS = 64  # more may be open at once; those are closed after their call
RETRIES: urllib3.Retry | bool = False  # only the outbox repeats calls


class PlainConnection(HTTPConnection):
    """HTTP connection whose errors while connecting state that nothing was sent: raises TemporaryError."""

    def connect(self) -> None:
        try:
            super().connect()
        except (OSError, urllib3.exceptions.HTTPError) as error:
            raise http_errors.error_for_connect_failure(error) from None


class TlsConnection(HTTPSConnection):
    """A pooled connection over TLS, where the handshake is part of connecting."""

    def connect(self) -> None:
        try:
            super().connect()
        except (OSError, urllib3.exceptions.HTTPError) as error:
            raise http_errors.error_for_connect_failure(error) from None


class PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = PlainConnection


class TlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = TlsConnection


class HttpPool:
    """Pool that POSTs forms to one host. ``timeout`` in seconds covers connecting and each wait for the answer.

    Threads share it; a forked process makes its own connections. Proxies are read from the usual environment variables.
    """

    def __init__(self, base_url: str, timeout: float) -> None:
        self._host = urlsplit(base_url).hostname or ""
        self._timeout = timeout
        self._process = 0
        self._last_used = 0.0

    def post(self, url: str, fields: dict[str, str], headers: dict[str, str]) -> urllib3.BaseHTTPResponse:
        """POST a form and return the answer, read to its end. Raises TemporaryError when no connection was made,
        otherwise urllib3's errors.
        """
        pool = self._current_pool()
        try:
            return pool.request(
                "POST",
                url,
                body=urlencode(fields),
                headers=headers | {"Content-Type": "application/x-www-form-urlencoded"},
                retries=RETRIES,
                redirect=False,
            )
        finally:
            self._last_used = time.monotonic()

    def _current_pool(self) -> urllib3.PoolManager:
        if self._process != os.getpid():
            self._pool = self._make_pool()
            self._process = os.getpid()
        elif time.monotonic() - self._last_used > IDLE_SECONDS:
            self._pool.clear()
        return self._pool

    def _make_pool(self) -> urllib3.PoolManager:
        settings = {
            "timeout": urllib3.Timeout(connect=self._timeout, read=self._timeout),
            "maxsize": MAX_IDLE_CONNECTIONS,
            "ssl_context": ssl.create_default_context(),  # made once: reading the certificates takes longer than a call
        }
        proxies = getproxies()
        proxy = proxies.get("https") or proxies.get("http")
        if proxy and not http_errors.is_loopback(self._host) and not proxy_bypass(self._host):
            pool: urllib3.PoolManager = urllib3.ProxyManager(proxy if "://" in proxy else f"http://{proxy}", **settings)
        else:
            pool = urllib3.PoolManager(**settings)
        pool.pool_classes_by_scheme = {"http": PlainPool, "https": TlsPool}
        return pool
