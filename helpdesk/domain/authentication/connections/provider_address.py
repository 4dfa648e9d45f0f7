"""Which addresses of a provider may be called: https on the public internet, and hosts that the operator named."""

from urllib.parse import urlsplit

from helpdesk import config, guarded_http
from helpdesk.domain.integrations import webhook_address
from helpdesk.translation import gettext

MAX_LENGTH = 255


def url_error(url: object, *, is_private_allowed: bool = True) -> str | None:
    """Why ``url`` is no address that may be called, as a sentence; None if it is one. Does not resolve its name.

    ``is_private_allowed``: it may be at a host of a private network that the operator named.
    """
    if not isinstance(url, str) or len(url) > MAX_LENGTH or not url.isascii() or any(ord(c) <= 32 for c in url):
        return gettext("This is not an address.")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return gettext("This is not an address.")
    if not host or parts.username is not None or parts.password is not None or parts.fragment:
        return gettext("This is not an address.")
    if is_own_machine(host):
        return None if parts.scheme in ("http", "https") else gettext("An address begins with https.")
    if parts.scheme != "https":
        return gettext("An address begins with https.")
    return None if is_private_allowed and is_named(host) else webhook_address.url_error(url)


def check_address(host: str, address: str) -> None:
    """Raise ForbiddenAddress unless ``address``, which ``host`` has resolved to, may be called."""
    if is_own_machine(host) or is_named(host):
        return
    if not webhook_address.is_public(address):
        raise guarded_http.ForbiddenAddress("the name is not on the public internet")


def is_own_machine(host: str) -> bool:
    """Whether ``host`` is this machine, where a demo or a test may run a provider."""
    return webhook_address.is_loopback(host) and webhook_address.is_loopback_allowed()


def is_named(host: str) -> bool:
    """Whether the operator named ``host`` as one of a private network that may be called."""
    return host.lower() in {name.lower() for name in config.current().PRIVATE_PROVIDER_HOSTS}


def is_private(url: str) -> bool:
    """Whether ``url`` is at a host that the operator named as one of a private network."""
    return is_named(urlsplit(url).hostname or "")
