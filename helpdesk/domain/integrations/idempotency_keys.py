"""Do a program's request once, however often it is sent with the same Idempotency-Key.

The rule is that of the IETF draft on the header: the same key with the same request gives the first result, the same
key with another request is refused.
"""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from helpdesk import clock
from helpdesk.domain.errors import ValidationError
from helpdesk.extensions import db
from helpdesk.models.idempotency_key import IdempotencyKey

RETENTION = timedelta(days=7)


def do_once(token_id: int, key_hash: str | None, request_hash: str, create: Callable[[], int]) -> int:
    """Call ``create`` and commit, or find what it created before. Returns the id of the row it created.

    Without a key it is always called. Raises ValidationError where the key belongs to another request.
    """
    for is_last in (False, True):
        if key_hash and (earlier := db.session.get(IdempotencyKey, (token_id, key_hash))):
            if earlier.request_hash != request_hash:
                raise ValidationError("This key belongs to another request; use a new one.", "Idempotency-Key")
            return earlier.created_id
        try:
            created_id = create()
            if key_hash:
                values = {"token_id": token_id, "key_hash": key_hash, "request_hash": request_hash}
                db.session.add(IdempotencyKey(**values, created_id=created_id, created_at=clock.now()))
            db.session.commit()
            return created_id
        except IntegrityError:  # the same request at the same time was first
            db.session.rollback()
            if is_last or key_hash is None:
                raise
    raise AssertionError("unreachable")


def delete_old() -> None:
    """Delete the keys of requests older than ``RETENTION``."""
    db.session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < clock.now() - RETENTION))
