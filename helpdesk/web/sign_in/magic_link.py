"""A link by mail: asked for, opened without effect, used by a button, or replaced by its code (security.md 1.1)."""

import re
import secrets

import flask
from flask import Blueprint, Response, make_response, redirect, render_template, request

from helpdesk import config
from helpdesk.channels.email import address
from helpdesk.domain import people
from helpdesk.domain.errors import Invalid
from helpdesk.domain.sign_in import entering, magic_links
from helpdesk.extensions import db
from helpdesk.web import access, identity
from helpdesk.web.sign_in import landing, page

blueprint = Blueprint("magic_link", __name__, url_prefix="/sign-in")
COOKIE_LASTS = 20 * 60  # seconds: longer than the link, so that an expired one can still be told from another browser's
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


@blueprint.post("/link")
@access.public
def ask():
    """Have a link mailed. The answer is the same whoever asks."""
    next_path = access.safe_next(request.form.get("next"))
    typed = request.form.get("email", "")
    if not page.link_is_on():
        return page.did_not_finish("Signing in by mail is switched off here.", 403)
    again = request.form.get("again", "")
    link = magic_links.find(again) if TOKEN.fullmatch(again) else None
    try:
        email = link.email if link else people.canonical(typed)
    except Invalid as error:
        return page.show(next_path, typed, error.errors, 422)
    return mail_link(email, next_path=link.next_path if link else next_path)


@blueprint.get("/code")
@access.public
def sent():
    """What to do now that a link may be on its way."""
    return render_template("sign_in/sent.html", email=flask.session.get("link_email", ""), errors={})


@blueprint.post("/code")
@access.public
def use_code():
    """Sign in by the code of the mail, typed where the link was asked for."""
    try:
        link = magic_links.consume_code(browser_token() or "", request.form.get("code", ""))
    except magic_links.Ended as ended:
        db.session.commit()
        email = flask.session.get("link_email", "")
        return render_template("sign_in/sent.html", email=email, errors={"code": ended.sentence}), 422
    return finish(link)


@blueprint.get("/link/<token>")
@access.public
def look(token: str):
    """What the link would do. Scanners open every link, so looking does nothing."""
    link = magic_links.find(token)
    if not magic_links.is_open(link):
        return ended(token if link is not None and link.purpose == magic_links.SIGN_IN else "")
    return show(link, token)


@blueprint.post("/link/<token>")
@access.public
def use(token: str):
    """Use the link up, once."""
    try:
        link = magic_links.consume(token, browser_token() or "")
    except magic_links.OtherBrowser:
        return show(magic_links.find(token), token, 403)
    except magic_links.Ended:
        link = magic_links.find(token)
        return ended(token if link is not None and link.purpose == magic_links.SIGN_IN else "")
    return finish(link)


def mail_link(email: str, *, next_path: str | None = None, pending=None, known=None) -> Response:
    """Ask for the link in this browser, and say that one may be on its way."""
    token = browser_token() or secrets.token_urlsafe(32)
    magic_links.ask(
        email,
        browser_token=token,
        next_path=next_path,
        ip_prefix=identity.network(),
        browser=identity.browser(),
        pending=pending,
        identity=known,
    )
    db.session.commit()
    flask.session["link_email"] = email
    response = redirect("/sign-in/code", 303)
    current = config.current()
    response.set_cookie(
        identity.cookie_name(current, "ml"),
        token,
        max_age=COOKIE_LASTS,
        path="/",
        secure=current.is_https,
        httponly=True,
        samesite="Lax",
    )
    return private(response)


def finish(link) -> Response:
    """The address is proven: let its owner in, or say that no rule does."""
    try:
        entry = magic_links.finish(link, browser=identity.browser())
    except entering.NotAdmitted as refused:
        db.session.commit()
        return page.did_not_finish(refused.sentence, 403)
    provider = "invitation" if link.purpose == magic_links.INVITATION else "link"
    response = landing.land(entry, provider, link.next_path)
    response.delete_cookie(
        identity.cookie_name(config.current(), "ml"),
        path="/",
        secure=config.current().is_https,
        httponly=True,
        samesite="Lax",
    )
    return private(response)


def browser_token() -> str | None:
    """What this browser was given when it asked for a link."""
    given = request.cookies.get(identity.cookie_name(config.current(), "ml"), "")
    return given if TOKEN.fullmatch(given) else None


def show(link, token: str, status: int = 200) -> Response:
    html = render_template(
        "sign_in/link.html",
        masked=address.masked(link.email),
        is_mine=magic_links.is_of(link, browser_token() or ""),
        is_invitation=link.purpose == magic_links.INVITATION,
        connects=link.pending_identity is not None,
        token=token,
    )
    return private(make_response(html, status))


def ended(again: str) -> Response:
    return private(make_response(render_template("sign_in/ended.html", again=again if page.link_is_on() else ""), 410))


def private(response: Response) -> Response:
    """Nothing of this address is kept or told to anybody."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response
