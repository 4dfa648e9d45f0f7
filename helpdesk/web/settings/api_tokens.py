"""API tokens: create, show once, revoke."""

from flask import Blueprint, abort, flash, redirect, request
from flask.typing import ResponseReturnValue

from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.integrations import api_tokens
from helpdesk.extensions import db
from helpdesk.models.api_token import ApiToken
from helpdesk.translation import gettext
from helpdesk.web.form_tokens import read_form_token
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings import navigation
from helpdesk.web.settings.integration_forms import ApiTokenForm

blueprint = Blueprint("settings_api_tokens", __name__, url_prefix="/settings/api-tokens")
INITIAL_VALUES = {"scopes": ["tickets:read"], "days": "90"}


@blueprint.get("")
@authorization.admin_only
def list_api_tokens() -> ResponseReturnValue:
    """Show all tokens, and the form for a new one."""
    return render_page(ApiTokenForm(data=INITIAL_VALUES))


@blueprint.post("")
@authorization.admin_only
def create_api_token() -> ResponseReturnValue:
    """Create a token and show its text, this once."""
    form = ApiTokenForm(request.form)
    if "days" not in request.form:
        form.days.data = INITIAL_VALUES["days"]  # a token is valid for ever only if that was chosen
    if not form.validate():
        return render_page(form), 422
    days = int(form.days.data) if form.days.data else None
    try:
        token, secret = api_tokens.issue_token(
            name=form.name.data,
            scopes=form.scopes.data,
            user=authentication.get_current_user(),
            days=days,
            form_token=read_form_token(request.path),
        )
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        form.add_refusal(error)
        return render_page(form), 409 if isinstance(error, ConflictError) else 422
    db.session.commit()
    return render_page(ApiTokenForm(data=INITIAL_VALUES), made=(token.name, secret))


@blueprint.post("/<int:token_id>/revocation")
@authorization.admin_only
def revoke_api_token(token_id: int) -> ResponseReturnValue:
    """Revoke a token."""
    token = db.session.get(ApiToken, token_id)
    if token is None:
        abort(404)
    api_tokens.revoke_token(token, actor=authentication.get_current_user())
    db.session.commit()
    flash(gettext("The token %(token)s is revoked.", token=token.name), "success")
    return redirect("/settings/api-tokens", 303)


def render_page(form: ApiTokenForm, made: tuple[str, str] | None = None) -> str:
    """Render the page; ``made`` is the name and the text of a new token."""
    return navigation.render_settings_page(
        "settings/api_tokens.html",
        tokens=api_tokens.list_tokens(),
        form=form,
        made=made,
    )
