"""The last step of every sign-in method: start the session and redirect."""

from urllib.parse import urlencode

from flask import Response, redirect

from helpdesk.domain.administration import audit_log
from helpdesk.domain.authentication.login import LoginResult
from helpdesk.extensions import db
from helpdesk.models.sign_in_connection import SignInConnection
from helpdesk.web.middleware import authentication, authorization


def complete_login(
    result: LoginResult,
    provider: str,
    next_path: str | None,
    *,
    has_second_factor: bool = False,
    connection: SignInConnection | None = None,
    provider_session: str | None = None,
) -> Response:
    """Sign in the user of ``result``, commit and redirect; a person of several organizations chooses first."""
    authentication.sign_in(
        result.user,
        provider,
        has_second_factor=has_second_factor,
        connection=connection,
        provider_session=provider_session,
    )
    named = connection.name if connection is not None else provider
    authentication.audit_sign_in(audit_log.SIGNED_IN, result.user, provider=named)
    db.session.commit()
    target = authorization.get_safe_next_path(next_path) or authentication.get_landing_path(result.user)
    if len(result.organizations) > 1:
        target = "/account/organization?" + urlencode({"next": target})
    response = redirect(target, 303)
    authentication.remember_browser(response, result.user)
    return response
