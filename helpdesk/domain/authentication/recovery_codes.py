"""Recovery codes: each replaces the authenticator app or a passkey once. Their keyed hashes are stored."""

import secrets

from sqlalchemy import delete, func, select, update

from helpdesk import clock, key_derivation
from helpdesk.database.types import affected_rows
from helpdesk.domain.administration import audit_log
from helpdesk.domain.authentication import typed_codes
from helpdesk.extensions import db
from helpdesk.key_derivation import Purpose
from helpdesk.models.second_factor import RecoveryCode
from helpdesk.models.user import User

COUNT = 10
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def make(user: User) -> list[str]:
    """Replace the recovery codes of ``user``; returns the new ones, which are shown once."""
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(10)) for _ in range(COUNT)]
    db.session.add_all([RecoveryCode(user_id=user.id, code_hash=_hashes(user, code)[0]) for code in codes])
    db.session.flush()
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def renew(user: User) -> list[str]:
    """Make new recovery codes because ``user`` asked for them; see ``make``."""
    audit_log.add_entry("made new recovery codes", user, user.email)
    return make(user)


def use(user: User, code: str) -> bool:
    """Use up ``code``, however it is typed; False if ``user`` has none like it."""
    used = db.session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user.id,
            RecoveryCode.code_hash.in_(_hashes(user, code)),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    if affected_rows(used) == 1:
        audit_log.add_entry("used a recovery code", user, user.email, left=count_left(user))
        return True
    return False


def count_left(user: User) -> int:
    """Return how many recovery codes are left."""
    left = select(func.count()).where(RecoveryCode.user_id == user.id, RecoveryCode.used_at.is_(None))
    return db.session.scalar(left) or 0


def has_used(user: User) -> bool:
    """Whether ``user`` has used one of the present codes."""
    return count_left(user) < COUNT


def _hashes(user: User, code: str) -> list[str]:
    """Return the stored forms of a typed recovery code under each accepted key, the current key's first."""
    text = "".join(character for character in typed_codes.to_ascii(code).upper() if character in ALPHABET)[:40]
    signed = key_derivation.sign_with_each(Purpose.RECOVERY_CODE, f"{user.id} {text}")
    return [signature.hex() for signature in signed]
