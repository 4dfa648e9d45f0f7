"""The team: who is in it, and how people join it."""

from flask import Blueprint, flash, redirect, request

from helpdesk import urls
from helpdesk.domain.authentication import invitations, signed_links
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import users
from helpdesk.extensions import db
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings import navigation
from helpdesk.web.sign_in import login_page as sign_in_page

blueprint = Blueprint("settings_team", __name__, url_prefix="/settings/team")
ROLES = [
    ("agent", "Agent", "Answers tickets."),
    ("lead", "Lead", "Also reads the reviews and works with the team's replies and views."),
    ("admin", "Admin", "Also decides the settings, and who may come in."),
]


@blueprint.get("")
@authorization.admin_only
def list_team():
    """Everybody, and the form to invite one more."""
    return page({"role": "agent"})


@blueprint.post("/invitations")
@authorization.admin_only
def invite_agent():
    """Invite by mail; where no mail leaves yet, the link is shown to be handed over."""
    values = {name: request.form.get(name, "") for name in ("email", "name", "role")}
    try:
        user, link = invitations.invite_agent(
            values["email"], values["name"], values["role"], actor=authentication.get_current_user()
        )
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        return page(values, getattr(error, "errors", None) or {error.field or "": error.sentence}), 422
    db.session.commit()
    if not sign_in_page.is_mail_configured():
        return page({"role": "agent"}, printed=(user, urls.sign_in_link_url(signed_links.link_token(link))))
    flash(f"An invitation is on its way to {user.email}.", "success")
    return redirect("/settings/team", 303)


def page(values: dict, errors: dict | None = None, printed=None) -> str:
    team = users.list_team(only_active=False)
    return navigation.render_settings_page(
        "settings/team.html",
        team=team,
        values=values,
        errors=errors or {},
        roles=ROLES,
        printed=printed,
        invited=invitations.open_invitations(team),
    )
