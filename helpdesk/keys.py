"""One key per purpose, all from SECRET_KEY, so that a thing made with one of them proves nothing elsewhere (HKDF, RFC 5869)."""

import hashlib
import hmac

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from helpdesk import config


def derive(purpose: str) -> bytes:
    """32 bytes that only this installation can make for ``purpose``."""
    key = config.current().SECRET_KEY.encode()
    return HKDF(hashes.SHA256(), 32, salt=None, info=f"helpdesk {purpose}".encode()).derive(key)


def sign(purpose: str, text: str) -> bytes:
    """HMAC-SHA256 of ``text`` under the key for ``purpose``."""
    return hmac.digest(derive(purpose), text.encode(), "sha256")


def fingerprint(secret: str) -> str:
    """SHA-256 in hex: what is stored of a random secret of at least 112 bits, instead of it (ASVS 6.5.2)."""
    return hashlib.sha256(secret.encode()).hexdigest()
