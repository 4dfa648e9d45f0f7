"""The browsers that show notices by Web Push, and our key by which a push service knows us (VAPID, RFC 8292).

The private key is derived from SECRET_KEY. A browser accepts one public key only; after SECRET_KEY was rotated, those
that were added before are still written to with the key of SECRET_KEY_FALLBACKS.
"""

import base64
import binascii
from functools import lru_cache

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import delete, select

from helpdesk import key_derivation
from helpdesk.database.types import affected_rows
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.integrations import webhook_address
from helpdesk.extensions import db
from helpdesk.key_derivation import Purpose
from helpdesk.models.notification import PushSubscription
from helpdesk.models.user import User
from helpdesk.translation import gettext

MAX_BROWSERS = 20  # of one person; the oldest is removed
MAX_ENDPOINT_LENGTH = 2000  # characters
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
POINT_BYTES, AUTH_BYTES = 65, 16  # an uncompressed point of P-256, and RFC 8291's authentication secret


def public_key() -> str:
    """Our public key, as a browser wants it: an uncompressed point in base64url."""
    return encode_public_key(_private_key(key_derivation.secret_keys()[0]))


def encode_public_key(key: ec.EllipticCurvePrivateKey) -> str:
    """Return the public key of ``key`` as an uncompressed point in base64url."""
    form = serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    return base64.urlsafe_b64encode(key.public_key().public_bytes(*form)).decode().rstrip("=")


def find_private_key(subscription: PushSubscription) -> ec.EllipticCurvePrivateKey | None:
    """The private key of the public key that the browser accepts; None if its SECRET_KEY is no longer accepted."""
    for secret in key_derivation.secret_keys():
        key = _private_key(secret)
        if key_derivation.fingerprint(encode_public_key(key)) == subscription.server_key:
            return key
    return None


def add_browser(
    user: User, session_id: int, *, endpoint: str, p256dh: str, auth: str, user_agent: str = ""
) -> PushSubscription:
    """Add the browser with which ``user`` is signed in, or renew it. Raises ValidationError."""
    problem = webhook_address.url_error(endpoint) if len(endpoint) <= MAX_ENDPOINT_LENGTH else "long"
    keys_fit = _decoded_length(p256dh) == POINT_BYTES and _decoded_length(auth) == AUTH_BYTES
    if problem or not keys_fit:
        raise ValidationError(gettext("This browser’s notices cannot be used."), "endpoint")
    fingerprint = key_derivation.fingerprint(endpoint)
    found = db.session.scalar(select(PushSubscription).where(PushSubscription.endpoint_hash == fingerprint))
    if found is None:
        found = PushSubscription(endpoint_hash=fingerprint, endpoint=endpoint)
        db.session.add(found)
    found.user_id, found.session_id = user.id, session_id
    found.public_key, found.auth_secret, found.user_agent = p256dh, auth, user_agent[:300]
    found.server_key = key_derivation.fingerprint(public_key())
    db.session.flush()
    for surplus in list_browsers(user)[MAX_BROWSERS:]:
        db.session.delete(surplus)
    return found


def list_browsers(user: User) -> list[PushSubscription]:
    """Return the browsers that show notices to ``user``, the newest first."""
    query = select(PushSubscription).where(PushSubscription.user_id == user.id)
    return list(db.session.scalars(query.order_by(PushSubscription.id.desc())))


def remove_browser(user: User, browser_id: int) -> bool:
    """Remove a browser of ``user``; returns whether there was one."""
    mine = delete(PushSubscription).where(PushSubscription.id == browser_id, PushSubscription.user_id == user.id)
    return bool(affected_rows(db.session.execute(mine)))


@lru_cache(maxsize=8)
def _private_key(secret: str) -> ec.EllipticCurvePrivateKey:
    number = int.from_bytes(key_derivation.derive_key(Purpose.BROWSER_NOTICE, secret))
    return ec.derive_private_key(number % (P256_ORDER - 1) + 1, ec.SECP256R1())


def _decoded_length(text: str) -> int:
    """Return the number of bytes that ``text`` encodes in base64url; 0 if it encodes none."""
    try:
        return len(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        return 0
