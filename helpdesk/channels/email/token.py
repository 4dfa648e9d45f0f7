"""Reply addresses: who writes to reply+<token>@domain writes to one ticket, as one participant.

A thread row holds a random nonce and the hash of its token. The token itself is an HMAC of the nonce under a
key derived from SECRET_KEY, computed when a mail is rendered and never stored: whoever reads the database can
write to no ticket. A mail that comes in is looked up by the hash. When a participant is removed, or
SECRET_KEY changed for good, ``issue`` gives new values.
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

_PURPOSE = b"helpdesk: reply address by mail"
_LENGTH = 26  # base32 characters of 5 bits: 130 bits


@dataclass(frozen=True)
class Issued:
    """What a thread row stores about its reply address."""

    nonce: str
    hash: str


def issue(secret_key: str) -> Issued:
    """A fresh nonce and the hash of the token it leads to."""
    nonce = secrets.token_hex(16)
    return Issued(nonce, hashed(_token(secret_key, nonce)))


def address(secret_key: str, nonce: str, domain: str) -> str:
    """The reply address for the thread with ``nonce``."""
    return f"reply+{_token(secret_key, nonce)}@{domain}"


def hashed(token: str) -> str:
    """What is stored of a token and looked up: 64 hex digits."""
    return hashlib.sha256(token.encode()).hexdigest()


def tokens_in(addresses: Iterable[str], domain: str) -> tuple[str, ...]:
    """The tokens among canonical ``addresses`` in ``domain``, each once, in order."""
    if not domain:
        return ()
    form = re.compile(rf"reply\+([a-z2-7]{{{_LENGTH}}})@{re.escape(domain.lower())}")
    return tuple(dict.fromkeys(match[1] for match in map(form.fullmatch, addresses) if match))


def _token(secret_key: str, nonce: str) -> str:
    # HKDF (RFC 5869) with one block: a key of its own, so that a leak of it says nothing about SECRET_KEY.
    pseudo_random_key = hmac.digest(bytes(32), secret_key.encode(), "sha256")
    key = hmac.digest(pseudo_random_key, _PURPOSE + b"\x01", "sha256")
    return base64.b32encode(hmac.digest(key, nonce.encode(), "sha256")).decode()[:_LENGTH].lower()
