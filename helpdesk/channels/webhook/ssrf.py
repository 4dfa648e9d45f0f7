"""Where a webhook may go: public https addresses. What a name resolves to is looked at, and that very address is used."""

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from helpdesk import config
from helpdesk.channels import errors

GLOBAL_UNICAST_NETWORK = ipaddress.ip_network("2000::/3")  # all of IPv6 that was ever given out for public use


@dataclass(frozen=True)
class ResolvedUrl:
    """A checked destination: ``address`` is the IP to connect to, ``host`` the name its certificate must bear."""

    scheme: str
    host: str
    port: int
    address: str
    path: str


def url_error(url: str) -> str | None:
    """Why ``url`` cannot be a webhook's address by its looks alone, as a sentence; None if it can."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "This is not an address."
    host = parts.hostname or ""
    if not host or not url.isascii() or any(c.isspace() or not c.isprintable() for c in url):
        return "This is not an address."
    if parts.username or parts.password:
        return "Leave user names and passwords out of the address; requests are signed."
    if _is_loopback(host) and _is_loopback_allowed():
        return None
    if parts.scheme != "https":
        return "Only https addresses are told what happens."
    if port is not None and port != 443 and port < 1024:
        return "This port belongs to another service."
    try:
        if not _is_public(host.strip("[]")):
            return "This address is not on the public internet."
    except ValueError:
        if "." not in host or host.endswith((".local", ".internal", ".localhost", ".arpa")):
            return "This name is not on the public internet."
    return None


def resolve_url(url: str) -> ResolvedUrl:
    """The place that ``url`` names right now. Raises Permanent for one we never go to, Temporary when it has no address."""
    why_not = url_error(url)
    if why_not:
        raise errors.PermanentError(why_not)
    parts = urlsplit(url)
    host, port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = [entry[4][0] for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except OSError:
        raise errors.TemporaryError(f"{host} has no address.") from None
    if not (_is_loopback(host) and _is_loopback_allowed()) and not all(_is_public(address) for address in found):
        raise errors.PermanentError(f"{host} is not on the public internet.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return ResolvedUrl(parts.scheme, host, port, found[0], path)


def _is_public(address: str) -> bool:
    """Raises ValueError for what is no IP address."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    ip = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None) or ip
    if ip.version == 6 and ip not in GLOBAL_UNICAST_NETWORK:
        return False  # among the rest are addresses that a gateway turns into private ones (64:ff9b::/96)
    return ip.is_global and not ip.is_multicast


def _is_loopback(host: str) -> bool:
    return host in {"127.0.0.1", "::1", "localhost"}


def _is_loopback_allowed() -> bool:
    return config.current().WEBHOOKS_TO_LOOPBACK
