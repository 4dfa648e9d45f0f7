"""What a browser keeps between the way to a provider and back: one signed cookie for each tab that went there.

A cookie for each state lets two tabs sign in at the same time: they finish in either order.
"""

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

from flask import Response, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from helpdesk import key_derivation
from helpdesk.web import cookies

LIFETIME_SECONDS = 15 * 60
MAX_TABS = 8  # of one browser that are on their way at the same time
MAX_NEXT_LENGTH = 500


@dataclass(frozen=True)
class OAuthState:
    """One way to a provider: its ``state``, PKCE verifier and nonce, and the page to go to afterwards.

    ``is_test``: an admin tries the provider; nobody is signed in.
    """

    provider: str
    state: str
    code_verifier: str
    nonce: str
    next_path: str | None
    is_test: bool = False


def save(response: Response, state: OAuthState) -> None:
    """Keep ``state`` in the browser; of too many tabs the oldest are forgotten."""
    present = sorted(name for name in request.cookies if name.startswith(_prefix()))
    for name in present[: max(0, len(present) - MAX_TABS + 1)]:
        _delete(response, name)
    next_path = state.next_path if state.next_path and len(state.next_path) <= MAX_NEXT_LENGTH else None
    value = _serializer().dumps(asdict(state) | {"next_path": next_path})
    cookies.set_cookie(response, _cookie_name(state.provider, state.state), value, seconds=LIFETIME_SECONDS)


def load(provider: str, state: str) -> OAuthState | None:
    """What was kept for ``state``; None if nothing was, or too long ago."""
    kept = request.cookies.get(_cookie_name(provider, state), "")
    try:
        values: dict[str, Any] = _serializer().loads(kept, max_age=LIFETIME_SECONDS)
        found = OAuthState(**values)
    except (BadSignature, TypeError):
        return None
    return found if (found.provider, found.state) == (provider, state) else None


def delete_cookie(response: Response, provider: str, state: str) -> None:
    """Delete what was kept for ``state``, which is used once."""
    if _cookie_name(provider, state) in request.cookies:
        _delete(response, _cookie_name(provider, state))


def _delete(response: Response, name: str) -> None:
    cookies.delete_cookie(response, name)


def _prefix() -> str:
    return cookies.get_cookie_name("way-")


def _cookie_name(provider: str, state: str) -> str:
    return _prefix() + hashlib.sha256(f"{provider} {state}".encode("utf-8", "replace")).hexdigest()[:16]


def _serializer() -> URLSafeTimedSerializer:
    # The library signs with the last key and accepts each.
    return URLSafeTimedSerializer(list(reversed(key_derivation.secret_keys())), salt="helpdesk way to a provider")
