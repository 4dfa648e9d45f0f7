"""The random challenges that passkeys sign: each belongs to one session and is used once."""

import base64
import secrets
from datetime import timedelta

from sqlalchemy import delete

from helpdesk import clock, key_derivation
from helpdesk.database.types import affected_rows
from helpdesk.domain.errors import ValidationError
from helpdesk.extensions import db
from helpdesk.models.second_factor import PasskeyChallenge
from helpdesk.translation import lazy_gettext

LIFETIME = timedelta(minutes=5)
TOO_LATE = lazy_gettext("This took more than five minutes, or was sent already. Try once more.")


def add(session_id: int) -> bytes:
    """Add a random challenge to the session and return it."""
    challenge = secrets.token_bytes(32)
    db.session.add(
        PasskeyChallenge(
            challenge_hash=key_derivation.fingerprint(to_base64url(challenge)),
            session_id=session_id,
            expires_at=clock.now() + LIFETIME,
        )
    )
    db.session.flush()
    return challenge


def redeem(session_id: int, challenge: str) -> bytes:
    """Use up the challenge of the session that was written as ``challenge``. Raises ValidationError."""
    taken = db.session.execute(
        delete(PasskeyChallenge)
        .where(
            PasskeyChallenge.challenge_hash == key_derivation.fingerprint(challenge[:100]),
            PasskeyChallenge.session_id == session_id,
            PasskeyChallenge.expires_at > clock.now(),
        )
        .execution_options(synchronize_session=False)
    )
    if affected_rows(taken) != 1:
        raise ValidationError(TOO_LATE)
    return from_base64url(challenge)


def to_base64url(data: bytes) -> str:
    """Write ``data`` as WebAuthn does: base64url without padding (RFC 4648, section 5)."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def from_base64url(text: str) -> bytes:
    """Read what ``to_base64url`` wrote."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
