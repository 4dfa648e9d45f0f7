"""Slack channels: which are bound to whom, who reads them, and whether Slack works, tried for real."""

from flask import Blueprint, abort, flash, redirect, request
from sqlalchemy import select

from helpdesk import config
from helpdesk.channels.slack import channels
from helpdesk.domain.administration import settings
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.outbox import errors as channel_errors
from helpdesk.domain.people import organizations
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.user import Organization
from helpdesk.web.form_base import to_choices
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings import navigation
from helpdesk.web.settings.channel_forms import ChannelForm, SlackOptionsForm

blueprint = Blueprint("settings_slack_channels", __name__, url_prefix="/settings/channels")


@blueprint.get("")
@authorization.admin_only
def list_channels():
    return page()


@blueprint.post("")
@authorization.admin_only
def connect_channel():
    """Bind a channel: to the team as triage, or to an organization."""
    form = ChannelForm(request.form)
    if not form.validate():
        return page(form), 422
    try:
        db.session.rollback()  # Slack is asked with no transaction open
        known = channels.fetch_channel(form.channel.data)
        if form.audience.data == "team":
            channels.set_triage_channel(known, actor=authentication.get_current_user())
        else:
            channels.bind_channel(
                known, organizations.find_by_slug(form.organization.data), actor=authentication.get_current_user()
            )
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        settings.invalidate_cache()
        form.add_refusal(
            error if error.field or getattr(error, "errors", None) else ValidationError(error.sentence, "channel")
        )
        return page(form), 422
    db.session.commit()
    flash("The channel is bound. New tickets appear there.", "success")
    return redirect("/settings/channels", 303)


@blueprint.post("/<int:channel_id>/internal")
@authorization.admin_only
def set_internal_by_default(channel_id: int):
    """Whether what people type in the threads of a team channel is a note unless they say otherwise."""
    channel = found(channel_id)
    channels.set_internal_by_default(channel, "internal" in request.form, actor=authentication.get_current_user())
    db.session.commit()
    flash(f"{channel.label} is saved.", "success")
    return redirect("/settings/channels", 303)


@blueprint.post("/<int:channel_id>/delete")
@authorization.admin_only
def disconnect_channel(channel_id: int):
    """Write there no more."""
    channel = found(channel_id)
    channels.unbind_channel(channel, actor=authentication.get_current_user())
    db.session.commit()
    flash(f"Nothing new goes to {channel.label}.", "success")
    return redirect("/settings/channels", 303)


@blueprint.post("/options")
@authorization.admin_only
def save_slack_options():
    options = SlackOptionsForm(request.form)
    if not options.save("Slack"):
        return page(options=options), 422
    flash("The options are saved.", "success")
    return redirect("/settings/channels#options", 303)


@blueprint.post("/test")
@authorization.admin_only
def test_slack():
    """Token, permissions, every channel, and a message there and back; nothing is held open meanwhile."""
    return page(checks=channels.run_diagnostics())


def page(form: ChannelForm | None = None, options: SlackOptionsForm | None = None, checks=None) -> str:
    bound, triage = channels.list_channels(), settings.get("triage_channel")
    slugs = select(Organization.slug, Organization.name).order_by(Organization.name).limit(1000)
    form = form or ChannelForm(data={"audience": "customer" if triage else "team"})
    form.organization.choices = to_choices(tuple(row) for row in db.session.execute(slugs))
    return navigation.render_settings_page(
        "settings/channels.html",
        channels=bound,
        triage=triage,
        offered=offered({channel.external_id for channel in bound}),
        is_set_up=bool(config.current().SLACK_BOT_TOKEN),
        form=form,
        options=options or SlackOptionsForm(data=settings.get_all()),
        checks=checks,
    )


def offered(taken: set[str]) -> list[tuple[str, str]]:
    """Channels the bot can see and nobody has, as (id, name); none while Slack does not answer."""
    if not config.current().SLACK_BOT_TOKEN:
        return []
    try:
        seen = channels.list_available_channels()
    except channel_errors.ChannelError:
        return []
    return [
        (each.id, f"#{each.name}{' (shared)' if each.is_ext_shared else ''}")
        for each in seen
        if each.id not in taken and not each.is_archived
    ]


def found(channel_id: int) -> Channel:
    channel = db.session.get(Channel, channel_id) if channel_id < 2**63 else None
    return channel if channel and channel.kind == "slack" and channel.removed_at is None else abort(404)
