"""The public keys of sign-in providers, fetched when they are needed and kept for some minutes."""

import threading
import time
from dataclasses import dataclass

import jwt
import requests

from helpdesk import bounded_http

LIFESPAN_SECONDS = 300.0
REFRESH_SECONDS = 30.0  # a token with an unknown key makes us fetch again, at most this often

_lock = threading.Lock()
_sets: dict[str, "_KeySet"] = {}


@dataclass(frozen=True)
class _KeySet:
    keys: jwt.PyJWKSet
    fetched_at: float  # time.monotonic()

    def find(self, key_id: str) -> jwt.PyJWK | None:
        return next((key for key in self.keys.keys if key.key_id == key_id and _is_for_signing(key)), None)


def find_signing_key(url: str, id_token: str) -> jwt.PyJWK:
    """The key at ``url`` that ``id_token`` names. Raises jwt.PyJWTError and ValueError."""
    key_id = str(jwt.get_unverified_header(id_token).get("kid"))
    known = _sets.get(url)
    age = time.monotonic() - known.fetched_at if known else LIFESPAN_SECONDS
    if known is None or age >= LIFESPAN_SECONDS or (known.find(key_id) is None and age >= REFRESH_SECONDS):
        known = fetch_keys(url)
    key = known.find(key_id)
    if key is None:
        raise jwt.PyJWKClientError("The provider has no such key.")
    return key


def fetch_keys(url: str) -> _KeySet:
    """Fetch the keys at ``url``, and keep them. Raises jwt.PyJWTError and ValueError."""
    try:
        found = bounded_http.fetch_json(url)
    except requests.RequestException as error:
        raise jwt.PyJWKClientConnectionError(f"The keys cannot be fetched: {type(error).__name__}") from error
    if not isinstance(found, dict):
        raise jwt.PyJWKClientError("The keys are no JSON object.")
    fetched = _KeySet(jwt.PyJWKSet.from_dict(found), time.monotonic())
    with _lock:
        if len(_sets) > 100:
            _sets.clear()
        _sets[url] = fetched
    return fetched


def _is_for_signing(key: jwt.PyJWK) -> bool:
    return key.public_key_use in ("sig", None)
