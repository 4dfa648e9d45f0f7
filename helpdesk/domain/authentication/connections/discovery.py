"""What a provider says about itself (OpenID Connect Discovery 1.0): fetched from its issuer, bounded, and kept.

A document that names another issuer is refused, and so is every address in it that may not be called.
"""

import threading
import time
from dataclasses import dataclass
from functools import partial
from typing import Any

import requests

from helpdesk import guarded_http
from helpdesk.domain.authentication.connections import provider_address
from helpdesk.domain.errors import DomainError
from helpdesk.translation import gettext

LIFESPAN_SECONDS = 600.0
OUTAGE_SECONDS = 24 * 3600.0  # while the provider's document cannot be fetched, the last one holds
WELL_KNOWN = "/.well-known/openid-configuration"
# Signatures by the provider's private key only: never "none", never a key that both sides have (HMAC).
ALGORITHMS = ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "EdDSA")
MAX_REMEMBERED = 500

_lock = threading.Lock()
_documents: dict[str, tuple["Metadata", float]] = {}


class DiscoveryFailed(DomainError):
    """The provider does not answer, or not with a document that can be used. ``reason`` is a code of ``failures``."""

    def __init__(self, sentence: str, reason: str, detail: str = "") -> None:
        super().__init__(sentence)
        self.reason, self.detail = reason, detail


@dataclass(frozen=True)
class Metadata:
    """The parts of a provider's document that are used.

    ``names_itself``: its answers have the parameter ``iss`` (RFC 9207). ``takes_basic``: the secret goes to the token
    endpoint as HTTP Basic, as the specification's default is, otherwise in the form.
    """

    issuer: str
    authorize_url: str
    token_url: str
    keys_url: str
    algorithms: tuple[str, ...]
    takes_basic: bool = True
    names_itself: bool = False
    end_session_url: str = ""
    userinfo_url: str = ""


def get_metadata(issuer: str) -> Metadata:
    """Return the document of ``issuer``, fetched at most every LIFESPAN_SECONDS. Raises DiscoveryFailed."""
    known = _documents.get(issuer)
    age = time.monotonic() - known[1] if known else OUTAGE_SECONDS
    if known and age < LIFESPAN_SECONDS:
        return known[0]
    try:
        found = fetch_metadata(issuer)
    except DiscoveryFailed as failure:
        if known and age < OUTAGE_SECONDS and failure.reason == "unreachable":
            return known[0]
        raise
    with _lock:
        if len(_documents) >= MAX_REMEMBERED:
            _documents.clear()
        _documents[issuer] = found, time.monotonic()
    return found


def fetch_metadata(issuer: str) -> Metadata:
    """Fetch and check the document of ``issuer``. No transaction should be open. Raises DiscoveryFailed."""
    if why_not := provider_address.url_error(issuer):
        raise DiscoveryFailed(why_not, "address")
    try:
        found = guarded_http.fetch_json(issuer.rstrip("/") + WELL_KNOWN, provider_address.check_address)
    except guarded_http.ForbiddenAddress:
        raise DiscoveryFailed(gettext("The provider is not on the public internet."), "address") from None
    except requests.HTTPError as error:
        raise DiscoveryFailed(
            gettext("The provider answers, but has no discovery document at this issuer."), "document", str(error)
        ) from None
    except requests.RequestException as error:
        raise DiscoveryFailed(gettext("The provider does not answer."), "unreachable", type(error).__name__) from None
    except ValueError:
        raise DiscoveryFailed(gettext("The provider's discovery document is no JSON."), "document") from None
    return parse_metadata(issuer, found)


def parse_metadata(issuer: str, found: Any) -> Metadata:
    """Check the document ``found`` at ``issuer``. Raises DiscoveryFailed."""
    if not isinstance(found, dict):
        raise DiscoveryFailed(gettext("The provider's discovery document is no JSON."), "document")
    if found.get("issuer") != issuer:
        raise DiscoveryFailed(
            gettext("The provider's document names another issuer: %(issuer)s.", issuer=str(found.get("issuer"))[:200]),
            "issuer",
            str(found.get("issuer"))[:200],
        )
    addresses = {key: found.get(key) for key in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
    # What is on the internet leads to no private network: only a provider there names hosts of it.
    find_error = partial(provider_address.url_error, is_private_allowed=provider_address.is_private(issuer))
    for key, url in addresses.items():
        if why_not := find_error(url):
            raise DiscoveryFailed(
                gettext(
                    "The provider's document has an address that cannot be used (%(key)s). %(why)s",
                    key=key,
                    why=why_not,
                ),
                "document",
                key,
            )
    named = _list_texts(found.get("id_token_signing_alg_values_supported")) or ["RS256"]
    algorithms = tuple(each for each in ALGORITHMS if each in named)
    if not algorithms:
        raise DiscoveryFailed(gettext("The provider signs its answers in no way that is accepted here."), "algorithm")
    methods = _list_texts(found.get("token_endpoint_auth_methods_supported"))
    end, userinfo = found.get("end_session_endpoint"), found.get("userinfo_endpoint")
    return Metadata(
        issuer=issuer,
        authorize_url=str(addresses["authorization_endpoint"]),
        token_url=str(addresses["token_endpoint"]),
        keys_url=str(addresses["jwks_uri"]),
        algorithms=algorithms,
        takes_basic=not methods or "client_secret_basic" in methods,
        names_itself=found.get("authorization_response_iss_parameter_supported") is True,
        end_session_url=str(end) if find_error(end) is None else "",
        userinfo_url=str(userinfo) if find_error(userinfo) is None else "",
    )


def _list_texts(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
