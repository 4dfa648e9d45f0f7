"""Encrypt a notice for one browser (RFC 8291) and prove who sends it (VAPID, RFC 8292)."""

import base64
from dataclasses import dataclass
from urllib.parse import urlsplit

import http_ece
import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from helpdesk import clock
from helpdesk.domain.notifications import browsers

TTL_SECONDS = 12 * 3600  # for which a push service keeps a notice for a browser that is off
PROOF_SECONDS = 3600  # of a token; a push service accepts at most 24 hours


@dataclass(frozen=True)
class PushMessage:
    """One notice for one browser. ``content``: what the service worker reads, as JSON."""

    endpoint: str
    public_key: str
    auth_secret: str
    private_key: ec.EllipticCurvePrivateKey
    contact: str
    content: bytes


def encrypt(message: PushMessage) -> bytes:
    """Return the body of the request, which only that browser can read."""
    return bytes(
        http_ece.encrypt(
            message.content,
            private_key=ec.generate_private_key(ec.SECP256R1()),
            dh=_decode(message.public_key),
            auth_secret=_decode(message.auth_secret),
            version="aes128gcm",
        )
    )


def make_headers(message: PushMessage, key: str) -> dict[str, str]:
    """Return the headers of the request. A notice with the same ``key`` replaces one that is not delivered yet."""
    parts = urlsplit(message.endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int(clock.now().timestamp()) + PROOF_SECONDS,
        "sub": message.contact,
    }
    token = jwt.encode(claims, message.private_key, algorithm="ES256")
    return {
        "Authorization": f"vapid t={token}, k={browsers.encode_public_key(message.private_key)}",
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(TTL_SECONDS),
        "Topic": key[:32],
        "Urgency": "normal",
    }


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
