"""The page of the account about the second factor: the app, passkeys, recovery codes."""

import segno
from flask import Blueprint, Response, abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from helpdesk.domain.authentication import passkeys, recovery_codes, second_factor, user_agent
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.extensions import db
from helpdesk.translation import gettext
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.sign_in.second_factor import get_missing_step, get_signed_in_person

blueprint = Blueprint("second_factor_settings", __name__, url_prefix="/account/second-factor")
PAGE = "/account/second-factor"


@blueprint.before_request
def require_code() -> ResponseReturnValue | None:
    """Send whoever has not given the second factor in this session to its form, so that they change nothing here."""
    return redirect("/sign-in/second-factor", 303) if get_missing_step() == "code" else None


@blueprint.get("")
@authorization.team_only
def show_second_factor() -> ResponseReturnValue:
    """Set the second factor up, or see what it is."""
    return render_page()


@blueprint.post("")
@authorization.team_only
def add_app() -> ResponseReturnValue:
    """Begin to add an authenticator app, or finish it with the first code."""
    user = get_signed_in_person()
    try:
        if "code" not in request.form:
            secret = second_factor.begin_set_up(user)
            db.session.commit()
            return render_page(secret)
        codes = second_factor.finish_set_up(user, request.form.get("code", "")[:80], user.session.id)
    except ConflictError:
        db.session.rollback()
        return redirect(PAGE, 303)
    except ValidationError as error:
        db.session.rollback()
        return render_page(second_factor.begin_set_up(get_signed_in_person()), errors=error.errors), 422
    db.session.commit()
    return render_page(codes=codes) if codes else redirect_with(gettext("The authenticator app is added."))


@blueprint.post("/app/delete")
@authorization.team_only
def remove_app() -> ResponseReturnValue:
    """Remove the authenticator app, for instance before another telephone."""
    second_factor.remove_app(get_signed_in_person())
    db.session.commit()
    return redirect_with(gettext("The authenticator app is removed."))


@blueprint.post("/passkeys/options")
@authorization.team_only
def begin_passkey() -> ResponseReturnValue:
    """What the browser makes a passkey with."""
    user = get_signed_in_person()
    try:
        options = passkeys.begin_registration(user, user.session.id)
    except ValidationError as error:
        return Response(error.message, 422, mimetype="text/plain")
    db.session.commit()
    return Response(options, mimetype="application/json")


@blueprint.post("/passkeys")
@authorization.team_only
def add_passkey() -> ResponseReturnValue:
    """Add the passkey that the browser made."""
    user, form = get_signed_in_person(), request.form
    name = form.get("name", "").strip() or user_agent.describe_user_agent(authentication.get_user_agent())
    try:
        codes = passkeys.finish_registration(
            user,
            user.session.id,
            answer=form.get("answer", ""),
            challenge=form.get("challenge", ""),
            name=name,
        )
    except ValidationError as error:
        db.session.commit()
        return render_page(errors={"": error.message}), 422
    db.session.commit()
    return render_page(codes=codes) if codes else redirect_with(gettext("The passkey is added."))


@blueprint.post("/passkeys/<int:passkey_id>/delete")
@authorization.team_only
def remove_passkey(passkey_id: int) -> ResponseReturnValue:
    """Remove one passkey."""
    if not passkeys.remove_passkey(get_signed_in_person(), passkey_id):
        abort(404)
    db.session.commit()
    return redirect_with(gettext("The passkey is removed."))


@blueprint.post("/recovery-codes")
@authorization.team_only
def renew_recovery_codes() -> ResponseReturnValue:
    """Make new recovery codes; the earlier ones end."""
    user = get_signed_in_person()
    if not second_factor.is_on(user):
        raise ConflictError(gettext("Turn the second factor on first."))
    second_factor.lock_row(user)  # sent twice, the second sending ends the codes of the first
    codes = recovery_codes.renew(user)
    db.session.commit()
    return render_page(codes=codes)


@blueprint.post("/delete")
@authorization.team_only
def turn_off() -> ResponseReturnValue:
    """Remove the app, all passkeys and the recovery codes."""
    user = get_signed_in_person()
    second_factor.turn_off(user, actor=user)
    db.session.commit()
    return redirect_with(gettext("The second factor is off."))


def redirect_with(sentence: str) -> ResponseReturnValue:
    """To the page, with ``sentence`` on it."""
    flash(sentence, "success")
    return redirect(PAGE, 303)


def render_page(secret: str = "", *, codes: list[str] | None = None, errors: dict[str, str] | None = None) -> str:
    """Render the page; ``secret`` while an app is being added, ``codes`` when there are new recovery codes to show."""
    user = get_signed_in_person()
    uri = second_factor.provisioning_uri(user, secret) if secret else ""
    return render_template(
        "account/second_factor.html",
        has_app=second_factor.has_app(user),
        passkeys=passkeys.list_passkeys(user),
        passkeys_possible=passkeys.are_possible(),
        is_required=second_factor.is_required_of(user),
        secret=secret,
        uri=uri,
        picture=segno.make(uri, error="m").svg_data_uri(scale=5, border=2, light="#fff") if uri else "",
        codes=codes or [],
        left=recovery_codes.count_left(user),
        errors=errors or {},
    )
