"""The page after a sign-in that asks for the second factor, and proving again who one is."""

from flask import Blueprint, Response, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from helpdesk.domain.administration import audit_log
from helpdesk.domain.authentication import passkeys, second_factor
from helpdesk.domain.authentication.connections import routing
from helpdesk.domain.errors import ValidationError
from helpdesk.extensions import db
from helpdesk.models.user import User
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.sign_in import login_page

blueprint = Blueprint("second_factor", __name__)


@blueprint.get("/sign-in/second-factor")
@authorization.team_only
def show_code_form() -> ResponseReturnValue:
    """Ask for the code after the sign-in."""
    if get_missing_step() != "code":
        return redirect(get_next_path(), 303)
    return render_code_form()


@blueprint.post("/sign-in/second-factor")
@authorization.team_only
def give_code() -> ResponseReturnValue:
    """Finish the sign-in with the code, or prove again who one is."""
    user = get_signed_in_person()
    if not second_factor.check_code(user, request.form.get("code", "")[:80]):
        db.session.commit()
        return render_code_form({"code": second_factor.WRONG}), 422
    return finish(user)


@blueprint.post("/sign-in/second-factor/passkey/options")
@authorization.team_only
def ask_passkey() -> ResponseReturnValue:
    """What the browser asks a passkey to sign."""
    options = passkeys.begin_authentication(get_signed_in_person(), current_user.session.id)
    db.session.commit()
    return Response(options, mimetype="application/json")


@blueprint.post("/sign-in/second-factor/passkey")
@authorization.team_only
def give_passkey() -> ResponseReturnValue:
    """Finish the sign-in with what a passkey signed, or prove again who one is."""
    user, form = get_signed_in_person(), request.form
    try:
        passkeys.check_passkey(
            user, user.session.id, answer=form.get("answer", ""), challenge=form.get("challenge", "")
        )
    except ValidationError as error:
        db.session.commit()
        return render_code_form({"": error.message}), 422
    return finish(user)


@blueprint.get("/sign-in/again")
def show_proof_page() -> ResponseReturnValue:
    """Prove who one is before something sensitive: by the second factor, else by signing in again."""
    user = get_signed_in_person()
    if second_factor.is_on(user):
        return render_code_form()
    return render_template(
        "sign_in/again.html",
        ways=login_page.list_providers(),
        connections=routing.list_team_connections() if user.is_team else routing.list_connections_of(user.email),
        link_is_on=login_page.is_magic_link_enabled(),
        next_path=get_next_path(),
        email=user.email,
        is_team=user.is_team,
    )


def finish(user: User) -> ResponseReturnValue:
    """Record that the second factor was given and go on."""
    second_factor.record_proof(user.session.id)
    authentication.audit_sign_in(audit_log.PROVED_AGAIN, user, second_factor=True)
    db.session.commit()
    return redirect(get_next_path(), 303)


def get_signed_in_person() -> User:
    """Return who signed in; 404 for a member of the team who views the portal as a customer."""
    if current_user.is_impersonating:
        abort(404)
    return authentication.get_current_user()


def get_missing_step() -> str:
    """What this session still needs."""
    return second_factor.find_missing_step(get_signed_in_person(), current_user.session)


def get_next_path() -> str:
    """Return the path to open after the second factor: the one asked for if it is safe, else the landing page."""
    given = request.form.get("next") or request.args.get("next")
    return authorization.get_safe_next_path(given) or authentication.get_landing_path(get_signed_in_person())


def render_code_form(errors: dict[str, str] | None = None) -> str:
    """Render the page that asks for the code, with ``errors`` by field."""
    user = get_signed_in_person()
    return render_template(
        "sign_in/second_factor.html",
        has_app=second_factor.has_app(user),
        has_passkey=second_factor.has_passkey(user),
        errors=errors or {},
        next_path=get_next_path(),
    )
