"""The second factor of the team: an authenticator app (TOTP, RFC 6238) or passkeys, and recovery codes.

Everybody of the team may set one up. The setting ``second_factor_for`` says who must. A provider that has asked for
several factors itself (claims ``amr``, RFC 8176, and ``acr``) counts instead.
"""

import secrets
from datetime import timedelta
from typing import Any

import pyotp
from sqlalchemy import delete, select, update

from helpdesk import clock, encryption
from helpdesk.domain import idempotency
from helpdesk.domain.administration import audit_log, settings
from helpdesk.domain.authentication import recovery_codes, typed_codes
from helpdesk.domain.authentication.sessions import SessionInfo
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import permissions, session_revocation
from helpdesk.extensions import db
from helpdesk.key_derivation import Purpose
from helpdesk.models.second_factor import Authenticator, Passkey, RecoveryCode
from helpdesk.models.session import Session
from helpdesk.models.user import User
from helpdesk.translation import gettext, lazy_gettext

STEP_SECONDS = 30
MAX_FAILURES = 5  # wrong codes, after which codes are refused for LOCK_TIME
LOCK_TIME = timedelta(minutes=5)
RECENT_PROOF = timedelta(minutes=15)
MULTI_FACTOR_METHODS = {"mfa", "hwk", "fido", "ngcmfa"}  # of the claim amr: RFC 8176, and Microsoft's own
# Of the claim acr: Microsoft's, and those of OpenID Connect Extended Authentication Profile 1.0, section 4.
MULTI_FACTOR_CONTEXTS = {"http://schemas.microsoft.com/claims/multipleauthn", "phr", "phrh"}
ON, OFF, ADMINS, TEAM = "turned the second factor on", "turned the second factor off", "admins", "team"
WRONG = lazy_gettext(
    "This code is wrong or was used already. Write the six digits that the app shows now, or a recovery code."
)


def is_required_of(user: User) -> bool:
    """Whether ``user`` has to have a second factor."""
    whom = settings.get("second_factor_for")
    return user.is_team and (whom == TEAM or (whom == ADMINS and user.is_admin))


def is_on(user: User) -> bool:
    """Whether ``user`` has a second factor: an app or a passkey."""
    return has_app(user) or has_passkey(user)


def has_app(user: User) -> bool:
    """Whether ``user`` has confirmed an authenticator app."""
    found = db.session.get(Authenticator, user.id)
    return found is not None and found.confirmed_at is not None


def has_passkey(user: User) -> bool:
    """Whether ``user`` has a passkey."""
    return db.session.scalar(select(Passkey.id).where(Passkey.user_id == user.id).limit(1)) is not None


def find_missing_step(user: User, session: SessionInfo) -> str:
    """What ``session`` of ``user`` still needs: "code", "set_up" or "" for nothing. No query."""
    if session.second_factor_at is not None or not user.is_team:
        return ""
    if session.has_second_factor:
        return "code"
    return "set_up" if is_required_of(user) else ""


def begin_set_up(user: User) -> str:
    """Return the secret for the app of ``user``, in base 32; the same until it is confirmed. Raises ConflictError."""
    permissions.ensure(user.is_team and user.is_active, gettext("The second factor is for the team."))
    found = db.session.get(Authenticator, user.id)
    if found is not None and found.confirmed_at is not None:
        raise ConflictError(gettext("Your account has an authenticator app already."))
    if found is not None and (secret := encryption.decrypt(Purpose.AUTHENTICATOR, found.secret)):
        return secret
    secret = pyotp.random_base32()
    found = found or add_row(user)
    found.secret, found.last_step = encryption.encrypt(Purpose.AUTHENTICATOR, secret), 0
    db.session.flush()
    return secret


def add_row(user: User) -> Authenticator:
    """Return the row in which wrong codes of ``user`` are counted; made now, without an app, if there is none."""
    found = db.session.get(Authenticator, user.id)
    if found is None:
        found = Authenticator(user_id=user.id, secret="", last_step=0, failures=0)
        db.session.add(found)
        db.session.flush()
    return found


def provisioning_uri(user: User, secret: str) -> str:
    """Return the otpauth address that an app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=settings.get("portal_name"))


def finish_set_up(user: User, code: str, session_id: int) -> list[str]:
    """Add the app after a first right ``code``; returns recovery codes as ``turn_on`` does.

    Sent twice, the second sending is answered with new recovery codes in place of those that were not seen. Raises
    ValidationError, and ConflictError where there is an app already.
    """
    found = _lock(user)
    if found is not None and _is_repeated(found, code):
        return [] if has_passkey(user) or recovery_codes.has_used(user) else recovery_codes.make(user)
    begin_set_up(user)
    found = _lock(user)
    if found is None or not _accept_app_code(found, code):
        raise ValidationError(WRONG, "code")
    was_on = is_on(user)
    found.confirmed_at = clock.now()
    return turn_on(user, session_id, was_on=was_on, method="app")


def turn_on(user: User, session_id: int, *, was_on: bool, **details: Any) -> list[str]:
    """Finish adding an app or a passkey. Sessions of ``user`` but ``session_id`` end, which has proved it.

    Returns the recovery codes, which are shown once; none if ``was_on``, as there are codes then.
    """
    record_proof(session_id)
    session_revocation.revoke_user_sessions(user, except_id=session_id)
    audit_log.add_entry("added to the second factor" if was_on else ON, user, user.email, **details)
    return [] if was_on else recovery_codes.make(user)


def check_code(user: User, code: str) -> bool:
    """Whether ``code`` is right: the app's, or an unused recovery code. Counted, so the caller commits either way."""
    found = _lock(user)
    if found is None or not is_on(user):
        return False
    if found.failures >= MAX_FAILURES and found.failed_at and found.failed_at > clock.now() - LOCK_TIME:
        return False
    if (found.confirmed_at and _accept_app_code(found, code)) or recovery_codes.use(user, code):
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


def turn_off(user: User, *, actor: User | None = None) -> None:
    """Remove the second factor of ``user``: their own, or as an admin that of somebody who lost app and codes.

    Without ``actor`` it is the command line. Their sessions end unless it was they. Raises PermissionDenied.
    """
    is_own = actor is not None and user.id == actor.id
    permissions.ensure(actor is None or is_own or permissions.can_administer(actor), gettext("Only admins do this."))
    was_on = is_on(user)
    for table in (RecoveryCode, Authenticator, Passkey):
        db.session.execute(delete(table).where(table.user_id == user.id))
    if not is_own:
        session_revocation.revoke_user_sessions(user)
    if was_on:
        audit_log.add_entry(OFF, actor, user.email)


def remove_app(user: User) -> None:
    """Remove the authenticator app of ``user``; with the last of their factors everything is off."""
    if not has_passkey(user):
        return turn_off(user, actor=user)
    found = _lock(user)
    if found is not None:
        found.secret, found.confirmed_at, found.last_step = "", None, 0
    audit_log.add_entry("removed from the second factor", user, user.email, method="app")
    return None


def lock_row(user: User) -> Authenticator:
    """Lock the row of ``user``, made now if there is none, so that changes of their factors follow each other."""
    add_row(user)
    found = _lock(user)
    assert found is not None
    return found


def _lock(user: User) -> Authenticator | None:
    row = select(Authenticator).where(Authenticator.user_id == user.id).with_for_update()
    return db.session.scalar(row.execution_options(populate_existing=True))


def _accept_app_code(found: Authenticator | None, code: str) -> bool:
    """Whether ``code`` is of the present step or one beside it, later than the last accepted one (RFC 6238, 5.2)."""
    digits = "".join(typed_codes.to_ascii(code).split())
    secret = encryption.decrypt(Purpose.AUTHENTICATOR, found.secret) if found is not None else ""
    if found is None or not secret or not (digits.isascii() and digits.isdecimal() and len(digits) == 6):
        return False
    totp, present = pyotp.TOTP(secret), int(clock.now().timestamp()) // STEP_SECONDS
    for step in (present - 1, present, present + 1):
        if step > found.last_step and secrets.compare_digest(totp.at(step * STEP_SECONDS), digits):
            found.last_step = step
            return True
    return False


def _is_repeated(found: Authenticator, code: str) -> bool:
    """Whether ``code`` is the one with which the app was added just now."""
    secret = encryption.decrypt(Purpose.AUTHENTICATOR, found.secret)
    is_recent = found.confirmed_at is not None and found.confirmed_at > clock.now() - idempotency.REPEAT_WINDOW
    digits = "".join(typed_codes.to_ascii(code).split())
    last = pyotp.TOTP(secret).at(found.last_step * STEP_SECONDS) if is_recent and secret else ""
    return bool(last) and secrets.compare_digest(last.encode(), digits.encode())


def renew_encryption() -> int:
    """Encrypt the secrets of apps with the present SECRET_KEY, before a former one is given up; how many. Commits not.

    Recovery codes and passkeys hold no secret that could be renewed.
    """
    changed = 0
    for found in db.session.scalars(select(Authenticator)):
        renewed = encryption.renew(Purpose.AUTHENTICATOR, found.secret)
        changed += renewed != found.secret
        found.secret = renewed
    return changed
