"""Passkeys and security keys as a second factor (WebAuthn level 2), checked by the library ``webauthn``.

A key signs a random challenge of one session, once. It is asked for after the sign-in by link or provider, so touching
it is enough; it need not know its owner. Several keys have names.
"""

import ipaddress
import json
import logging
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from helpdesk import clock, config, key_derivation
from helpdesk.domain.administration import audit_log, settings
from helpdesk.domain.authentication import passkey_challenges, second_factor
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.people import permissions
from helpdesk.extensions import db
from helpdesk.key_derivation import Purpose
from helpdesk.markup.one_line import to_one_line
from helpdesk.models.second_factor import Passkey
from helpdesk.models.user import User
from helpdesk.translation import gettext, lazy_gettext

if TYPE_CHECKING:
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor
    from webauthn.registration.verify_registration_response import VerifiedRegistration

Result = TypeVar("Result")

log = logging.getLogger(__name__)

MAX_PASSKEYS = 20  # of one person
MAX_ANSWER_LENGTH = 20_000  # characters of what a browser sends
MAX_NAME_LENGTH = 80
REFUSED = lazy_gettext("This passkey was not accepted. Try once more, use another one, or type a code.")


def are_possible() -> bool:
    """Whether browsers offer passkeys at the portal's address: https and a name, or localhost (WebAuthn, 5.1.3)."""
    parts = urlsplit(config.current().PORTAL_BASE_URL)
    try:
        ipaddress.ip_address(parts.hostname or "")
    except ValueError:
        return bool(parts.scheme == "https" or parts.hostname == "localhost")
    return False


def list_passkeys(user: User) -> list[Passkey]:
    """Return the passkeys of ``user``, the oldest first."""
    return list(db.session.scalars(select(Passkey).where(Passkey.user_id == user.id).order_by(Passkey.id)))


def begin_registration(user: User, session_id: int) -> str:
    """The options for ``navigator.credentials.create``, as JSON, with a new challenge. Raises ValidationError."""
    permissions.ensure(user.is_team and user.is_active, gettext("The second factor is for the team."))
    present = list_passkeys(user)
    if len(present) >= MAX_PASSKEYS:
        raise ValidationError(gettext("There are 20 passkeys already. Remove one first."))
    webauthn = _load_library()
    structs = webauthn.helpers.structs
    options = webauthn.generate_registration_options(
        rp_id=_rp_id(),
        rp_name=settings.get("portal_name"),
        user_id=key_derivation.sign(Purpose.PASSKEY_OWNER, str(user.id)),
        user_name=user.email,
        user_display_name=user.display_name,
        challenge=passkey_challenges.add(session_id),
        timeout=int(passkey_challenges.LIFETIME.total_seconds() * 1000),
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.PREFERRED,
            user_verification=structs.UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=_describe(present),
    )
    text: str = webauthn.options_to_json(options)
    return text


def finish_registration(user: User, session_id: int, *, answer: str, challenge: str, name: str) -> list[str]:
    """Add the passkey that a browser made; returns recovery codes as ``second_factor.turn_on`` does.

    ``answer``: its credential as JSON; ``challenge``: that of the options. Raises ValidationError.
    """
    permissions.ensure(user.is_team and user.is_active, gettext("The second factor is for the team."))
    expected = passkey_challenges.redeem(session_id, challenge)
    credential = _parse(answer)

    def verify() -> "VerifiedRegistration":
        webauthn = _load_library()
        verified: VerifiedRegistration = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=expected,
            expected_rp_id=_rp_id(),
            expected_origin=_origin(),
        )
        # A key that cannot be used would be noticed only at the next sign-in.
        key = webauthn.helpers.decode_credential_public_key(verified.credential_public_key)
        webauthn.helpers.decoded_public_key_to_cryptography(key)
        return verified

    verified = _call_library(verify)
    row = second_factor.lock_row(user)
    was_on = second_factor.is_on(user)
    if len(list_passkeys(user)) >= MAX_PASSKEYS:
        raise ValidationError(gettext("There are 20 passkeys already. Remove one first."))
    passkey = Passkey(
        user_id=row.user_id,
        credential_id=passkey_challenges.to_base64url(verified.credential_id),
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        name=to_one_line(name)[:MAX_NAME_LENGTH] or gettext("Passkey"),
    )
    try:
        with db.session.begin_nested():
            db.session.add(passkey)
    except IntegrityError:
        raise ValidationError(gettext("This passkey is registered already.")) from None
    return second_factor.turn_on(user, session_id, was_on=was_on, method="passkey", name=passkey.name)


def begin_authentication(user: User, session_id: int) -> str:
    """Return the options for ``navigator.credentials.get``, as JSON, with a new challenge."""
    webauthn = _load_library()
    options = webauthn.generate_authentication_options(
        rp_id=_rp_id(),
        challenge=passkey_challenges.add(session_id),
        timeout=int(passkey_challenges.LIFETIME.total_seconds() * 1000),
        allow_credentials=_describe(list_passkeys(user)),
        user_verification=webauthn.helpers.structs.UserVerificationRequirement.PREFERRED,
    )
    text: str = webauthn.options_to_json(options)
    return text


def check_passkey(user: User, session_id: int, *, answer: str, challenge: str) -> None:
    """Check that a passkey of ``user`` signed ``challenge`` for this session. Raises ValidationError.

    The challenge is used up, so the caller commits either way.
    """
    expected = passkey_challenges.redeem(session_id, challenge)
    try:
        credential = _parse(answer)
        found = db.session.scalar(
            select(Passkey)
            .where(Passkey.user_id == user.id, Passkey.credential_id == str(credential.get("id")))
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        if found is None:
            raise ValidationError(REFUSED)
        passkey = found
        verified = _call_library(
            lambda: _load_library().verify_authentication_response(
                credential=credential,
                expected_challenge=expected,
                expected_rp_id=_rp_id(),
                expected_origin=_origin(),
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
            )
        )
    except ValidationError:
        audit_log.add_entry(audit_log.WRONG_CODE, user, user.email, second_factor=True, passkey=True)
        raise
    found.sign_count, found.last_used_at = verified.new_sign_count, clock.now()


def remove_passkey(user: User, passkey_id: int) -> bool:
    """Remove a passkey of ``user``; with the last of their factors everything is off. False if it is not theirs."""
    second_factor.lock_row(user)
    found = next((each for each in list_passkeys(user) if each.id == passkey_id), None)
    if found is None:
        return False
    name = found.name
    db.session.delete(found)
    db.session.flush()
    if not second_factor.is_on(user):
        second_factor.turn_off(user, actor=user)
    else:
        audit_log.add_entry("removed from the second factor", user, user.email, method="passkey", name=name)
    return True


def _parse(answer: str) -> dict[str, Any]:
    """What a browser sent, as an object of JSON. Raises ValidationError."""
    try:
        credential = json.loads(answer) if len(answer) <= MAX_ANSWER_LENGTH else None
    except (ValueError, RecursionError):
        credential = None
    if not isinstance(credential, dict):
        raise ValidationError(REFUSED)
    return credential


def _call_library(verify: Callable[[], Result]) -> Result:
    """What ``verify`` returns. Raises ValidationError whatever it raises: the bytes it reads may be anything."""
    try:
        return verify()
    except Exception as error:
        log.info("A passkey was refused: %s", type(error).__name__)
        raise ValidationError(REFUSED) from None


def _describe(passkeys: list[Passkey]) -> "list[PublicKeyCredentialDescriptor]":
    structs = _load_library().helpers.structs
    ids = (passkey_challenges.from_base64url(each.credential_id) for each in passkeys)
    return [structs.PublicKeyCredentialDescriptor(id=id) for id in ids]


@cache
def _load_library() -> Any:
    """Return the library, loaded when the first passkey is used: it takes a tenth of the start of every process."""
    import webauthn

    return webauthn


def _rp_id() -> str:
    """Return the name that passkeys are bound to: the host of the portal."""
    return urlsplit(config.current().PORTAL_BASE_URL).hostname or ""


def _origin() -> str:
    parts = urlsplit(config.current().PORTAL_BASE_URL)
    return f"{parts.scheme}://{parts.netloc}"
