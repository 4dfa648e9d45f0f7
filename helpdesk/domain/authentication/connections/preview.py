"""What a sign-in with certain claims would lead to: done in the open transaction, described, and taken back."""

from helpdesk.domain.authentication.connections import failures, roles, sign_in
from helpdesk.domain.authentication.login import NotAdmitted
from helpdesk.domain.authentication.oidc import EmailProofRequired
from helpdesk.domain.authentication.provider_claims import ProviderClaims, UnverifiedIdentity
from helpdesk.extensions import db
from helpdesk.models.sign_in_connection import SignInConnection
from helpdesk.models.user import User
from helpdesk.translation import gettext


def describe_outcome(connection: SignInConnection, claimed: ProviderClaims) -> str:
    """Return one sentence about what ``claimed`` would lead to. Rolls the transaction back."""
    try:
        result = sign_in.sign_in(connection, claimed)
        if isinstance(result, EmailProofRequired):
            return gettext(
                "A mail to %(email)s would ask them to prove the address once; then they are signed in.",
                email=result.email,
            )
        is_admin = claimed.gives == roles.ORGANIZATION_ADMIN
        return _describe_person(result.user, roles.ORGANIZATION_ADMIN if is_admin else "")
    except (NotAdmitted, UnverifiedIdentity) as error:
        reason = str(failures.REASONS.get(getattr(error, "reason", ""), ""))
        return gettext("Nobody would be signed in: %(reason)s", reason=reason or error.message)
    finally:
        db.session.rollback()


def _describe_person(user: User, gives: str) -> str:
    if user.is_team:
        return gettext(
            "%(email)s would be signed in to the team (%(role)s).",
            email=user.email,
            role=str(roles.GIVES_LABELS.get(user.role, user.role)),
        )
    return gettext(
        "%(email)s would be signed in to %(organization)s (%(sees)s).",
        email=user.email,
        organization=user.organization.name if user.organization else "",
        sees=str(roles.GIVES_LABELS[gives or user.ticket_visibility]),
    )
