"""Slack channels: connect and disconnect them, their options, and a test with real calls."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from helpdesk import config
from helpdesk.channels.slack import channels
from helpdesk.domain.administration import settings
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.outbox import errors as channel_errors
from helpdesk.domain.people import organizations
from helpdesk.domain.people.organization_choices import list_choices
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.translation import gettext
from helpdesk.web.form_base import to_choices
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings import navigation
from helpdesk.web.settings.channel_forms import ChannelForm, SlackOptionsForm

blueprint = Blueprint("settings_slack_channels", __name__, url_prefix="/settings/channels")


@blueprint.get("")
@authorization.admin_only
def list_channels() -> ResponseReturnValue:
    """Show the connected channels and the forms."""
    return render_page()


@blueprint.post("")
@authorization.admin_only
def connect_channel() -> ResponseReturnValue:
    """Connect a channel: to the team for triage, or to an organization."""
    form = ChannelForm(request.form)
    if not form.validate():
        return render_page(form), 422
    try:
        db.session.rollback()  # no transaction stays open while Slack is called
        channel = channels.fetch_channel(form.channel.data)
        if form.audience.data == "team":
            channels.set_triage_channel(channel, actor=authentication.get_current_user())
        else:
            channels.bind_channel(
                channel, organizations.find_by_slug(form.organization.data), actor=authentication.get_current_user()
            )
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        settings.invalidate_cache()
        form.add_refusal(
            error if error.field or getattr(error, "errors", None) else ValidationError(error.message, "channel")
        )
        return render_page(form), 422
    db.session.commit()
    flash(gettext("The channel is connected. New tickets appear there."), "success")
    return redirect("/settings/channels", 303)


@blueprint.post("/<int:channel_id>/internal")
@authorization.admin_only
def set_internal_by_default(channel_id: int) -> ResponseReturnValue:
    """Set whether replies in a team channel's threads are notes by default."""
    channel = get_channel_or_404(channel_id)
    channels.set_internal_by_default(channel, "internal" in request.form, actor=authentication.get_current_user())
    db.session.commit()
    flash(gettext("%(channel)s is saved.", channel=channel.label), "success")
    return redirect("/settings/channels", 303)


@blueprint.post("/<int:channel_id>/undo-mode")
@authorization.admin_only
def set_undo_mode(channel_id: int) -> ResponseReturnValue:
    """Set who has an agent's reply typed in a channel before its undo time ends."""
    channel = get_channel_or_404(channel_id)
    try:
        channels.set_undo_mode(channel, request.form.get("undo_mode", ""), actor=authentication.get_current_user())
    except ValidationError as error:
        flash(error.message, "warning")
        return redirect("/settings/channels", 303)
    db.session.commit()
    flash(gettext("%(channel)s is saved.", channel=channel.label), "success")
    return redirect("/settings/channels", 303)


@blueprint.post("/<int:channel_id>/delete")
@authorization.admin_only
def disconnect_channel(channel_id: int) -> ResponseReturnValue:
    """Send nothing to this channel any more."""
    channel = get_channel_or_404(channel_id)
    channels.unbind_channel(channel, actor=authentication.get_current_user())
    db.session.commit()
    flash(gettext("Nothing new goes to %(channel)s.", channel=channel.label), "success")
    return redirect("/settings/channels", 303)


@blueprint.post("/options")
@authorization.admin_only
def save_slack_options() -> ResponseReturnValue:
    """Save the options."""
    sent = MultiDict(request.form)
    sent.setdefault("web_undo_seconds", str(settings.get("web_undo_seconds")))  # a form of an earlier release
    options = SlackOptionsForm(sent)
    if not options.save("Slack"):
        return render_page(options=options), options.refusal_status
    flash(gettext("The options are saved."), "success@options")
    return redirect("/settings/channels#options", 303)


@blueprint.post("/test")
@authorization.admin_only
def test_slack() -> ResponseReturnValue:
    """Test token, scopes, every channel, and a message; no transaction stays open during the calls."""
    return render_page(checks=channels.run_diagnostics())


def render_page(
    form: ChannelForm | None = None, options: SlackOptionsForm | None = None, checks: list[Any] | None = None
) -> str:
    """Render the page; ``checks`` are the results of a test."""
    connected, triage = channels.list_channels(), settings.get("triage_channel")
    form = form or ChannelForm(data={"audience": "customer" if triage else "team"})
    form.organization.choices = to_choices((each.slug, each.name) for each in list_choices())
    return navigation.render_settings_page(
        "settings/channels.html",
        channels=connected,
        triage=triage,
        offered=list_available_choices({channel.external_id for channel in connected}),
        is_set_up=bool(config.current().SLACK_BOT_TOKEN),
        form=form,
        options=options or SlackOptionsForm(data=settings.get_all()),
        checks=checks,
        undo_modes=[
            ("", gettext("Undo as set below")),
            ("at_once", gettext("Customers read at once")),
            ("hold", gettext("Team first")),
        ],
    )


def list_available_choices(taken: set[str]) -> list[tuple[str, str]]:
    """Channels that the bot can see and that are not connected, as (id, name); none while Slack does not answer."""
    if not config.current().SLACK_BOT_TOKEN:
        return []
    try:
        available = channels.list_available_channels()
    except channel_errors.ChannelError:
        return []
    return [
        (channel.id, f"#{channel.name}{' (shared)' if channel.is_ext_shared else ''}")
        for channel in available
        if channel.id not in taken and not channel.is_archived
    ]


def get_channel_or_404(channel_id: int) -> Channel:
    """Return the connected Slack channel, else 404."""
    channel = db.session.get(Channel, channel_id)
    return channel if channel and channel.kind == "slack" and channel.removed_at is None else abort(404)
