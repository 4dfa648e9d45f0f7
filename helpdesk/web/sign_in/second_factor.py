"""The pages of the second factor: giving its code, setting it up, recovery codes, and proving again who one is."""

import segno
from flask import Blueprint, abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from helpdesk.domain.administration import audit_log
from helpdesk.domain.authentication import second_factor
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
    user = get_team_member()
    if not second_factor.check_code(user, request.form.get("code", "")[:80]):
        db.session.commit()
        return render_code_form({"code": second_factor.WRONG}), 422
    second_factor.record_proof(user.session.id)
    authentication.audit_sign_in(audit_log.PROVED_AGAIN, user, second_factor=True)
    db.session.commit()
    return redirect(get_next_path(), 303)


@blueprint.get("/sign-in/again")
@authorization.team_only
def show_proof_page() -> ResponseReturnValue:
    """Prove who one is before something sensitive: by the second factor, else by signing in again."""
    user = get_team_member()
    if second_factor.is_on(user):
        return render_code_form()
    return render_template(
        "sign_in/again.html",
        ways=login_page.list_providers(),
        link_is_on=login_page.is_magic_link_enabled(),
        next_path=get_next_path(),
        email=user.email,
    )


@blueprint.get("/account/second-factor")
@authorization.team_only
def show_second_factor() -> ResponseReturnValue:
    """Set the second factor up, or see that it is on."""
    return (redirect_to_code() if get_missing_step() == "code" else None) or render_page()


@blueprint.post("/account/second-factor")
@authorization.team_only
def turn_on() -> ResponseReturnValue:
    """Begin the set-up, or finish it with the first code; the recovery codes are shown once."""
    user = get_team_member()
    if get_missing_step() == "code" or second_factor.is_on(user):
        return redirect("/account/second-factor", 303)
    secret = second_factor.begin_set_up(user)
    if "code" not in request.form:
        db.session.commit()
        return render_page(secret)
    try:
        codes = second_factor.finish_set_up(user, request.form.get("code", "")[:80], user.session.id)
    except ValidationError as error:
        db.session.rollback()
        return render_page(secret, errors=error.errors), 422
    db.session.commit()
    return render_page(codes=codes)


@blueprint.post("/account/second-factor/recovery-codes")
@authorization.team_only
def renew_recovery_codes() -> ResponseReturnValue:
    """Make new recovery codes; the earlier ones end."""
    if get_missing_step() == "code":
        return redirect_to_code()
    codes = second_factor.renew_recovery_codes(get_team_member())
    db.session.commit()
    return render_page(codes=codes)


@blueprint.post("/account/second-factor/delete")
@authorization.team_only
def turn_off() -> ResponseReturnValue:
    """Remove the second factor, for instance before another telephone."""
    if get_missing_step() == "code":
        return redirect_to_code()
    user = get_team_member()
    second_factor.turn_off(user, actor=user)
    db.session.commit()
    flash("The second factor is off.", "success")
    return redirect("/account/second-factor", 303)


def get_team_member() -> User:
    """The member of the team who signed in, not a customer whom they view the portal as."""
    if current_user.is_impersonating:
        abort(404)
    return authentication.get_current_user()


def get_missing_step() -> str:
    """What this session still needs."""
    return second_factor.find_missing_step(get_team_member(), current_user.session)


def get_next_path() -> str:
    """Where to go afterwards."""
    given = request.form.get("next") or request.args.get("next")
    return authorization.get_safe_next_path(given) or authentication.get_landing_path(get_team_member())


def redirect_to_code() -> ResponseReturnValue:
    """To the form of the code."""
    return redirect("/sign-in/second-factor", 303)


def render_code_form(errors: dict[str, str] | None = None) -> str:
    """The form of the code."""
    return render_template("sign_in/second_factor.html", errors=errors or {}, next_path=get_next_path())


def render_page(secret: str = "", *, codes: list[str] | None = None, errors: dict[str, str] | None = None) -> str:
    """The page of the account; ``secret`` during the set-up, ``codes`` when there are new recovery codes to show."""
    user = get_team_member()
    uri = second_factor.provisioning_uri(user, secret) if secret else ""
    return render_template(
        "account/second_factor.html",
        is_on=second_factor.is_on(user),
        is_required=second_factor.is_required_of(user),
        secret=secret,
        uri=uri,
        picture=segno.make(uri, error="m").svg_data_uri(scale=5, border=2, light="#fff") if uri else "",
        codes=codes or [],
        left=second_factor.count_recovery_codes(user),
        errors=errors or {},
    )
