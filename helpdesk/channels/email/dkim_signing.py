"""Sign mail with DKIM and our own key, for installations whose mail server does not sign."""

import base64
from dataclasses import dataclass, field

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from helpdesk import config as configuration

# Also the fields an attacker would want to add or double: signing one more From than there is forbids a second.
_SIGNED_FIELDS = (
    b"from",
    b"from",
    b"to",
    b"subject",
    b"subject",
    b"date",
    b"message-id",
    b"reply-to",
    b"reply-to",
    b"in-reply-to",
    b"references",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
    b"mime-version",
    b"content-type",
    b"auto-submitted",
)


@dataclass(frozen=True)
class DkimKey:
    """A private RSA key (PEM) and the place of its public half in the DNS: ``<selector>._domainkey.<domain>``."""

    domain: str
    selector: str
    private_key: str = field(repr=False)


def configured_key(domain: str, config: configuration.Config | None = None) -> DkimKey | None:
    """Return the key of DKIM_PRIVATE_KEY for mail from ``domain``, or None where the mail server signs."""
    config = config or configuration.current()
    return DkimKey(domain, config.DKIM_SELECTOR, config.DKIM_PRIVATE_KEY) if config.DKIM_PRIVATE_KEY else None


def generate_key(domain: str, selector: str = "helpdesk") -> DkimKey:
    """Generate a new 2048-bit key for ``domain``."""
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = made.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return DkimKey(domain, selector, pem.decode())


def public_key_record(key: DkimKey) -> str:
    """Return the text of the TXT record that lets receivers check ``key``. Raises ValueError with a sentence for an
    unusable key.
    """
    try:
        private = serialization.load_pem_private_key(key.private_key.encode(), password=None)
        public = private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    except (ValueError, TypeError):
        raise ValueError("The DKIM key is not a private key in PEM form.") from None
    return f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"


def sign_mail(raw: bytes, key: DkimKey) -> bytes:
    """Return ``raw`` with a DKIM-Signature in front. Raises ValueError with a sentence for an unusable key."""
    try:
        signature = dkim.sign(
            raw,
            key.selector.encode(),
            key.domain.encode(),
            key.private_key.encode(),
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=list(_SIGNED_FIELDS),
        )
    except dkim.DKIMException as error:
        raise ValueError(f"The DKIM key cannot sign: {error}.") from None
    return signature + raw
