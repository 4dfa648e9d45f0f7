"""Validation of webhook URLs: https on the public internet.

This is one half of the protection against server-side request forgery (SSRF); the other half checks the addresses that
the name resolves to, when a request is sent.
"""

import ipaddress
from urllib.parse import urlsplit

from helpdesk import config
from helpdesk.translation import gettext

GLOBAL_UNICAST_NETWORK = ipaddress.ip_network("2000::/3")  # the part of IPv6 that is allocated for public use


def url_error(url: str) -> str | None:
    """Return why ``url`` is not allowed for a webhook, as a sentence; None if it is. Does not resolve the name."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return gettext("This is not an address.")
    host = parts.hostname or ""
    if not host or not url.isascii() or any(c.isspace() or not c.isprintable() for c in url):
        return gettext("This is not an address.")
    if parts.username or parts.password:
        return gettext("Leave user names and passwords out of the address; requests are signed.")
    if is_loopback(host) and is_loopback_allowed():
        return None
    if parts.scheme != "https":
        return gettext("Webhooks need an https address.")
    if port is not None and port != 443 and port < 1024:
        return gettext("This port belongs to another service.")
    try:
        if not is_public(host.strip("[]")):
            return gettext("This address is not on the public internet.")
    except ValueError:
        if "." not in host or host.endswith((".local", ".internal", ".localhost", ".arpa")):
            return gettext("This name is not on the public internet.")
    return None


def is_public(address: str) -> bool:
    """Whether this IP address is on the public internet. Raises ValueError if it is not an IP address."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    ip = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None) or ip
    if ip.version == 6 and ip not in GLOBAL_UNICAST_NETWORK:
        return False  # the rest contains addresses that a gateway translates to private ones (64:ff9b::/96)
    return ip.is_global and not ip.is_multicast


def is_loopback(host: str) -> bool:
    """Whether ``host`` names this machine."""
    return host in {"127.0.0.1", "::1", "localhost"}


def is_loopback_allowed() -> bool:
    """Whether webhooks to this machine are allowed, as in a demo or a test."""
    return bool(config.current().WEBHOOKS_TO_LOOPBACK)
