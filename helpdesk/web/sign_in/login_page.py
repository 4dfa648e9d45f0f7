"""The sign-in page with every method, and signing out."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from helpdesk import config, urls
from helpdesk.domain.administration import settings
from helpdesk.domain.authentication import oidc, proof_of_work
from helpdesk.domain.authentication.connections import administration, discovery, routing
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
    user = authentication.get_current_user() if current_user.is_authenticated else None
    connection_id = getattr(user.session, "connection_id", None) if user is not None and user.session else None
    connection = administration.get_connection(connection_id) if connection_id is not None else None
    issuer = connection.issuer if connection is not None and connection.logs_out_at_provider else ""
    client_id = connection.client_id if connection is not None else ""
    authentication.sign_out()
    db.session.commit()
    address = find_logout_address(issuer, client_id) if issuer else ""
    if address:  # a page, because the policy of forms forbids redirects to other sites
        response = make_response(render_template("sign_in/signed_out.html", address=address))
    else:
        response = make_response(redirect("/sign-in", 303))
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def find_logout_address(issuer: str, client_id: str) -> str:
    """Where the provider signs out (OpenID Connect RP-Initiated Logout 1.0); "" if it says nothing about it."""
    try:
        address = discovery.get_metadata(issuer).end_session_url
    except discovery.DiscoveryFailed:
        return ""
    query = urlencode({"client_id": client_id, "post_logout_redirect_uri": urls.absolute_url("/sign-in")})
    return f"{address}{'&' if '?' in address else '?'}{query}" if address else ""


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
