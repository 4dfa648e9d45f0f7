"""The team: its members, and invitations."""

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue

from helpdesk import urls
from helpdesk.domain.authentication import invitations, signed_links
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import users
from helpdesk.extensions import db
from helpdesk.models.user import User
from helpdesk.translation import gettext
from helpdesk.web.form_tokens import read_form_token
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings import navigation
from helpdesk.web.settings.team_forms import InvitationForm
from helpdesk.web.sign_in import login_page as sign_in_page

blueprint = Blueprint("settings_team", __name__, url_prefix="/settings/team")
INITIAL_VALUES = {"role": "agent"}


@blueprint.get("")
@authorization.admin_only
def list_team() -> ResponseReturnValue:
    """Show all members, and the form to invite another."""
    return render_page(InvitationForm(data=INITIAL_VALUES))


@blueprint.post("/invitations")
@authorization.admin_only
def invite_agent() -> ResponseReturnValue:
    """Invite by mail; while no mail can be sent, the link is shown instead."""
    form = InvitationForm(request.form)
    try:
        user, link = invitations.invite_agent(
            form.email.data,
            form.name.data,
            form.role.data or "",
            actor=authentication.get_current_user(),
            form_token=read_form_token(request.path),
        )
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        form.add_refusal(error)
        return render_page(form), 422
    db.session.commit()
    if not sign_in_page.is_mail_configured():
        return render_page(
            InvitationForm(data=INITIAL_VALUES), printed=(user, urls.sign_in_link_url(signed_links.link_token(link)))
        )
    flash(gettext("An invitation is on its way to %(email)s.", email=user.email), "success")
    return redirect("/settings/team", 303)


def render_page(form: InvitationForm, printed: tuple[User, str] | None = None) -> str:
    """Render the page; ``printed`` is an invited user and the link to show."""
    team = users.list_team(only_active=False)
    invited = invitations.open_invitations(team)
    return navigation.render_settings_page("settings/team.html", team=team, form=form, printed=printed, invited=invited)
