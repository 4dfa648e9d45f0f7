"""Links that carry a right: what they say is derived from a random nonce and our key, so that the database holds no secret."""

import base64

from helpdesk import keys, urls
from helpdesk.models.channel import Thread
from helpdesk.models.session import SignInLink

CODE_ALPHABET = (
    "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: 40 bits in 8 characters, none mistaken for another
)


def link_token(link: SignInLink) -> str:
    """The 43 characters (256 bits) of a sign-in link's address."""
    return base64.urlsafe_b64encode(keys.sign("sign-in link", link.nonce)).decode().rstrip("=")


def link_code(link: SignInLink) -> str:
    """The 8 characters to type in the tab where the link was asked for."""
    digest = int.from_bytes(keys.sign("sign-in code", link.nonce), "big")
    characters = []
    for _ in range(8):
        digest, index = divmod(digest, len(CODE_ALPHABET))
        characters.append(CODE_ALPHABET[index])
    return "".join(characters)


def unsubscribe_url(thread: Thread) -> str:
    """Where one click ends a person's mail about one ticket (RFC 8058); good for nothing else."""
    return urls.absolute_url(f"/unsubscribe/{thread.id}/{unsubscribe_token(thread)}")


def unsubscribe_token(thread: Thread) -> str:
    return base64.urlsafe_b64encode(keys.sign("unsubscribe", f"{thread.id} {thread.user_id}")[:18]).decode()


def installation_id() -> str:
    """What our mails carry so that we know them when they come back; the same for the installation's life."""
    return keys.sign("mail instance", "").hex()[:24]
