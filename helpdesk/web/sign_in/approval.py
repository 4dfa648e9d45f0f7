"""Approve a sign-in in the browser of a mail program, and go on in the one where the link was asked for."""

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from helpdesk import extensions
from helpdesk.domain.administration import audit_log
from helpdesk.domain.authentication import approvals, magic_links
from helpdesk.domain.errors import ValidationError
from helpdesk.extensions import db
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.sign_in import magic_link
from helpdesk.web.templating import htmx_responses

blueprint = Blueprint("sign_in_approval", __name__, url_prefix="/sign-in")


@blueprint.post("/link/<token>/approval")
@authorization.public
def approve(token: str) -> ResponseReturnValue:
    """Approve the sign-in of the browser that asked for the link, by the number shown there. It signs in nobody here.

    An attempt that failed is counted.
    """
    try:
        link = approvals.approve(token, request.form.get("number", ""))
    except magic_links.LinkExpired:
        return magic_link.render_expired_link("")
    except ValidationError as error:
        db.session.commit()
        link = magic_links.find_link(token)
        if not magic_links.is_open(link):
            return magic_link.render_expired_link("")
        return magic_link.render_link_page(link, token, 422, errors=error.errors)
    authentication.audit_sign_in(audit_log.APPROVED_SIGN_IN, None, link.email)
    db.session.commit()
    return magic_link.render_link_page(link, token, is_approved=True)


@blueprint.get("/approval")
@authorization.public
def check_approval() -> ResponseReturnValue:
    """Say whether the sign-in of this browser is approved: 204 while it is not. Changes nothing."""
    if current_user.is_authenticated:  # by the link, in another tab of this browser
        return htmx_responses.redirect_to(authentication.get_landing_path(current_user))
    link = approvals.find_requested(magic_link.get_browser_token() or "")
    if not approvals.is_approved(link):
        return "", 204
    return magic_link.with_no_store(Response(render_template("sign_in/_approval.html", is_approved=True)))


@blueprint.post("/approval")
@authorization.public
def sign_in_approved() -> ResponseReturnValue:
    """Sign in with the link that was approved in another browser."""
    try:
        link = approvals.redeem(magic_link.get_browser_token() or "")
    except magic_links.LinkExpired as error:
        db.session.rollback()
        if extensions.htmx:
            return "", 204
        return magic_link.render_link_sent({"": error.message}), 422
    response = magic_link.finish_login(link)
    if extensions.htmx and response.status_code == 303:
        address = response.headers.pop("Location")
        response.status_code, response.headers["HX-Redirect"] = 204, address
        response.set_data(b"")
    return response
