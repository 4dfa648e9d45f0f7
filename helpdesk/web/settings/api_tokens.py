"""API tokens: made, shown once, revoked."""

from flask import Blueprint, abort, flash, redirect, request

from helpdesk.domain.errors import ValidationError
from helpdesk.domain.integrations import api_tokens
from helpdesk.extensions import db
from helpdesk.models.webhook import API_TOKEN_SCOPES, ApiToken
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings import navigation

blueprint = Blueprint("settings_api_tokens", __name__, url_prefix="/settings/api-tokens")
LIVES = [("30", "30 days"), ("90", "90 days"), ("366", "A year"), ("", "Until it is revoked")]


@blueprint.get("")
@authorization.admin_only
def list_api_tokens():
    return page({"scopes": ["tickets:read"], "days": "90"})


@blueprint.post("")
@authorization.admin_only
def create_api_token():
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
        token, secret = api_tokens.issue_token(
            name=values["name"], scopes=values["scopes"], user=authentication.get_current_user(), days=days
        )
    except ValidationError as error:
        db.session.rollback()
        return page(values, error.errors), 422
    db.session.commit()
    return page({"scopes": ["tickets:read"], "days": "90"}, made=(token.name, secret))


@blueprint.post("/<int:token_id>/revocation")
@authorization.admin_only
def revoke_api_token(token_id: int):
    token = db.session.get(ApiToken, token_id) if token_id < 2**63 else None
    if token is None:
        abort(404)
    api_tokens.revoke_token(token, actor=authentication.get_current_user())
    db.session.commit()
    flash(f"The token {token.name} is revoked.", "success")
    return redirect("/settings/api-tokens", 303)


def page(values: dict, errors: dict | None = None, made: tuple[str, str] | None = None) -> str:
    return navigation.render_settings_page(
        "settings/api_tokens.html",
        tokens=api_tokens.list_tokens(),
        values=values,
        errors=errors or {},
        scopes=[(scope, api_tokens.SCOPE_LABELS[scope]) for scope in API_TOKEN_SCOPES],
        lives=LIVES,
        made=made,
    )
