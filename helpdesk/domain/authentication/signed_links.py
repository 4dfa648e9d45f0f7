"""Tokens of links, derived from a random nonce and our key, so that the database contains no secret."""

import base64

from helpdesk import key_derivation, urls
from helpdesk.key_derivation import Purpose
from helpdesk.models.sign_in_link import SignInLink
from helpdesk.models.thread import Thread

NUMBER_DIGITS = 3  # of 1,000 numbers a person who was asked by somebody else guesses one in three attempts
# Crockford's base 32: 8 characters are 40 bits, and no two characters look alike.
CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_token(link: SignInLink) -> str:
    """Return the token of a new sign-in link, 43 characters (256 bits), made with the current key."""
    return _encode_token(key_derivation.sign(Purpose.SIGN_IN_LINK, link.nonce))


def link_token(link: SignInLink) -> str:
    """Return the token of ``link``; "" if the key it was made with is no longer accepted."""
    return key_derivation.matching_token(Purpose.SIGN_IN_LINK, link.nonce, link.token_hash, _encode_token) or ""


def link_code(link: SignInLink) -> str:
    """Return the code of 8 characters to type in the tab where the link was requested."""
    return _encode_code(key_derivation.sign(Purpose.SIGN_IN_CODE, link.nonce))


def is_code(link: SignInLink, typed: str) -> bool:
    """Whether ``typed``, which is normalised, is the link's code under one of the accepted keys."""
    return key_derivation.is_signed(Purpose.SIGN_IN_CODE, link.nonce, typed, _encode_code)


def link_number(link: SignInLink) -> str:
    """Return the number that the requesting browser shows, to type where the sign-in is approved in another one."""
    return _encode_number(key_derivation.sign(Purpose.SIGN_IN_NUMBER, link.nonce))


def is_number(link: SignInLink, typed: str) -> bool:
    """Whether ``typed`` is the link's number under one of the accepted keys."""
    return key_derivation.is_signed(Purpose.SIGN_IN_NUMBER, link.nonce, typed, _encode_number)


def unsubscribe_url(thread: Thread) -> str:
    """Return the URL with which one click ends a person's mail about one ticket (RFC 8058), and nothing else."""
    return urls.absolute_url(f"/unsubscribe/{thread.id}/{unsubscribe_token(thread)}")


def unsubscribe_token(thread: Thread) -> str:
    """Return the token of the unsubscribe link in the mails of ``thread``."""
    return _encode_unsubscribe(key_derivation.sign(Purpose.UNSUBSCRIBE, _unsubscribe_text(thread)))


def is_unsubscribe_token(thread: Thread, given: str) -> bool:
    """Whether ``given`` is the token of ``thread`` under one of the accepted keys."""
    return key_derivation.is_signed(Purpose.UNSUBSCRIBE, _unsubscribe_text(thread), given, _encode_unsubscribe)


def installation_id() -> str:
    """Return the id in the header of our mails, by which we recognise them when we receive them."""
    return list_installation_ids()[0]


def list_installation_ids() -> tuple[str, ...]:
    """Return the installation id under each accepted key, the current key's first."""
    return tuple(signature.hex()[:24] for signature in key_derivation.sign_with_each(Purpose.MAIL_INSTANCE, ""))


def _unsubscribe_text(thread: Thread) -> str:
    return f"{thread.id} {thread.user_id}"


def _encode_token(signature: bytes) -> str:
    return base64.urlsafe_b64encode(signature).decode().rstrip("=")


def _encode_unsubscribe(signature: bytes) -> str:
    return base64.urlsafe_b64encode(signature[:18]).decode()


def _encode_number(signature: bytes) -> str:
    return f"{int.from_bytes(signature, 'big') % 10**NUMBER_DIGITS:0{NUMBER_DIGITS}}"


def _encode_code(signature: bytes) -> str:
    number = int.from_bytes(signature, "big")
    characters = []
    for _ in range(8):
        number, index = divmod(number, len(CODE_ALPHABET))
        characters.append(CODE_ALPHABET[index])
    return "".join(characters)
