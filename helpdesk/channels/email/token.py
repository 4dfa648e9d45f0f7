"""Reply addresses: a mail to reply+<token>@domain belongs to one ticket, and to one participant of it.

A thread row has a random nonce and the hash of its token. The token itself is an HMAC of the nonce under a key derived
from SECRET_KEY, computed when a mail is rendered and never stored: whoever reads the database can write to no ticket.
An incoming mail is looked up by the hash. A thread keeps its address while the key that made it is accepted (SECRET_KEY
or one of its fallbacks); after that ``issue`` makes a new one.
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from helpdesk import key_derivation
from helpdesk.key_derivation import Purpose

_LENGTH = 26  # base32 characters of 5 bits: 130 bits


@dataclass(frozen=True)
class Issued:
    """The columns of a thread row for its reply address."""

    nonce: str
    hash: str


def issue() -> Issued:
    """Make a new nonce and the hash of the token derived from it."""
    nonce = secrets.token_hex(16)
    return Issued(nonce, hash_token(_encode(key_derivation.sign(Purpose.REPLY_ADDRESS, nonce))))


def address(nonce: str, token_hash: str, domain: str) -> str | None:
    """Return the reply address of the thread with ``nonce`` and ``token_hash``; None if its key is accepted no
    longer.
    """
    token = key_derivation.matching_token(Purpose.REPLY_ADDRESS, nonce, token_hash, _encode)
    return f"reply+{token}@{domain}" if token else None


def loop_address(key: str, domain: str) -> str:
    """Return a reply address that belongs to no thread, for the test mail of the delivery ``key``."""
    return f"reply+{base64.b32encode(hashlib.sha256(key.encode()).digest()).decode()[:_LENGTH].lower()}@{domain}"


def is_accepted(nonce: str, token_hash: str) -> bool:
    """Return whether the token behind ``token_hash`` was made with a key that is still accepted."""
    return key_derivation.matching_token(Purpose.REPLY_ADDRESS, nonce, token_hash, _encode) is not None


def hash_token(token: str) -> str:
    """Return the hash of a token, which is stored and looked up: 64 hex digits."""
    return key_derivation.fingerprint(token)


def tokens_in(addresses: Iterable[str], domain: str) -> tuple[str, ...]:
    """Return the tokens among canonical ``addresses`` in ``domain``, each once, in order."""
    if not domain:
        return ()
    form = re.compile(rf"reply\+([a-z2-7]{{{_LENGTH}}})@{re.escape(domain.lower())}")
    return tuple(dict.fromkeys(match[1] for match in map(form.fullmatch, addresses) if match))


def _encode(signature: bytes) -> str:
    return base64.b32encode(signature).decode()[:_LENGTH].lower()
