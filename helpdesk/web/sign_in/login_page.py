"""The sign-in page with every method, and signing out."""

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from helpdesk import config
from helpdesk.domain.administration import settings
from helpdesk.domain.authentication import oidc, proof_of_work
from helpdesk.domain.authentication.connections import routing
from helpdesk.domain.content_translation.lookup import Part, translate_content
from helpdesk.domain.people import admission as rules
from helpdesk.extensions import db
from helpdesk.web.middleware import authentication, authorization

blueprint = Blueprint("sign_in", __name__)


@blueprint.get("/sign-in")
@authorization.public
def show_login_page() -> ResponseReturnValue:
    """The methods that are configured and enabled."""
    next_path = authorization.get_safe_next_path(request.args.get("next"))
    if current_user.is_authenticated:
        return redirect(next_path or authentication.get_landing_path(current_user))
    return render_login_page(next_path=next_path)


@blueprint.post("/sign-out")
@authorization.public
def sign_out() -> ResponseReturnValue:
    """End the session, and clear what the browser has stored for this site."""
    authentication.sign_out()
    db.session.commit()
    response = redirect("/sign-in", 303)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def render_login_page(
    next_path: str | None = None, email: str = "", errors: dict[str, Any] | None = None, status: int = 200
) -> tuple[str, int]:
    """The page, with the typed address and the errors."""
    html = render_template(
        "sign_in/page.html",
        welcome=translate_content(settings.get("welcome_text"), Part.sentence),
        ways=list_providers(),
        team_connections=routing.list_team_connections(),
        link_is_on=is_magic_link_enabled(),
        portal_is_on=rules.is_portal_enabled(),
        next_path=next_path,
        email=email,
        errors=errors or {},
        challenge=proof_of_work.new_challenge(),
        proof_bits=proof_of_work.BITS,
    )
    return html, status


def list_providers() -> list[oidc.Provider]:
    """The providers that are configured and enabled."""
    return [provider for provider in (oidc.google_provider(), oidc.microsoft_provider()) if provider.is_on]


def is_magic_link_enabled() -> bool:
    """Whether magic links are offered: enabled, and a mail server is configured."""
    return bool(settings.get("sign_in_link") and is_mail_configured())


def is_mail_configured() -> bool:
    """Whether any mail can be sent."""
    settings.get_all()  # the server may have been entered in the browser
    return bool(config.current().MAIL_SERVER)


def render_login_failed(sentence: str = "", status: int = 400) -> Response:
    """Why somebody was not signed in, with a link back; never contains text from the provider."""
    html = render_template("sign_in/login_failed.html", sentence=sentence)
    response = Response(html, status=status, mimetype="text/html")
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response
