"""A proof of work for a request of a sign-in link: costs a browser half a second, and a flood of requests much more.

The browser looks for a number for which SHA-256 of "challenge:address:number" begins with BITS zero bits
(static/js/proof_of_work.js). A proof is for one address and one challenge; the address's own limit bounds its reuse.
"""

import base64
import hashlib
import secrets
from datetime import timedelta

from helpdesk import clock, key_derivation
from helpdesk.key_derivation import Purpose

BITS = 14  # about 16,000 hashes
LIFETIME = timedelta(hours=2)  # of a challenge: how long the page may have been open
MAX_ANSWER_LENGTH = 12


def new_challenge() -> str:
    """Return a challenge for one page, signed, so that nobody can prepare proofs long before."""
    text = f"{int(clock.now().timestamp())}.{secrets.token_urlsafe(9)}"
    return f"{text}.{_encode(key_derivation.sign(Purpose.PROOF_OF_WORK, text))}"


def is_proof(challenge: str, typed_email: str, answer: str) -> bool:
    """Whether ``answer`` is a proof for ``challenge`` and the address as it was typed."""
    text, _, signature = challenge[:200].rpartition(".")
    issued = text.partition(".")[0]
    if not (issued.isascii() and issued.isdecimal() and len(issued) < 12 and len(answer) <= MAX_ANSWER_LENGTH):
        return False
    age = clock.now().timestamp() - int(issued)
    if not 0 <= age <= LIFETIME.total_seconds():
        return False
    if not key_derivation.is_signed(Purpose.PROOF_OF_WORK, text, signature, _encode):
        return False
    return has_zero_bits(challenge, typed_email, answer)


def has_zero_bits(challenge: str, typed_email: str, answer: str) -> bool:
    """Whether the hash begins with BITS zero bits."""
    digest = hashlib.sha256(f"{challenge}:{typed_email.strip()}:{answer}".encode("utf-8", "replace")).digest()
    return int.from_bytes(digest[:4], "big") >> (32 - BITS) == 0


def _encode(signature: bytes) -> str:
    return base64.urlsafe_b64encode(signature[:18]).decode()
