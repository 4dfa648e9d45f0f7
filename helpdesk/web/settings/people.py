"""Customers, and what an admin may do about one."""

from flask import Blueprint, abort, flash, redirect, request

from helpdesk.domain import access as rules
from helpdesk.domain import addresses, organizations, people
from helpdesk.domain.errors import Conflict, Invalid
from helpdesk.domain.sign_in import providers, sessions
from helpdesk.extensions import db
from helpdesk.models.people import User
from helpdesk.web import access, browsers, identity
from helpdesk.web.settings import navigation

blueprint = Blueprint("settings_people", __name__, url_prefix="/settings/people")
PAGE = 50


@blueprint.get("")
@access.admin_only
def index():
    """Customers by name."""
    words = request.args.get("q", "").strip()[:100]
    after = request.args.get("after", "")
    rows = people.customers(words, after=int(after) if after.isdecimal() and len(after) < 19 else 0, size=PAGE + 1)
    shown = rows[:PAGE]
    more = shown[-1].id if len(rows) > PAGE else None
    return navigation.render("settings/people.html", people_there=shown, words=words, more=more)


@blueprint.get("/<int:user_id>")
@access.admin_only
def show(user_id: int):
    """One person, customer or of the team."""
    return page(found(user_id))


@blueprint.post("/<int:user_id>/sees")
@access.admin_only
def set_sees(user_id: int):
    """What a customer sees in one organization."""
    user, given = found(user_id), request.form.get("organization", "")
    organization = organizations.get(int(given)) if given.isdecimal() and len(given) < 19 else user.organization
    if organization is None or user.is_team:
        abort(404)
    people.set_sees(user, organization, request.form.get("sees", ""), actor=identity.me())
    return done(user, "What they see is saved.")


@blueprint.post("/<int:user_id>/role")
@access.admin_only
def set_role(user_id: int):
    """Agent, lead or admin; they sign in anew."""
    user = found(user_id)
    return attempt(
        user,
        lambda: people.set_role(user, request.form.get("role", ""), actor=identity.me()),
        "The role is changed.",
    )


@blueprint.post("/<int:user_id>/mail")
@access.admin_only
def revive_address(user_id: int):
    """Write again to an address that took no mail."""
    user = found(user_id)
    addresses.revive(user, actor=identity.me())
    return done(user, "Mail is sent to this address again.")


@blueprint.post("/<int:user_id>/slack")
@access.admin_only
def match_slack(user_id: int):
    """Who this is in Slack."""
    user, given = found(user_id), request.form.get("slack_user_id", "")
    return attempt(
        user,
        lambda: people.match_slack(user, given, actor=identity.me()),
        "The Slack account is saved.",
        values={"slack_user_id": given},
    )


@blueprint.post("/<int:user_id>/deactivation")
@access.admin_only
def deactivate(user_id: int):
    """Let them in no longer."""
    user = found(user_id)
    return attempt(user, lambda: people.deactivate(user, actor=identity.me()), f"{user.display_name} is deactivated.")


@blueprint.post("/<int:user_id>/deactivation/delete")
@access.admin_only
def activate(user_id: int):
    """Let them in again."""
    user = found(user_id)
    return attempt(user, lambda: people.activate(user, actor=identity.me()), f"{user.display_name} is active again.")


@blueprint.post("/<int:user_id>/sessions/delete")
@access.admin_only
def sign_out(user_id: int):
    """End all their sessions."""
    user = found(user_id)
    count = sessions.revoke_all(user)
    return done(user, f"Signed out of {count} {'browser' if count == 1 else 'browsers'}.")


@blueprint.post("/<int:user_id>/identities/<int:identity_id>/delete")
@access.admin_only
def forget_identity(user_id: int, identity_id: int):
    """Take a way of signing in away."""
    user = found(user_id)
    return attempt(
        user,
        lambda: people.forget_identity(user, identity_id, actor=identity.me()),
        "That account no longer signs them in.",
    )


def attempt(user: User, verb, success: str, values: dict | None = None):
    """Do it and say so, or show the page again with why not."""
    user_id = user.id
    try:
        verb()
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return page(found(user_id), values, {error.field or "": error.sentence}), 422 if isinstance(
            error, Invalid
        ) else 409
    return done(user, success)


def done(user: User, sentence: str):
    db.session.commit()
    flash(sentence, "success")
    return redirect(f"/settings/people/{user.id}", 303)


def found(user_id: int) -> User:
    user = people.get(user_id)
    return user if user is not None and user.erased_at is None else abort(404)


def page(user: User, values: dict | None = None, errors: dict | None = None) -> str:
    return navigation.render(
        "settings/person.html",
        person=user,
        values={"slack_user_id": user.slack_user_id or "", "role": user.role} | (values or {}),
        errors=errors or {},
        sessions=[(row, browsers.name(row.user_agent)) for row in sessions.of(user)],
        identities=[(row, providers.provider(row.provider).title) for row in user.identities],
        organizations=[] if user.is_team else people.memberships(user, rules.organizations_for(user.email)),
        sees=people.SEES,
    )
