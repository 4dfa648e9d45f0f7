"""SSRF protection of webhooks: the addresses of a host name are checked, and the checked address is used."""

import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from helpdesk.domain.integrations import webhook_address
from helpdesk.domain.outbox import errors
from helpdesk.translation import gettext


@dataclass(frozen=True)
class ResolvedUrl:
    """A checked destination: ``address`` is the IP to connect to, ``host`` the name its certificate must have."""

    scheme: str
    host: str
    port: int
    address: str
    path: str


def resolve_url(url: str) -> ResolvedUrl:
    """Resolve ``url`` to a checked address. Raises PermanentError for a forbidden one, TemporaryError when the name has
    no address.
    """
    why_not = webhook_address.url_error(url)
    if why_not:
        raise errors.PermanentError(why_not)
    parts = urlsplit(url)
    host, port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = [entry[4][0] for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except OSError:
        raise errors.TemporaryError(gettext("%(host)s has no address.", host=host)) from None
    if not (webhook_address.is_loopback(host) and webhook_address.is_loopback_allowed()) and not all(
        webhook_address.is_public(address) for address in found
    ):
        raise errors.PermanentError(gettext("%(host)s is not on the public internet.", host=host))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return ResolvedUrl(parts.scheme, host, port, found[0], path)
