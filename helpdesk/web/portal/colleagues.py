"""The people of an organization, for its own admins: invite, remove, set what they see, see where they are signed in.

Everybody else gets 404, and so does an admin for the people of another organization.
"""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from helpdesk.database.row_ids import parse_id
from helpdesk.domain.authentication import user_agent
from helpdesk.domain.colleagues import management, roster
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import users
from helpdesk.extensions import db
from helpdesk.translation import gettext, ngettext
from helpdesk.web import stale_forms
from helpdesk.web.middleware import authentication

blueprint = Blueprint("colleagues", __name__, url_prefix="/colleagues")
PAGE_SIZE = 50


@blueprint.before_request
def hide_from_others() -> None:
    """404 for everybody who manages no organization; the domain checks it again with each change."""
    session = current_user.session if current_user.is_authenticated else None
    if session is None or not session.manages_people or current_user.is_impersonating or current_user.is_team:
        abort(404)


@blueprint.get("")
def list_colleagues() -> ResponseReturnValue:
    """Show the people of the organization, one page of PAGE_SIZE, those that ``?q=`` finds."""
    return render_list()


@blueprint.post("")
def invite() -> ResponseReturnValue:
    """Invite somebody by their address."""
    actor = authentication.get_current_user()
    values = {name: request.form.get(name, "") for name in ("email", "ticket_visibility")}
    try:
        management.invite(values["email"], ticket_visibility=values["ticket_visibility"], actor=actor)
    except (ValidationError, ConflictError) as error:
        db.session.commit()  # a refused address is counted
        return render_list(values, {error.field or "email": error.message}), 422
    db.session.commit()
    flash(gettext("An invitation is on its way to %(email)s.", email=values["email"].strip()), "success")
    return redirect("/colleagues", 303)


@blueprint.get("/<int:user_id>")
def show_colleague(user_id: int) -> ResponseReturnValue:
    """Show one person: what they see, whether they manage people, and where they are signed in."""
    return render_colleague(user_id)


@blueprint.post("/<int:user_id>")
def change_colleague(user_id: int) -> ResponseReturnValue:
    """Save what one person sees, and whether they manage people."""
    get_colleague_or_404(user_id)
    values = {"ticket_visibility": request.form.get("ticket_visibility", ""), "is_admin": "is_admin" in request.form}
    try:
        stale_forms.begin_change(lambda: stored_values(get_colleague_or_404(user_id)))
        management.change(user_id, actor=authentication.get_current_user(), **values)
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        status = 409 if isinstance(error, ConflictError) and error.message == stale_forms.SENTENCE else 422
        return render_colleague(user_id, values, {error.field or "": error.message}), status
    db.session.commit()
    flash(gettext("What they see is saved."), "success")
    return redirect(f"/colleagues/{user_id}", 303)


@blueprint.post("/<int:user_id>/sessions/delete")
def sign_out_colleague(user_id: int) -> ResponseReturnValue:
    """Sign one person out of every browser in which they act for the organization."""
    get_colleague_or_404(user_id)
    _, count = management.sign_out(user_id, actor=authentication.get_current_user())
    db.session.commit()
    flash(ngettext("Signed out of %(num)s browser.", "Signed out of %(num)s browsers.", count), "success")
    return redirect(f"/colleagues/{user_id}", 303)


@blueprint.post("/<int:user_id>/removal")
def remove_colleague(user_id: int) -> ResponseReturnValue:
    """Remove one person from the organization; their browsers are signed out at once."""
    get_colleague_or_404(user_id)
    try:
        user = management.remove(user_id, actor=authentication.get_current_user())
    except ConflictError as error:
        db.session.rollback()
        return render_colleague(user_id, errors={"": error.message}), 409
    db.session.commit()
    flash(gettext("%(email)s is removed and signed out.", email=user.email), "success")
    return redirect("/colleagues", 303)


@blueprint.post("/addresses/delete")
def remove_address() -> ResponseReturnValue:
    """Remove a listed address of nobody in the organization."""
    email = request.form.get("email", "")
    try:
        management.remove_address(email, actor=authentication.get_current_user())
    except ConflictError as error:
        db.session.rollback()
        return render_list(errors={"": error.message}), 409
    db.session.commit()
    flash(gettext("%(email)s is removed.", email=email), "success")
    return redirect("/colleagues", 303)


def get_colleague_or_404(user_id: int) -> roster.Colleague:
    """Return one person of the organization, else 404."""
    return roster.find_colleague(authentication.get_current_user(), user_id) or abort(404)


def stored_values(colleague: roster.Colleague) -> dict[str, Any]:
    """Return what is stored of a person, for the form that changes it."""
    return {"ticket_visibility": colleague.ticket_visibility, "is_admin": colleague.is_admin}


def render_colleague(user_id: int, values: dict[str, Any] | None = None, errors: dict[str, str] | None = None) -> str:
    """Render the page of one person, with what is stored or with what was chosen and the errors."""
    colleague = get_colleague_or_404(user_id)
    stored = stored_values(colleague)
    return render_template(
        "portal/colleague.html",
        colleague=colleague,
        values=stored | (values or {}),
        loaded=stale_forms.fingerprint(stored),
        errors=errors or {},
        sessions=[(row, user_agent.describe_user_agent(row.user_agent)) for row in colleague.sessions],
        visibility=list(users.TICKET_VISIBILITY_LABELS.items()),
    )


def render_list(values: dict[str, str] | None = None, errors: dict[str, str] | None = None) -> str:
    """Render the people of the organization, with what was typed to invite somebody and the errors."""
    actor = authentication.get_current_user()
    words, after = request.args.get("q", "").strip()[:100], parse_id(request.args.get("after")) or 0
    rows = roster.list_colleagues(actor, words=words, after=after, size=PAGE_SIZE + 1)
    is_first = not words and not after
    return render_template(
        "portal/colleagues.html",
        colleagues=rows[:PAGE_SIZE],
        more=rows[PAGE_SIZE - 1].user.id if len(rows) > PAGE_SIZE else None,
        words=words,
        addresses=roster.list_unused_addresses(actor) if is_first else [],
        removed=roster.list_colleagues(actor, size=PAGE_SIZE, is_removed=True) if is_first else [],
        values={"email": "", "ticket_visibility": actor.organization.default_ticket_visibility} | (values or {}),
        errors=errors or {},
        visibility=list(users.TICKET_VISIBILITY_LABELS.items()),
    )
