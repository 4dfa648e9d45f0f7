"""What people decide for themselves: name, time zone, mail, where they are signed in, and which organization they act for."""

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask_login import current_user

from helpdesk import clock
from helpdesk.domain import access as rules
from helpdesk.domain import audit, people
from helpdesk.domain.errors import Conflict, Invalid
from helpdesk.domain.sign_in import providers, sessions
from helpdesk.extensions import db
from helpdesk.web import access, browsers, identity

blueprint = Blueprint("account", __name__, url_prefix="/account")


@blueprint.get("")
def show():
    """One's own page."""
    if current_user.is_viewing:
        return redirect("/tickets")
    return page(identity.me())


@blueprint.post("")
def save():
    """Keep the preferences."""
    user, form = identity.me(), request.form
    values = {
        "name": form.get("name", ""),
        "time_zone": form.get("time_zone", ""),
        "mail_replies": "mail_replies" in form,
        "mail_updates": "mail_updates" in form,
    }
    try:
        people.save_preferences(user, **values)
    except Invalid as error:
        return page(user, values, error.errors), 422
    db.session.commit()
    flash("Your preferences are saved.", "success")
    return redirect("/account", 303)


@blueprint.post("/sessions/<int:session_id>/delete")
def sign_out_one(session_id: int):
    """Sign one browser out."""
    if session_id == current_user.session.id:
        identity.sign_out()
        db.session.commit()
        return redirect("/sign-in", 303)
    if not sessions.revoke(identity.me(), session_id):
        abort(404)
    db.session.commit()
    flash("That browser is signed out.", "success")
    return redirect("/account#sessions", 303)


@blueprint.post("/sessions/delete")
def sign_out_others():
    """Sign every other browser out."""
    count = sessions.revoke_all(identity.me(), except_id=current_user.session.id)
    db.session.commit()
    flash("Signed out everywhere else." if count else "You were signed in nowhere else.", "success")
    return redirect("/account#sessions", 303)


@blueprint.post("/identities/<int:identity_id>/delete")
def forget_identity(identity_id: int):
    """Come in by that account no longer, and end what began by it."""
    user = identity.me()
    try:
        people.forget_identity(user, identity_id, actor=user)
    except Conflict:
        abort(404)
    db.session.commit()
    flash("That account no longer signs you in.", "success")
    return redirect("/account#ways", 303)


@blueprint.get("/organization")
def organizations():
    """Which of one's organizations to act for."""
    if current_user.is_team or current_user.is_viewing:
        abort(404)
    return render_template(
        "account/organization.html",
        organizations=rules.organizations_for(current_user.email),
        next_path=access.safe_next(request.args.get("next")),
    )


@blueprint.post("/organization")
def choose_organization():
    """Act for another organization from now on, in a new session; other browsers sign in anew."""
    user, given = identity.me(), request.form.get("organization", "")
    if not given.isdecimal() or len(given) > 18:
        abort(404)
    before = user.organization_id
    people.choose_organization(user, int(given))
    if user.organization_id != before:
        provider = user.session.provider
        sessions.revoke_all(user)
        identity.sign_in(user, provider)
    db.session.commit()
    return redirect(access.safe_next(request.form.get("next")) or "/tickets", 303)


@blueprint.post("/viewing/delete")
def stop_viewing():
    """Be oneself again after looking through a customer's eyes."""
    if not current_user.is_viewing:
        return redirect(identity.home(current_user), 303)
    person, organization = current_user.viewer, current_user.viewed
    sessions.view_as(current_user.session, None)
    audit.write("stopped viewing as a customer", person, organization.name, organization.id)
    db.session.commit()
    return redirect(f"/settings/organizations/{organization.id}" if person.is_admin else "/desk", 303)


def page(user, values: dict | None = None, errors: dict | None = None) -> str:
    rows = sessions.of(user)
    return render_template(
        "account/show.html",
        values=values
        or {
            "name": user.name,
            "time_zone": user.time_zone or "",
            "mail_replies": user.mail_replies,
            "mail_updates": user.mail_updates,
        },
        errors=errors or {},
        zones=clock.zones(),
        sessions=[(row, browsers.name(row.user_agent)) for row in rows],
        this_session=user.session.id,
        identities=[(row, providers.provider(row.provider).title) for row in user.identities],
        organizations=[] if user.is_team else rules.organizations_for(user.email),
    )
