"""Sign requests: HMAC-SHA256 over id, time and body, in the headers of the Standard Webhooks scheme."""

import base64
import hmac
from collections.abc import Sequence


def signed_headers(key: str, secrets: Sequence[bytes], body: bytes, when: int) -> dict[str, str]:
    """Return the headers of one request; ``when`` is in seconds since 1970 and signed, so that an old request proves
    nothing.

    One signature for each of ``secrets``, separated by spaces: a receiver accepts the request if one of them fits.
    """
    signatures = " ".join(f"v1,{make_signature(key, secret, body, when)}" for secret in secrets)
    return {
        "Content-Type": "application/json",
        "User-Agent": "helpdesk-webhook/1",
        "webhook-id": key,
        "webhook-timestamp": str(when),
        "webhook-signature": signatures,
    }


def make_signature(key: str, secret: bytes, body: bytes, when: int) -> str:
    """Return the Base64 of the HMAC; receivers make the same and compare."""
    return base64.b64encode(hmac.digest(secret, f"{key}.{when}.".encode() + body, "sha256")).decode()
