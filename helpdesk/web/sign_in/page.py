"""The one page that offers every way in, and the way out."""

from flask import Blueprint, Response, redirect, render_template, request
from flask_login import current_user

from helpdesk import config
from helpdesk.domain import access as rules
from helpdesk.domain import settings
from helpdesk.domain.sign_in import providers
from helpdesk.extensions import db
from helpdesk.web import access, identity

blueprint = Blueprint("sign_in", __name__)


@blueprint.get("/sign-in")
@access.public
def page():
    """The ways that are configured and switched on."""
    wanted = access.safe_next(request.args.get("next"))
    if current_user.is_authenticated:
        return redirect(wanted or identity.home(current_user))
    return show(next_path=wanted)


@blueprint.post("/sign-out")
@access.public
def sign_out():
    """End the session; the browser forgets what it kept of us."""
    identity.sign_out()
    db.session.commit()
    response = redirect("/sign-in", 303)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def show(
    next_path: str | None = None, email: str = "", errors: dict | None = None, status: int = 200
) -> tuple[str, int]:
    """The page, with what was typed and what was wrong with it."""
    ways = [provider for provider in (providers.google(), providers.microsoft()) if provider.is_on]
    html = render_template(
        "sign_in/page.html",
        ways=ways,
        link_is_on=link_is_on(),
        portal_is_on=rules.portal_is_on(),
        next_path=next_path,
        email=email,
        errors=errors or {},
    )
    return html, status


def link_is_on() -> bool:
    """Whether links by mail are offered: switched on, and there is a server to mail them."""
    return bool(settings.get("sign_in_link") and can_mail())


def can_mail() -> bool:
    """Whether any mail can leave."""
    return bool(config.current().MAIL_SERVER)


def did_not_finish(sentence: str = "", status: int = 400) -> Response:
    """Why somebody was not signed in, and the way back; never a word of what the other side sent."""
    html = render_template("sign_in/did_not_finish.html", sentence=sentence)
    response = Response(html, status=status, mimetype="text/html")
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response
