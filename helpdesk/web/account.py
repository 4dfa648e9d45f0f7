"""A person's own account: name, time zone, mail, sessions, sign-in accounts, and the organization they act for."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from helpdesk import clock
from helpdesk.database.row_ids import parse_id
from helpdesk.domain.administration import audit_log
from helpdesk.domain.authentication import sessions, user_agent
from helpdesk.domain.authentication.connections import provider as connection_provider
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.notifications import browsers, choices
from helpdesk.domain.people import preferences, session_revocation, users
from helpdesk.extensions import db
from helpdesk.models.notification import NotificationChannel
from helpdesk.models.sign_in_connection import SignInConnection
from helpdesk.models.user import User
from helpdesk.translation import gettext, lazy_gettext, offered_languages
from helpdesk.web.middleware import authentication, authorization, language

blueprint = Blueprint("account", __name__, url_prefix="/account")
NOTIFICATION_CHANNEL_LABELS = {
    NotificationChannel.inbox: lazy_gettext("List"),
    NotificationChannel.mail: lazy_gettext("Email"),
    NotificationChannel.browser: lazy_gettext("Browser"),
    NotificationChannel.chat: lazy_gettext("Slack"),
}
CHAT_NOTIFICATION_LABELS = {
    "thread": lazy_gettext("A mention in the ticket’s Slack thread"),
    "direct": lazy_gettext("A direct message in Slack"),
    "off": lazy_gettext("Not in Slack"),
}


@blueprint.get("")
def show_account() -> ResponseReturnValue:
    """Show the account page; while impersonating, the ticket list."""
    if current_user.is_impersonating:
        return redirect("/tickets")
    return render_page(authentication.get_current_user())


@blueprint.post("")
def save_preferences() -> ResponseReturnValue:
    """Save name, time zone and mail preferences."""
    user, form = authentication.get_current_user(), request.form
    values = {
        "name": form.get("name", ""),
        "time_zone": form.get("time_zone", ""),
        "language": form.get("language"),
        "mail_replies": "mail_replies" in form,
        "mail_updates": "mail_updates" in form,
    }
    try:
        preferences.save_preferences(user, **values)
    except ValidationError as error:
        return render_page(user, values, error.errors), 422
    db.session.commit()
    language.use_language_of(user)
    flash(gettext("Your preferences are saved."), "success")
    return redirect("/account", 303)


@blueprint.post("/time-zone")
def guess_time_zone() -> ResponseReturnValue:
    """Keep the time zone of the browser, if the person has none and it is one we know. 204 either way."""
    if not current_user.is_impersonating:
        preferences.guess_time_zone(authentication.get_current_user(), request.form.get("time_zone", ""))
        db.session.commit()
    return "", 204


@blueprint.post("/notifications")
@authorization.team_only
def save_notifications() -> ResponseReturnValue:
    """Save where and when an agent is notified of what."""
    user, form = authentication.get_current_user(), request.form
    values = {name: form.get(name, "") for name in ("chat_notifications", "quiet_from", "quiet_until", "mail_rhythm")}
    chosen = {str(kind): set(form.getlist(f"notify-{kind}")) for kind in choices.KIND_LABELS}
    try:
        choices.save_channels(user, chosen, values["mail_rhythm"])
        preferences.save_notifications(
            user,
            where=values["chat_notifications"],
            quiet_from=values["quiet_from"],
            quiet_until=values["quiet_until"],
        )
    except ValidationError as error:
        db.session.rollback()
        return render_page(user, _stored_values(user) | values | {"channels": chosen}, error.errors), 422
    db.session.commit()
    flash(gettext("Your notifications are saved."), "success")
    return redirect("/account#notifications", 303)


@blueprint.post("/sessions/<int:session_id>/delete")
def sign_out_session(session_id: int) -> ResponseReturnValue:
    """Sign out one browser."""
    if session_id == current_user.session.id:
        authentication.sign_out()
        db.session.commit()
        return redirect("/sign-in", 303)
    if not sessions.revoke_session(authentication.get_current_user(), session_id):
        abort(404)
    authentication.audit_sign_in(audit_log.ENDED_SESSIONS, authentication.get_current_user(), count=1)
    db.session.commit()
    flash(gettext("That browser is signed out."), "success")
    return redirect("/account#sessions", 303)


@blueprint.post("/sessions/delete")
def sign_out_other_sessions() -> ResponseReturnValue:
    """Sign out every other browser."""
    count = session_revocation.revoke_user_sessions(
        authentication.get_current_user(), except_id=current_user.session.id
    )
    authentication.audit_sign_in(audit_log.ENDED_SESSIONS, authentication.get_current_user(), count=count)
    db.session.commit()
    flash(gettext("Signed out everywhere else.") if count else gettext("You were signed in nowhere else."), "success")
    return redirect("/account#sessions", 303)


@blueprint.post("/identities/<int:identity_id>/delete")
def unlink_identity(identity_id: int) -> ResponseReturnValue:
    """Remove a provider's account, and end the sessions that it started."""
    user = authentication.get_current_user()
    try:
        users.remove_identity(user, identity_id, actor=user)
    except ConflictError:
        abort(404)
    db.session.commit()
    flash(gettext("That account no longer signs you in."), "success")
    return redirect("/account#ways", 303)


@blueprint.get("/organization")
def list_organizations() -> ResponseReturnValue:
    """Choose which of one's organizations to act for."""
    if current_user.is_team or current_user.is_impersonating:
        abort(404)
    return render_template(
        "account/organization.html",
        organizations=sessions.list_organizations(authentication.get_current_user()),
        next_path=authorization.get_safe_next_path(request.args.get("next")),
    )


@blueprint.post("/organization")
def choose_organization() -> ResponseReturnValue:
    """Act for another organization from now on, in a new session; other browsers must sign in again."""
    user, organization_id = authentication.get_current_user(), parse_id(request.form.get("organization"))
    if organization_id is None:
        abort(404)
    previous_id = user.organization_id
    users.choose_organization(user, organization_id, sessions.list_organizations(user))
    if user.organization_id != previous_id:
        provider, connection_id = user.session.provider, user.session.connection_id
        session_revocation.revoke_user_sessions(user)
        connection = db.session.get(SignInConnection, connection_id) if connection_id is not None else None
        authentication.sign_in(user, provider, connection=connection)
    db.session.commit()
    return redirect(authorization.get_safe_next_path(request.form.get("next")) or "/tickets", 303)


@blueprint.post("/viewing/delete")
def stop_impersonation() -> ResponseReturnValue:
    """Stop viewing the portal as a customer."""
    if not current_user.is_impersonating:
        return redirect(authentication.get_landing_path(current_user), 303)
    user, organization = current_user.viewer, current_user.viewed
    sessions.impersonate(current_user.session, None)
    audit_log.add_entry("stopped viewing as a customer", user, organization.name, organization.id)
    db.session.commit()
    return redirect(f"/settings/organizations/{organization.id}" if user.is_admin else "/desk", 303)


def _stored_values(user: User) -> dict[str, Any]:
    """What the account page shows of a person, by the name of its field."""
    return {
        "name": user.name,
        "time_zone": user.time_zone or "",
        "language": user.language or "",
        "mail_replies": user.mail_replies,
        "mail_updates": user.mail_updates,
        "chat_notifications": user.chat_notifications,
        "channels": {str(kind): choices.channels_for(user, kind) for kind in choices.KIND_LABELS},
        "mail_rhythm": user.mail_rhythm,
        "quiet_from": _format_time(user.quiet_from),
        "quiet_until": _format_time(user.quiet_until),
    }


def _format_time(minutes: int | None) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}" if minutes is not None else ""


def render_page(user: User, values: dict[str, Any] | None = None, errors: dict[str, Any] | None = None) -> str:
    """Render the account page, with stored preferences or with what was typed and the errors."""
    rows = sessions.list_sessions(user)
    return render_template(
        "account/show.html",
        values=_stored_values(user) | (values or {}),
        notification_kinds=list(choices.KIND_LABELS.items()),
        notification_channels=list(NOTIFICATION_CHANNEL_LABELS.items()),
        without_chat=choices.WITHOUT_CHAT,
        mail_rhythms=list(choices.RHYTHM_LABELS.items()),
        browsers=[(row, user_agent.describe_user_agent(row.user_agent)) for row in browsers.list_browsers(user)],
        push_key=browsers.public_key(),
        notification_choices=CHAT_NOTIFICATION_LABELS.items(),
        errors=errors or {},
        zones=clock.time_zone_names(),
        languages=[(each.code, each.name) for each in offered_languages()],
        sessions=[(row, user_agent.describe_user_agent(row.user_agent)) for row in rows],
        this_session=user.session.id,
        identities=[(row, connection_provider.get_title(row.provider)) for row in user.identities],
        organizations=[] if user.is_team else sessions.list_organizations(user),
    )
