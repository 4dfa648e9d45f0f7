"""The second factor of the team: codes of an authenticator app (TOTP, RFC 6238), and recovery codes.

Everybody of the team may set one up. The setting ``second_factor_for`` says who must. A provider that has asked for
several factors itself (claim ``amr``, RFC 8176) counts instead.
"""

import base64
import secrets
from datetime import timedelta

import pyotp
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import delete, func, select, update

from helpdesk import clock, config, key_derivation
from helpdesk.database.types import affected_rows
from helpdesk.domain.administration import audit_log, settings
from helpdesk.domain.authentication.sessions import SessionInfo
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import permissions, session_revocation
from helpdesk.extensions import db
from helpdesk.key_derivation import Purpose
from helpdesk.models.second_factor import Authenticator, RecoveryCode
from helpdesk.models.session import Session
from helpdesk.models.user import User

STEP_SECONDS = 30
RECOVERY_CODES = 10
MAX_FAILURES = 5  # wrong codes, after which codes are refused for LOCK_TIME
LOCK_TIME = timedelta(minutes=5)
RECENT_PROOF = timedelta(minutes=15)
MULTI_FACTOR_METHODS = {"mfa", "hwk", "fido", "ngcmfa"}  # of the claim amr: RFC 8176, and Microsoft's own
CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
ON, OFF, ADMINS, TEAM = "turned the second factor on", "turned the second factor off", "admins", "team"
WRONG = "This code is wrong or was used already. Write the six digits that the app shows now, or a recovery code."


def is_required_of(user: User) -> bool:
    """Whether ``user`` has to have a second factor."""
    whom = settings.get("second_factor_for")
    return user.is_team and (whom == TEAM or (whom == ADMINS and user.is_admin))


def is_on(user: User) -> bool:
    """Whether ``user`` has confirmed an authenticator app."""
    found = db.session.get(Authenticator, user.id)
    return found is not None and found.confirmed_at is not None


def find_missing_step(user: User, session: SessionInfo) -> str:
    """What ``session`` of ``user`` still needs: "code", "set_up" or "" for nothing. No query."""
    if session.second_factor_at is not None or not user.is_team:
        return ""
    if session.has_authenticator:
        return "code"
    return "set_up" if is_required_of(user) else ""


def begin_set_up(user: User) -> str:
    """Return the secret for the app of ``user``, in base 32; the same until it is confirmed. Raises ConflictError."""
    permissions.ensure(user.is_team and user.is_active, "The second factor is for the team.")
    found = db.session.get(Authenticator, user.id)
    if found is not None and found.confirmed_at is not None:
        raise ConflictError("The second factor is on already.")
    if found is not None and (secret := _decrypt(found.secret)):
        return secret
    secret = pyotp.random_base32()
    if found is None:
        found = Authenticator(user_id=user.id)
        db.session.add(found)
    found.secret, found.last_step, found.failures = _encrypt(secret), 0, 0
    db.session.flush()
    return secret


def provisioning_uri(user: User, secret: str) -> str:
    """The otpauth address that an app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=settings.get("portal_name"))


def finish_set_up(user: User, code: str, session_id: int) -> list[str]:
    """Turn the second factor on after a first right ``code``; returns the recovery codes, which are shown once.

    Sessions of ``user`` but ``session_id`` end. Raises ValidationError.
    """
    begin_set_up(user)
    found = _lock(user)
    if found is None or not _accept_app_code(found, code):
        raise ValidationError(WRONG, "code")
    found.confirmed_at = clock.now()
    codes = _make_recovery_codes(user)
    record_proof(session_id)
    session_revocation.revoke_user_sessions(user, except_id=session_id)
    audit_log.add_entry(ON, user, user.email)
    return codes


def check_code(user: User, code: str) -> bool:
    """Whether ``code`` is right: the app's, or an unused recovery code. Counted, so the caller commits either way."""
    found = _lock(user)
    if found is None or found.confirmed_at is None:
        return False
    if found.failures >= MAX_FAILURES and found.failed_at and found.failed_at > clock.now() - LOCK_TIME:
        return False
    if _accept_app_code(found, code) or _use_recovery_code(user, code):
        found.failures = 0
        return True
    found.failures, found.failed_at = found.failures + 1, clock.now()
    audit_log.add_entry(audit_log.WRONG_CODE, user, user.email, second_factor=True)
    return False


def record_proof(session_id: int) -> None:
    """Record that the second factor was given in this session now."""
    now = clock.now()
    db.session.execute(
        update(Session)
        .where(Session.id == session_id)
        .values(second_factor_at=now, proved_at=now)
        .execution_options(synchronize_session=False)
    )


def renew_recovery_codes(user: User) -> list[str]:
    """Replace the recovery codes of ``user``; returns the new ones, which are shown once. Raises ConflictError."""
    if not is_on(user):
        raise ConflictError("Turn the second factor on first.")
    audit_log.add_entry("made new recovery codes", user, user.email)
    return _make_recovery_codes(user)


def count_recovery_codes(user: User) -> int:
    """How many recovery codes are left."""
    left = select(func.count()).where(RecoveryCode.user_id == user.id, RecoveryCode.used_at.is_(None))
    return db.session.scalar(left) or 0


def turn_off(user: User, *, actor: User | None = None) -> None:
    """Remove the second factor of ``user``: their own, or as an admin that of somebody who lost app and codes.

    Without ``actor`` it is the command line. Their sessions end unless it was they. Raises PermissionDenied.
    """
    is_own = actor is not None and user.id == actor.id
    permissions.ensure(actor is None or is_own or permissions.can_administer(actor), "Only admins do this.")
    for table in (RecoveryCode, Authenticator):
        db.session.execute(delete(table).where(table.user_id == user.id))
    if not is_own:
        session_revocation.revoke_user_sessions(user)
    audit_log.add_entry(OFF, actor, user.email)


def _lock(user: User) -> Authenticator | None:
    row = select(Authenticator).where(Authenticator.user_id == user.id).with_for_update()
    return db.session.scalar(row.execution_options(populate_existing=True))


def _accept_app_code(found: Authenticator | None, code: str) -> bool:
    """Whether ``code`` is of the present step or one beside it, later than the last accepted one (RFC 6238, 5.2)."""
    digits = "".join(code.split())
    secret = _decrypt(found.secret) if found is not None else ""
    if found is None or not secret or not (digits.isascii() and digits.isdecimal() and len(digits) == 6):
        return False
    totp, present = pyotp.TOTP(secret), int(clock.now().timestamp()) // STEP_SECONDS
    for step in (present - 1, present, present + 1):
        if step > found.last_step and secrets.compare_digest(totp.at(step * STEP_SECONDS), digits):
            found.last_step = step
            return True
    return False


def _use_recovery_code(user: User, code: str) -> bool:
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
        audit_log.add_entry("used a recovery code", user, user.email, left=count_recovery_codes(user))
        return True
    return False


def _make_recovery_codes(user: User) -> list[str]:
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    codes = ["".join(secrets.choice(CODE_ALPHABET) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    db.session.add_all([RecoveryCode(user_id=user.id, code_hash=_hashes(user, code)[0]) for code in codes])
    db.session.flush()
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def _hashes(user: User, code: str) -> list[str]:
    """The stored forms of a typed recovery code under each accepted key, the current key's first."""
    text = "".join(character for character in code.upper() if character in CODE_ALPHABET)[:40]
    signed = key_derivation.sign_with_each(Purpose.RECOVERY_CODE, f"{user.id} {text}")
    return [signature.hex() for signature in signed]


def _fernet() -> MultiFernet:
    current = config.current()
    keys = (
        key_derivation.derive_key(Purpose.AUTHENTICATOR, key)
        for key in (current.SECRET_KEY, *current.SECRET_KEY_FALLBACKS)
    )
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])


def _encrypt(secret: str) -> str:
    return _fernet().encrypt(secret.encode()).decode()


def _decrypt(stored: str) -> str:
    """The secret; "" if its key is no longer accepted."""
    try:
        return _fernet().decrypt(stored.encode()).decode()
    except InvalidToken:
        return ""
