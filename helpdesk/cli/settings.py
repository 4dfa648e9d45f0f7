"""What an admin may change while the helpdesk runs, from the command line."""

import click
from flask.cli import with_appcontext
from sqlalchemy import select

from helpdesk.domain import audit, bindings
from helpdesk.domain import settings as chosen
from helpdesk.extensions import db
from helpdesk.models.channels import Channel
from helpdesk.models.settings import KEYS


@click.group()
def settings() -> None:
    """What an admin may change while the helpdesk runs."""


@settings.command("set")
@click.argument("key")
@click.argument("value")
@with_appcontext
def set_one(key: str, value: str) -> None:
    """Set KEY to VALUE."""
    before = chosen.everything().get(key)
    value = chosen.set(key, value)
    if value != before:
        audit.write("changed a setting", None, key, value=[before, value])
    if key == "triage_channel" and value:
        _make_the_teams(value)
    db.session.commit()
    click.echo(f"{key} = {_shown(value)}")


@settings.command("list")
@with_appcontext
def list_all() -> None:
    """List every key with its value and what it does."""
    values = chosen.everything()
    width = max(map(len, KEYS))
    for name, key in KEYS.items():
        click.echo(f"{name:{width}}  {_shown(values[name])}")
        click.echo(f"{'':{width}}  {key.what}")


def _make_the_teams(channel_id: str) -> None:
    """The triage channel is one of ours, whoever wrote it down first."""
    try:
        bindings.check([channel_id])
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    channel = db.session.scalar(
        select(Channel).where(Channel.kind == "slack", Channel.external_id == channel_id)
    )
    if channel is None:
        db.session.add(Channel(kind="slack", external_id=channel_id, audience="team"))
    elif channel.audience != "team":
        raise click.ClickException(f"{channel_id} is {channel.organization.name}'s channel.")
    else:
        channel.removed_at = None


def _shown(value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if value != "" else "(empty)"
