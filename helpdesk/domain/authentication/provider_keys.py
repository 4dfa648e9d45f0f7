"""The public keys of sign-in providers, fetched when they are needed and kept for some minutes."""

import base64
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jwt
import requests
from cryptography import x509

from helpdesk import bounded_http

LIFESPAN_SECONDS = 300.0
OUTAGE_SECONDS = 3600.0  # while the keys cannot be fetched, the last ones hold
REFRESH_SECONDS = 30.0  # a token with an unknown key makes us fetch again, at most this often

Fetch = Callable[[str], Any]  # of a URL's JSON

_lock = threading.Lock()
_sets: dict[str, "_KeySet"] = {}


@dataclass(frozen=True)
class _KeySet:
    keys: jwt.PyJWKSet
    fetched_at: float  # time.monotonic()
    expires_at: datetime | None = None  # when the last certificate ends, if every key has one (x5c, RFC 7517)

    def find(self, key_id: str | None) -> jwt.PyJWK | None:
        signing = [key for key in self.keys.keys if _is_for_signing(key)]
        if key_id is None:
            return signing[0] if len(signing) == 1 else None
        return next((key for key in signing if key.key_id == key_id), None)


def find_signing_key(url: str, id_token: str, fetch: Fetch = bounded_http.fetch_json) -> jwt.PyJWK:
    """Return the key at ``url`` that ``id_token`` names, or the only one if it names none.

    While the provider does not answer, a key that it published within the last hour is still used. Raises
    jwt.PyJWTError and ValueError.
    """
    given = jwt.get_unverified_header(id_token).get("kid")
    known = _sets.get(url)
    age = time.monotonic() - known.fetched_at if known else OUTAGE_SECONDS
    is_missing = known is None or known.find(given) is None
    if known is None or age >= LIFESPAN_SECONDS or (is_missing and age >= REFRESH_SECONDS):
        try:
            known = fetch_keys(url, fetch)
        except jwt.PyJWKClientConnectionError:
            if known is None or is_missing or age >= OUTAGE_SECONDS:
                raise
    key = known.find(given)
    if key is None:
        raise jwt.PyJWKClientError("The provider has no such key.")
    return key


def fetch_keys(url: str, fetch: Fetch = bounded_http.fetch_json) -> _KeySet:
    """Fetch the keys at ``url``, and keep them. Raises jwt.PyJWTError and ValueError."""
    try:
        found = fetch(url)
    except requests.RequestException as error:
        raise jwt.PyJWKClientConnectionError(f"The keys cannot be fetched: {type(error).__name__}") from error
    if not isinstance(found, dict):
        raise jwt.PyJWKClientError("The keys are no JSON object.")
    fetched = _KeySet(jwt.PyJWKSet.from_dict(found), time.monotonic(), _find_last_day(found))
    with _lock:
        if len(_sets) > 100:
            _sets.clear()
        _sets[url] = fetched
    return fetched


def _find_last_day(found: dict[str, Any]) -> datetime | None:
    ends = []
    for key in found["keys"]:
        try:
            chain = key["x5c"]
            ends.append(x509.load_der_x509_certificate(base64.b64decode(chain[0])).not_valid_after_utc)
        except (KeyError, IndexError, TypeError, ValueError):
            return None
    return max(ends, default=None)


def _is_for_signing(key: jwt.PyJWK) -> bool:
    return key.public_key_use in ("sig", None)
