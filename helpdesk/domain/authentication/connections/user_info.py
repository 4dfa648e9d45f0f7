"""Claims that a provider gives at its UserInfo endpoint only.

With the code flow, the claims of the scopes profile and email need not be in the ID token (OpenID Connect Core 1.0,
section 5.4). The answer is not signed: it comes over TLS from the address in the provider's own document, and counts
only with the subject of the ID token (section 5.3.2).
"""

from typing import Any

import requests

from helpdesk import guarded_http
from helpdesk.domain.authentication.connections import discovery, provider_address
from helpdesk.domain.authentication.provider_claims import UnverifiedIdentity
from helpdesk.models.sign_in_connection import SignInConnection
from helpdesk.translation import gettext

ADDED = frozenset({"email", "email_verified", "name", "picture", "locale", "zoneinfo"})


def is_needed(connection: SignInConnection, claims: dict[str, Any]) -> bool:
    """Whether an ID token with ``claims`` lacks the address, or a claim that the connection's rules ask for."""
    return "email" not in claims or not _asked_by_rules(connection) <= claims.keys()


def add_claims(connection: SignInConnection, claims: dict[str, Any], access_token: str) -> dict[str, Any]:
    """Return ``claims`` with what the UserInfo endpoint adds; those of the ID token stay as they are.

    Slow: no transaction should be open. Raises UnverifiedIdentity and discovery.DiscoveryFailed.
    """
    asked = ADDED | _asked_by_rules(connection)
    url = discovery.get_metadata(connection.issuer).userinfo_url
    if not url or not access_token:
        return claims
    try:
        found = guarded_http.fetch_json(
            url, provider_address.check_address, {"Authorization": f"Bearer {access_token}"}
        )
    except (requests.RequestException, ValueError):
        raise _refusal() from None
    if not isinstance(found, dict) or found.get("sub") != claims.get("sub"):
        raise _refusal()
    return {name: value for name, value in found.items() if name in asked} | claims


def _asked_by_rules(connection: SignInConnection) -> set[str]:
    return {str(rule["claim"]) for rule in connection.role_rules}


def _refusal() -> UnverifiedIdentity:
    return UnverifiedIdentity(gettext("The provider did not prove who you are."), reason="userinfo")
