"""Customers, and what an admin may do about one."""

from flask import Blueprint, abort, flash, redirect, request

from helpdesk.channels.email import undeliverable
from helpdesk.domain.authentication import invitations, oidc, sessions
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import admission as rules
from helpdesk.domain.people import organizations, session_revocation, users
from helpdesk.extensions import db
from helpdesk.models.user import User
from helpdesk.web import user_agent
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.request import parse_id
from helpdesk.web.settings import navigation

blueprint = Blueprint("settings_people", __name__, url_prefix="/settings/people")
PAGE = 50


@blueprint.get("")
@authorization.admin_only
def list_people():
    """Customers by name."""
    words = request.args.get("q", "").strip()[:100]
    after = request.args.get("after", "")
    rows = users.search_customers(words, after=parse_id(after) or 0, size=PAGE + 1)
    shown = rows[:PAGE]
    more = shown[-1].id if len(rows) > PAGE else None
    return navigation.render_settings_page("settings/people.html", people_there=shown, words=words, more=more)


@blueprint.get("/<int:user_id>")
@authorization.admin_only
def show_person(user_id: int):
    """One person, customer or of the team."""
    return page(found(user_id))


@blueprint.post("/<int:user_id>/sees")
@authorization.admin_only
def set_ticket_visibility(user_id: int):
    """What a customer sees in one organization."""
    user, given = found(user_id), request.form.get("organization", "")
    organization = (
        organizations.get_organization(number) if (number := parse_id(given)) is not None else user.organization
    )
    if organization is None or user.is_team:
        abort(404)
    users.set_ticket_visibility(
        user, organization, request.form.get("sees", ""), actor=authentication.get_current_user()
    )
    return done(user, "What they see is saved.")


@blueprint.post("/<int:user_id>/role")
@authorization.admin_only
def set_role(user_id: int):
    """Agent, lead or admin; they sign in anew."""
    user = found(user_id)
    return attempt(
        user,
        lambda: users.set_role(user, request.form.get("role", ""), actor=authentication.get_current_user()),
        "The role is changed.",
    )


@blueprint.post("/<int:user_id>/mail")
@authorization.admin_only
def reset_undeliverable_address(user_id: int):
    """Write again to an address that took no mail."""
    user = found(user_id)
    undeliverable.reset_and_retry(user, actor=authentication.get_current_user())
    return done(user, "Mail is sent to this address again.")


@blueprint.post("/<int:user_id>/slack")
@authorization.admin_only
def link_slack_user(user_id: int):
    """Who this is in Slack."""
    user, given = found(user_id), request.form.get("slack_user_id", "")
    return attempt(
        user,
        lambda: users.link_slack_user(user, given, actor=authentication.get_current_user()),
        "The Slack account is saved.",
        values={"slack_user_id": given},
    )


@blueprint.post("/<int:user_id>/deactivation")
@authorization.admin_only
def deactivate_user(user_id: int):
    """Let them in no longer."""
    user = found(user_id)
    return attempt(
        user,
        lambda: users.deactivate_user(user, actor=authentication.get_current_user()),
        f"{user.display_name} is deactivated.",
    )


@blueprint.post("/<int:user_id>/deactivation/delete")
@authorization.admin_only
def activate_user(user_id: int):
    """Let them in again."""
    user = found(user_id)
    return attempt(
        user,
        lambda: users.activate_user(user, actor=authentication.get_current_user()),
        f"{user.display_name} is active again.",
    )


@blueprint.post("/<int:user_id>/invitation/delete")
@authorization.admin_only
def withdraw_invitation(user_id: int):
    """End an invitation that was not used; whoever never signed in is deactivated with it."""
    user = found(user_id)
    success = f"The invitation of {user.email} is withdrawn."
    return attempt(
        user, lambda: invitations.withdraw_invitation(user, actor=authentication.get_current_user()), success
    )


@blueprint.post("/<int:user_id>/sessions/delete")
@authorization.admin_only
def sign_out_user(user_id: int):
    """End all their sessions."""
    user = found(user_id)
    count = session_revocation.revoke_user_sessions(user)
    return done(user, f"Signed out of {count} {'browser' if count == 1 else 'browsers'}.")


@blueprint.post("/<int:user_id>/identities/<int:identity_id>/delete")
@authorization.admin_only
def unlink_identity(user_id: int, identity_id: int):
    """Take a way of signing in away."""
    user = found(user_id)
    return attempt(
        user,
        lambda: users.remove_identity(user, identity_id, actor=authentication.get_current_user()),
        "That account no longer signs them in.",
    )


def attempt(user: User, verb, success: str, values: dict | None = None):
    """Do it and say so, or show the page again with why not."""
    user_id = user.id
    try:
        verb()
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        return page(found(user_id), values, {error.field or "": error.sentence}), 422 if isinstance(
            error, ValidationError
        ) else 409
    return done(user, success)


def done(user: User, sentence: str):
    db.session.commit()
    flash(sentence, "success")
    return redirect(f"/settings/people/{user.id}", 303)


def found(user_id: int) -> User:
    user = users.get_user(user_id)
    return user if user is not None and user.erased_at is None else abort(404)


def page(user: User, values: dict | None = None, errors: dict | None = None) -> str:
    return navigation.render_settings_page(
        "settings/person.html",
        person=user,
        values={"slack_user_id": user.slack_user_id or "", "role": user.role} | (values or {}),
        errors=errors or {},
        sessions=[(row, user_agent.describe_user_agent(row.user_agent)) for row in sessions.list_sessions(user)],
        identities=[(row, oidc.get_provider(row.provider).title) for row in user.identities],
        organizations=[] if user.is_team else users.list_memberships(user, rules.admitting_organizations(user.email)),
        sees=users.TICKET_VISIBILITY_LABELS,
        is_invited=user.is_team and invitations.is_open(user),
    )
