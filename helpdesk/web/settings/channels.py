"""Slack channels: which are bound to whom, who reads them, and whether Slack works, tried for real."""

from flask import Blueprint, abort, flash, redirect, request
from sqlalchemy import select

from helpdesk import config
from helpdesk.channels import errors as channel_errors
from helpdesk.domain import channels, settings
from helpdesk.domain.errors import Conflict, Invalid
from helpdesk.extensions import db
from helpdesk.models.channels import Channel
from helpdesk.models.people import Organization
from helpdesk.web import access, identity
from helpdesk.web.settings import choosing, navigation

blueprint = Blueprint("settings_channels", __name__, url_prefix="/settings/channels")
NAMES = ("undo_seconds", "assign_first_responder")


@blueprint.get("")
@access.admin_only
def index():
    return page()


@blueprint.post("")
@access.admin_only
def bind():
    """Bind a channel: to the team as triage, or to an organization."""
    values = {name: request.form.get(name, "") for name in ("channel", "audience", "organization")}
    try:
        if values["audience"] not in ("team", "customer"):
            raise Invalid("Choose who reads the channel.", "audience")
        if values["audience"] == "customer" and by_slug(values["organization"]) is None:
            raise Invalid("Choose whose channel it is.", "organization")
        db.session.rollback()  # Slack is asked with no transaction open
        known = channels.learn(values["channel"])
        if values["audience"] == "team":
            channels.set_triage(known, actor=identity.me())
        else:
            channels.bind(known, by_slug(values["organization"]), actor=identity.me())
    except (Invalid, Conflict) as error:
        db.session.rollback()
        settings.forget()
        return page(values, getattr(error, "errors", None) or {error.field or "channel": error.sentence}), 422
    db.session.commit()
    flash("The channel is bound. New tickets appear there.", "success")
    return redirect("/settings/channels", 303)


@blueprint.post("/<int:channel_id>/internal")
@access.admin_only
def set_internal(channel_id: int):
    """Whether what people type in the threads of a team channel is a note unless they say otherwise."""
    channel = found(channel_id)
    channels.set_internal_by_default(channel, "internal" in request.form, actor=identity.me())
    db.session.commit()
    flash(f"{channel.label} is saved.", "success")
    return redirect("/settings/channels", 303)


@blueprint.post("/<int:channel_id>/delete")
@access.admin_only
def release(channel_id: int):
    """Write there no more."""
    channel = found(channel_id)
    channels.unbind(channel, actor=identity.me())
    db.session.commit()
    flash(f"Nothing new goes to {channel.label}.", "success")
    return redirect("/settings/channels", 303)


@blueprint.post("/options")
@access.admin_only
def save_options():
    values = choosing.typed(NAMES)
    errors = choosing.save(values, "Slack")
    if errors:
        return page(options=values, errors=errors), 422
    flash("The options are saved.", "success")
    return redirect("/settings/channels#options", 303)


@blueprint.post("/test")
@access.admin_only
def test():
    """Token, permissions, every channel, and a message there and back; nothing is held open meanwhile."""
    return page(checks=channels.check())


def page(values: dict | None = None, errors: dict | None = None, options: dict | None = None, checks=None) -> str:
    bound, triage = channels.listed(), settings.get("triage_channel")
    slugs = select(Organization.slug, Organization.name).order_by(Organization.name).limit(1000)
    return navigation.render(
        "settings/channels.html",
        channels=bound,
        triage=triage,
        organizations=[tuple(row) for row in db.session.execute(slugs)],
        offered=offered({channel.external_id for channel in bound}),
        is_set_up=bool(config.current().SLACK_BOT_TOKEN),
        values=values or {"audience": "customer" if triage else "team"},
        options=options or settings.everything(),
        errors=errors or {},
        checks=checks,
    )


def offered(taken: set[str]) -> list[tuple[str, str]]:
    """Channels the bot can see and nobody has, as (id, name); none while Slack does not answer."""
    if not config.current().SLACK_BOT_TOKEN:
        return []
    try:
        seen = channels.offered()
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


def by_slug(slug: str) -> Organization | None:
    return db.session.scalar(select(Organization).where(Organization.slug == slug)) if slug else None
