"""People: search for customers, and what an admin may change about one person."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from helpdesk.channels.email import undeliverable
from helpdesk.channels.slack import member_search, members
from helpdesk.database.row_ids import parse_id
from helpdesk.domain.administration import audit_log
from helpdesk.domain.authentication import invitations, second_factor, sessions, user_agent
from helpdesk.domain.authentication.connections import provider as connection_provider
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.outbox.errors import ChannelError
from helpdesk.domain.people import admission as rules
from helpdesk.domain.people import memberships, organizations, session_revocation, users
from helpdesk.domain.tickets import handover
from helpdesk.extensions import db
from helpdesk.models.organization import Organization
from helpdesk.models.user import User
from helpdesk.translation import gettext, ngettext
from helpdesk.web import stale_forms
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings import navigation

blueprint = Blueprint("settings_people", __name__, url_prefix="/settings/people")
PAGE_SIZE = 50


@blueprint.get("")
@authorization.admin_only
def list_people() -> ResponseReturnValue:
    """Show customers by name, one page of PAGE_SIZE, those that ``?q=`` finds."""
    text = request.args.get("q", "").strip()[:100]
    after = request.args.get("after", "")
    rows = users.search_customers(text, after=parse_id(after) or 0, size=PAGE_SIZE + 1)
    page_rows = rows[:PAGE_SIZE]
    next_id = page_rows[-1].id if len(rows) > PAGE_SIZE else None
    return navigation.render_settings_page("settings/people.html", people_there=page_rows, words=text, more=next_id)


@blueprint.get("/<int:user_id>")
@authorization.admin_only
def show_person(user_id: int) -> ResponseReturnValue:
    """One person, customer or team member; of a merged one, whoever they were merged into."""
    user = users.get_user(user_id)
    if user is not None and user.merged_into_id:
        return redirect(f"/settings/people/{user.merged_into_id}", 303)
    return render_page(get_user_or_404(user_id))


@blueprint.post("/<int:user_id>/sees")
@authorization.admin_only
def set_ticket_visibility(user_id: int) -> ResponseReturnValue:
    """Set which tickets a customer sees in one organization, and whether they manage its people."""
    user, organization_text = get_user_or_404(user_id), request.form.get("organization", "")
    organization = (
        organizations.get_organization(number)
        if (number := parse_id(organization_text)) is not None
        else user.organization
    )
    if organization is None or user.is_team:
        abort(404)
    ticket_visibility, actor = request.form.get("ticket_visibility", ""), authentication.get_current_user()

    def save() -> None:
        stale_forms.begin_change(lambda: stored_visibility(user, organization))
        users.set_ticket_visibility(user, organization, ticket_visibility, actor=actor)
        if "has_roles" in request.form:
            memberships.set_admin(user, organization, "is_admin" in request.form, actor=actor)

    return run_action(user, save, gettext("What they see is saved."))


@blueprint.post("/<int:user_id>/removal/delete")
@authorization.admin_only
def restore_membership(user_id: int) -> ResponseReturnValue:
    """Admit a person again whom an admin of their organization removed."""
    user, organization_id = get_user_or_404(user_id), parse_id(request.form.get("organization"))
    organization = organizations.get_organization(organization_id) if organization_id is not None else None
    if organization is None or user.is_team:
        abort(404)
    memberships.restore(user, organization, actor=authentication.get_current_user())
    return commit_and_redirect(user, gettext("The rules of the organization admit them again."))


@blueprint.post("/<int:user_id>/role")
@authorization.admin_only
def set_role(user_id: int) -> ResponseReturnValue:
    """Set the role agent, lead or admin; they must sign in again."""
    user = get_user_or_404(user_id)
    role, actor = request.form.get("role", ""), authentication.get_current_user()

    def save() -> None:
        stale_forms.begin_change(lambda: {"role": get_user_or_404(user_id).role})
        users.set_role(user, role, actor=actor)

    return run_action(user, save, gettext("The role is changed."), values={"role": role})


@blueprint.post("/<int:user_id>/mail")
@authorization.admin_only
def reset_undeliverable_address(user_id: int) -> ResponseReturnValue:
    """Send mail to an undeliverable address again."""
    user = get_user_or_404(user_id)
    undeliverable.reset_and_retry(user, actor=authentication.get_current_user())
    return commit_and_redirect(user, gettext("Mail is sent to this address again."))


@blueprint.get("/slack-members")
@authorization.admin_only
def show_slack_members() -> ResponseReturnValue:
    """Offer the members of the workspace that have the words typed so far."""
    try:
        found = member_search.find_members(request.args.get("slack_user_id", "")[:100])
    except ChannelError:  # what is wrong is said when the form is sent
        found = []
    return render_template("settings/_slack_members.html", members=found)


@blueprint.post("/<int:user_id>/slack")
@authorization.admin_only
def link_slack_user(user_id: int) -> ResponseReturnValue:
    """Set the person's Slack account, by its id or by a name or an address that only one member has."""
    user, typed = get_user_or_404(user_id), request.form.get("slack_user_id", "")[:100]
    actor = authentication.get_current_user()

    def save() -> None:
        db.session.rollback()  # no transaction stays open while Slack is called
        slack_user_id = member_search.resolve_member_id(typed)
        stale_forms.begin_change(lambda: {"slack_user_id": get_user_or_404(user_id).slack_user_id})
        members.link_member(user, slack_user_id, actor=actor)

    return run_action(user, save, gettext("The Slack account is saved."), values={"slack_user_id": typed})


@blueprint.post("/<int:user_id>/deactivation")
@authorization.admin_only
def deactivate_user(user_id: int) -> ResponseReturnValue:
    """Deactivate a person, who can no longer sign in."""
    user, successor_id = get_user_or_404(user_id), parse_id(request.form.get("successor"))
    successor = users.get_user(successor_id) if successor_id else None
    return run_action(
        user,
        lambda: handover.deactivate_user(user, actor=authentication.get_current_user(), successor=successor),
        gettext("%(user)s is deactivated.", user=user.display_name),
    )


@blueprint.post("/<int:user_id>/deactivation/delete")
@authorization.admin_only
def activate_user(user_id: int) -> ResponseReturnValue:
    """Activate a person again."""
    user = get_user_or_404(user_id)
    return run_action(
        user,
        lambda: users.activate_user(user, actor=authentication.get_current_user()),
        gettext("%(user)s is active again.", user=user.display_name),
    )


@blueprint.post("/<int:user_id>/invitation/delete")
@authorization.admin_only
def withdraw_invitation(user_id: int) -> ResponseReturnValue:
    """Withdraw an unused invitation; a person who never signed in is deactivated."""
    user = get_user_or_404(user_id)
    success = gettext("The invitation of %(email)s is withdrawn.", email=user.email)
    return run_action(
        user, lambda: invitations.withdraw_invitation(user, actor=authentication.get_current_user()), success
    )


@blueprint.post("/<int:user_id>/sessions/delete")
@authorization.admin_only
def sign_out_user(user_id: int) -> ResponseReturnValue:
    """End all their sessions."""
    user = get_user_or_404(user_id)
    count = session_revocation.revoke_user_sessions(user)
    audit_log.add_entry(
        audit_log.ENDED_SESSIONS, authentication.get_current_user(), user.email, user.organization_id, count=count
    )
    return commit_and_redirect(
        user, ngettext("Signed out of %(num)s browser.", "Signed out of %(num)s browsers.", count)
    )


@blueprint.post("/<int:user_id>/identities/<int:identity_id>/delete")
@authorization.admin_only
def unlink_identity(user_id: int, identity_id: int) -> ResponseReturnValue:
    """Remove a sign-in account."""
    user = get_user_or_404(user_id)
    return run_action(
        user,
        lambda: users.remove_identity(user, identity_id, actor=authentication.get_current_user()),
        gettext("That account no longer signs them in."),
    )


@blueprint.post("/<int:user_id>/second-factor/delete")
@authorization.admin_only
def turn_off_second_factor(user_id: int) -> ResponseReturnValue:
    """Remove the second factor of somebody who lost app and recovery codes; they are signed out."""
    user = get_user_or_404(user_id)
    second_factor.turn_off(user, actor=authentication.get_current_user())
    return commit_and_redirect(user, gettext("The second factor is off; they sign in again."))


def run_action(
    user: User, action: Callable[[], object], success: str | Callable[[], str], values: dict[str, Any] | None = None
) -> ResponseReturnValue:
    """Run ``action``, commit and redirect, or show the page again with the error."""
    user_id = user.id
    try:
        action()
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        return render_page(get_user_or_404(user_id), values, {error.field or "": error.message}), 422 if isinstance(
            error, ValidationError
        ) else 409
    return commit_and_redirect(user, success if isinstance(success, str) else success())


def commit_and_redirect(user: User, sentence: str) -> ResponseReturnValue:
    """Commit and redirect to the person's page with a message."""
    db.session.commit()
    flash(sentence, "success")
    return redirect(f"/settings/people/{user.id}", 303)


def get_user_or_404(user_id: int) -> User:
    """The person, unless erased, else 404."""
    user = users.get_user(user_id)
    is_present = user is not None and user.erased_at is None and user.merged_into_id is None
    return user if is_present else abort(404)


def stored_visibility(user: User, organization: Organization) -> dict[str, Any]:
    """What ``user`` sees and may do at ``organization``, as it is stored."""
    sees = {each.id: now for each, now in users.list_memberships(user, [organization])}
    membership = memberships.list_memberships(user).get(organization.id)
    return {"sees": sees[organization.id], "is_admin": membership is not None and membership.is_admin}


def stored_identity(user: User) -> dict[str, Any]:
    """Name and address as they are stored, for the form that changes them."""
    return {"name": user.name, "email": user.email}


def render_page(user: User, values: dict[str, Any] | None = None, errors: dict[str, Any] | None = None) -> str:
    """The page of one person, with stored values or with what was typed and the errors."""
    stored = {} if user.is_team else memberships.list_memberships(user)
    return navigation.render_settings_page(
        "settings/person.html",
        person=user,
        values={"slack_user_id": user.slack_user_id or "", "role": user.role, "keep_alias": True}
        | stored_identity(user)
        | (values or {}),
        loaded=stale_forms.fingerprint(stored_identity(user)),
        fingerprint=stale_forms.fingerprint,
        errors=errors or {},
        sessions=[(row, user_agent.describe_user_agent(row.user_agent)) for row in sessions.list_sessions(user)],
        identities=[(row, connection_provider.get_title(row.provider)) for row in user.identities],
        organizations=[] if user.is_team else users.list_memberships(user, rules.admitting_organizations(user.email)),
        memberships=stored,
        removed_from=[
            db.session.get_one(Organization, each.organization_id) for each in stored.values() if each.removed_at
        ],
        ticket_visibility=users.TICKET_VISIBILITY_LABELS,
        has_second_factor=user.is_team and second_factor.is_on(user),
        is_invited=user.is_team and invitations.is_open(user),
        open_tickets=handover.count_open_tickets(user) if user.is_team and user.is_active else 0,
        naming=handover.list_naming(user) if user.is_team else [],
        successors=[(str(each.id), each.display_name) for each in users.list_team() if each.id != user.id]
        if user.is_team
        else [],
    )
