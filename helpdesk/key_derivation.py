"""One key per purpose, derived from SECRET_KEY or from one of SECRET_KEY_FALLBACKS (HKDF, RFC 5869).

A value made with the key of one purpose proves nothing for another. New values are made with SECRET_KEY. Values made
before a rotation are accepted for as long as their key is in SECRET_KEY_FALLBACKS.
"""

import hashlib
import hmac
from collections.abc import Callable
from enum import StrEnum
from functools import lru_cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from helpdesk import config

KEY_BYTES = 32


class Purpose(StrEnum):
    """The purposes that keys are derived for. The value is HKDF's ``info``: a change invalidates what was signed."""

    SIGN_IN_LINK = "helpdesk sign-in link"
    SIGN_IN_CODE = "helpdesk sign-in code"
    SIGN_IN_NUMBER = "helpdesk sign-in number"
    UNSUBSCRIBE = "helpdesk unsubscribe"
    REPLY_ADDRESS = "helpdesk: reply address by mail"
    MAIL_INSTANCE = "helpdesk mail instance"
    MAIL_FILE = "helpdesk file from mail"
    SLACK_FILE = "helpdesk file from Slack"
    WEBHOOK = "helpdesk webhook"
    KNOWN_BROWSER = "helpdesk known browser"
    PROOF_OF_WORK = "helpdesk proof of work"
    AUTHENTICATOR = "helpdesk authenticator secret"
    RECOVERY_CODE = "helpdesk recovery code"
    CONNECTION = "helpdesk entered connection"
    PROVIDER_SECRET = "helpdesk sign-in connection secret"
    PASSKEY_OWNER = "helpdesk passkey owner"
    BROWSER_NOTICE = "helpdesk browser notice"
    PROXY_CHECK = "helpdesk doctor's request through the proxy"
    DELIVERY = "helpdesk key of a delivery"
    SECRET_OF_FORM = "helpdesk secret of a form"
    AUDIT_PSEUDONYM = "helpdesk address in a log"
    TIMELINE_NUMBER = "helpdesk number of a timeline's entry"


def secret_keys() -> tuple[str, ...]:
    """SECRET_KEY, then the earlier keys that are still accepted, in the order of SECRET_KEY_FALLBACKS."""
    current = config.current()
    return (current.SECRET_KEY, *current.SECRET_KEY_FALLBACKS)


@lru_cache(maxsize=256)
def derive_key(purpose: Purpose, secret_key: str) -> bytes:
    """Derive the 32 byte key for ``purpose`` from ``secret_key``."""
    return HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=purpose.encode()).derive(secret_key.encode())


def sign(purpose: Purpose, text: str) -> bytes:
    """HMAC-SHA256 of ``text`` under the current key for ``purpose``."""
    return sign_with_each(purpose, text)[0]


def sign_with_each(purpose: Purpose, text: str) -> tuple[bytes, ...]:
    """HMAC-SHA256 of ``text`` under every accepted key for ``purpose``, the current key's first."""
    return tuple(hmac.digest(derive_key(purpose, key), text.encode(), "sha256") for key in secret_keys())


def is_signed(purpose: Purpose, text: str, token: str, encode: Callable[[bytes], str]) -> bool:
    """Whether ``token`` equals the encoded signature of ``text`` under one of the accepted keys."""
    expected = (encode(signature) for signature in sign_with_each(purpose, text))
    return any(hmac.compare_digest(candidate.encode(), token.encode("utf-8", "replace")) for candidate in expected)


def matching_token(purpose: Purpose, text: str, fingerprint_hex: str, encode: Callable[[bytes], str]) -> str | None:
    """Return the token of ``text`` with the stored ``fingerprint_hex``; None if its key is no longer accepted."""
    tokens = (encode(signature) for signature in sign_with_each(purpose, text))
    return next((token for token in tokens if hmac.compare_digest(fingerprint(token), fingerprint_hex)), None)


def fingerprint(secret: str) -> str:
    """SHA-256 in hex: stored in place of a random secret of at least 112 bits (ASVS 6.5.2)."""
    return hashlib.sha256(secret.encode()).hexdigest()
