"""The last step of every way in: the session begins, and one lands where one wanted to go."""

from urllib.parse import urlencode

from flask import Response, redirect

from helpdesk.domain.authentication.login import LoginResult
from helpdesk.extensions import db
from helpdesk.web.middleware import authentication, authorization


def complete_login(entry: LoginResult, provider: str, next_path: str | None) -> Response:
    """Sign ``entry``'s user in, commit, and go on; a person of several organizations chooses first."""
    authentication.sign_in(entry.user, provider)
    db.session.commit()
    target = authorization.get_safe_next_path(next_path) or authentication.get_landing_path(entry.user)
    if len(entry.organizations) > 1:
        target = "/account/organization?" + urlencode({"next": target})
    return redirect(target, 303)
