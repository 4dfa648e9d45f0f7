"""API tokens: made, shown once, revoked."""

from flask import Blueprint, abort, flash, redirect, request

from helpdesk.domain import api_tokens
from helpdesk.domain.errors import Invalid
from helpdesk.extensions import db
from helpdesk.models.integrations import SCOPES, ApiToken
from helpdesk.web import access, identity
from helpdesk.web.settings import navigation

blueprint = Blueprint("settings_api_tokens", __name__, url_prefix="/settings/api-tokens")
LIVES = [("30", "30 days"), ("90", "90 days"), ("366", "A year"), ("", "Until it is revoked")]


@blueprint.get("")
@access.admin_only
def index():
    return page({"scopes": ["tickets:read"], "days": "90"})


@blueprint.post("")
@access.admin_only
def issue():
    """Make one and show its text, this once."""
    values = {
        "name": request.form.get("name", ""),
        "scopes": request.form.getlist("scopes"),
        "days": request.form.get("days", "90"),
    }
    days = (
        int(values["days"])
        if values["days"].isdecimal() and len(values["days"]) < 6
        else None
        if not values["days"]
        else 0
    )
    try:
        token, secret = api_tokens.issue(name=values["name"], scopes=values["scopes"], user=identity.me(), days=days)
    except Invalid as error:
        db.session.rollback()
        return page(values, error.errors), 422
    db.session.commit()
    return page({"scopes": ["tickets:read"], "days": "90"}, made=(token.name, secret))


@blueprint.post("/<int:token_id>/revocation")
@access.admin_only
def revoke(token_id: int):
    token = db.session.get(ApiToken, token_id) if token_id < 2**63 else None
    if token is None:
        abort(404)
    api_tokens.revoke(token, actor=identity.me())
    db.session.commit()
    flash(f"The token {token.name} is revoked.", "success")
    return redirect("/settings/api-tokens", 303)


def page(values: dict, errors: dict | None = None, made: tuple[str, str] | None = None) -> str:
    return navigation.render(
        "settings/api_tokens.html",
        tokens=api_tokens.of(),
        values=values,
        errors=errors or {},
        scopes=[(scope, api_tokens.WORDS[scope]) for scope in SCOPES],
        lives=LIVES,
        made=made,
    )
