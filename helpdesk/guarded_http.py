"""HTTP requests to addresses that people of the installation or its customers entered: to the public internet only.

The name is resolved once, every address it has is checked, and the connection goes to the checked one, so that a name
that resolves differently a moment later leads nowhere else. Redirects are not followed, proxies are not used. Bounded
in time and in size as all others (``bounded_http``).
"""

import socket
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3

from helpdesk.bounded_http import BoundedAdapter

Check = Callable[[str, str], None]  # of a host's name and one of its addresses; raises ForbiddenAddress


class ForbiddenAddress(requests.RequestException):
    """The address is not one that may be called."""


class GuardedAdapter(BoundedAdapter):
    """Sends each request to an address that ``check`` has accepted."""

    def __init__(self, check: Check) -> None:
        self.check = check
        super().__init__()

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        """Send ``request`` with the name in its Host header. Raises requests.RequestException."""
        request.headers["Host"] = urlsplit(request.url or "").netloc
        return super().send(request, **options)

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> urllib3.connectionpool.HTTPConnectionPool:
        """Return the connection to the checked address; its certificate must have the name."""
        target, options = self.build_connection_pool_key_attributes(request, verify, cert)
        host, scheme = str(target["host"]), str(target["scheme"])
        port = int(target["port"] or (443 if scheme == "https" else 80))
        if scheme == "https":
            options |= {"server_hostname": host.strip("[]"), "assert_hostname": host.strip("[]")}
        return self.poolmanager.connection_from_host(
            self._resolve(host.strip("[]"), port), port=port, scheme=scheme, pool_kwargs=options
        )

    def _resolve(self, host: str, port: int) -> str:
        try:
            found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        except (OSError, UnicodeError):
            raise requests.ConnectionError("the name has no address") from None
        for address in found:
            self.check(host, address)
        return found[0]


def fetch_json(url: str, check: Check, headers: Mapping[str, str] | None = None) -> Any:
    """GET ``url`` with these ``headers`` and parse its JSON. Raises requests.RequestException and ValueError."""
    with requests.Session() as session:
        session.trust_env = False
        adapter = GuardedAdapter(check)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        response = session.get(url, headers=headers, allow_redirects=False)
        if response.status_code != 200:
            raise requests.HTTPError(f"status {response.status_code}", response=response)
        try:
            return response.json()
        except RecursionError:
            raise ValueError("JSON that is nested too deeply") from None
