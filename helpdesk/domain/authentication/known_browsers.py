"""Browsers that somebody has signed in with: a token that tells so, which signs nobody in.

A person whose browser is known always gets a sign-in link, whatever others request for their address.
"""

import base64
import secrets

from helpdesk import key_derivation
from helpdesk.key_derivation import Purpose
from helpdesk.models.user import User

MAX_PEOPLE = 4  # who share one browser
MAX_LENGTH = 600  # characters of the cookie's value


def add_user(value: str, user: User) -> str:
    """Return the cookie's ``value`` with a token for ``user``, who has just signed in, first."""
    others = [token for token in _tokens(value) if token.partition(".")[0] != str(user.id)]
    nonce = secrets.token_urlsafe(9)
    return "~".join([f"{user.id}.{nonce}.{_sign(user.id, nonce)}", *others][:MAX_PEOPLE])


def is_known(value: str, user_id: int | None) -> bool:
    """Whether ``value`` has a token of the person ``user_id`` under one of the accepted keys."""
    for token in _tokens(value):
        number, nonce, signature = token.split(".")
        if number == str(user_id) and key_derivation.is_signed(
            Purpose.KNOWN_BROWSER, f"{number} {nonce}", signature, _encode
        ):
            return True
    return False


def _tokens(value: str) -> list[str]:
    return [token for token in value[:MAX_LENGTH].split("~") if token.count(".") == 2][:MAX_PEOPLE]


def _sign(user_id: int, nonce: str) -> str:
    return _encode(key_derivation.sign(Purpose.KNOWN_BROWSER, f"{user_id} {nonce}"))


def _encode(signature: bytes) -> str:
    return base64.urlsafe_b64encode(signature[:18]).decode()
