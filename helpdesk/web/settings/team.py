"""The team: who is in it, and how people join it."""

from flask import Blueprint, flash, redirect, request

from helpdesk import urls
from helpdesk.domain import links, people
from helpdesk.domain.errors import Conflict, Invalid
from helpdesk.domain.sign_in import invitations
from helpdesk.extensions import db
from helpdesk.web import access, identity
from helpdesk.web.settings import navigation
from helpdesk.web.sign_in import page as sign_in_page

blueprint = Blueprint("settings_team", __name__, url_prefix="/settings/team")
ROLES = [
    ("agent", "Agent", "Answers tickets."),
    ("lead", "Lead", "Also reads the reviews and works with the team's replies and views."),
    ("admin", "Admin", "Also decides the settings, and who may come in."),
]


@blueprint.get("")
@access.admin_only
def index():
    """Everybody, and the form to invite one more."""
    return page({"role": "agent"})


@blueprint.post("/invitations")
@access.admin_only
def invite():
    """Invite by mail; where no mail leaves yet, the link is shown to be handed over."""
    values = {name: request.form.get(name, "") for name in ("email", "name", "role")}
    try:
        user, link = invitations.invite(values["email"], values["name"], values["role"], actor=identity.me())
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return page(values, getattr(error, "errors", None) or {error.field or "": error.sentence}), 422
    db.session.commit()
    if not sign_in_page.can_mail():
        return page({"role": "agent"}, printed=(user, urls.sign_in_link(links.token(link))))
    flash(f"An invitation is on its way to {user.email}.", "success")
    return redirect("/settings/team", 303)


def page(values: dict, errors: dict | None = None, printed=None) -> str:
    team = people.team(only_active=False)
    return navigation.render(
        "settings/team.html", team=team, values=values, errors=errors or {}, roles=ROLES, printed=printed
    )
