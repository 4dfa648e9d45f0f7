"""Canonical email addresses. Every address that is compared, stored or mailed passes ``canonical_address``."""

import re
import unicodedata

import idna

from helpdesk.domain.email_address.public_domains import DOMAIN_FAMILIES, PUBLIC_DOMAINS
from helpdesk.translation import gettext

MAX_ADDRESS_LENGTH = 254
MAX_LOCAL_PART_LENGTH = 64
MAX_DOMAIN_LENGTH = 253

_WORD = r"[a-z0-9#$&'*+/=?^_`{|}~-]+"
_LOCAL_PART = re.compile(rf"{_WORD}(\.{_WORD})*")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_FAMILY = re.compile(rf"({'|'.join(DOMAIN_FAMILIES)})\.((com?\.)?[a-z]{{2}}|com|net|org|email)")


def canonical_address(text: str) -> str:
    """Exactly one address in lower case with its domain in ASCII: ``Ann@Müller.de`` is ``ann@xn--mller-kva.de``.

    Everything that two parsers could interpret differently is refused: display names, quotes, comments, lists, routes,
    control characters, non-ASCII characters before the @, a dot at the end. Raises ValueError with a sentence for the
    person who typed it.
    """
    text = (text or "").strip(" ")
    if not text:
        raise ValueError(gettext("Enter an email address."))
    if len(text) > MAX_ADDRESS_LENGTH:
        raise ValueError(gettext("This address is too long to be an email address."))
    if any(character.isspace() or not character.isprintable() for character in text):
        raise ValueError(gettext("An email address has no spaces, line breaks or invisible characters in it."))
    if text.count("@") != 1:
        raise ValueError(gettext("Enter one email address, like name@example.com."))
    local_part, domain = text.split("@")
    local_part = local_part.lower() if local_part.isascii() else local_part
    if "=?" in local_part or local_part.endswith("?="):
        raise ValueError(
            gettext("The part before the @ looks like an encoded word of a mail header, which no address is.")
        )
    if len(local_part) > MAX_LOCAL_PART_LENGTH or not _LOCAL_PART.fullmatch(local_part):
        raise ValueError(
            gettext("The part before the @ may have only plain letters, digits and a few signs such as . _ + -")
        )
    result = f"{local_part}@{canonical_domain(domain)}"
    if len(result) > MAX_ADDRESS_LENGTH:
        raise ValueError(gettext("This address is too long to be an email address."))
    return result


def canonical_domain(text: str) -> str:
    """One domain name in lower case and in ASCII. Raises ValueError with a sentence."""
    text = unicodedata.normalize("NFC", (text or "").strip(" ").lower())
    if not text or len(text) > MAX_DOMAIN_LENGTH:
        raise ValueError(gettext("Enter a domain, like example.com."))
    if set(text) & set("。．｡"):  # the library treats them as dots
        raise ValueError(gettext("The domain is not written like example.com."))
    try:
        domain = idna.encode(text).decode("ascii") if "xn--" in text or not text.isascii() else text
    except (idna.IDNAError, UnicodeError):
        raise ValueError(gettext("The domain has letters in it that no domain can have.")) from None
    labels = domain.split(".")
    if len(domain) > MAX_DOMAIN_LENGTH or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError(gettext("The domain is not written like example.com."))
    if len(labels) < 2 or labels[-1].isdigit():
        raise ValueError(gettext("The domain lacks its ending, like .com."))
    return domain


def domain_of(address: str) -> str:
    """The domain of a canonical address."""
    return address.split("@")[1]


def is_public_domain(domain: str) -> bool:
    """Whether anybody can get an address in the canonical ``domain``, so that it does not show their employer."""
    labels = domain.split(".")
    names = {".".join(labels[start:]) for start in range(len(labels) - 1)}  # the domain and its parents
    return bool(names & PUBLIC_DOMAINS) or any(_FAMILY.fullmatch(name) for name in names)


def mask_address(address: str) -> str:
    """An address shortened so that only its owner recognises it: ``ann@good.com`` is ``a***@good.com``."""
    local_part, _, domain = address.partition("@")
    return f"{local_part[:1]}***@{domain}"
