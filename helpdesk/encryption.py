"""Secrets that the database keeps encrypted, by keys derived from SECRET_KEY for one purpose each (Fernet).

What was encrypted with a key in SECRET_KEY_FALLBACKS can be read; ``renew`` encrypts it with the present key.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from helpdesk import key_derivation
from helpdesk.key_derivation import Purpose


def encrypt(purpose: Purpose, secret: str) -> str:
    """Encrypt ``secret`` with the present key for ``purpose``."""
    return _fernet(purpose).encrypt(secret.encode()).decode()


def decrypt(purpose: Purpose, stored: str) -> str:
    """Return the secret; "" if its key is no longer accepted."""
    try:
        return _fernet(purpose).decrypt(stored.encode()).decode()
    except InvalidToken:
        return ""


def renew(purpose: Purpose, stored: str) -> str:
    """``stored`` encrypted with the present key; the same text if it is so already, or cannot be read."""
    present = _ciphers(purpose)[0]
    try:
        present.decrypt(stored.encode())
    except InvalidToken:
        secret = decrypt(purpose, stored)
        return encrypt(purpose, secret) if secret else stored
    return stored


def _fernet(purpose: Purpose) -> MultiFernet:
    return MultiFernet(_ciphers(purpose))


def _ciphers(purpose: Purpose) -> list[Fernet]:
    """Return the ciphers of every accepted key, the present one's first."""
    keys = (key_derivation.derive_key(purpose, key) for key in key_derivation.secret_keys())
    return [Fernet(base64.urlsafe_b64encode(key)) for key in keys]
