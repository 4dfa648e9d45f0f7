"""What an admin may change while the helpdesk runs, from the command line."""

import click
from flask.cli import with_appcontext

from helpdesk import config
from helpdesk.channels.slack import channels
from helpdesk.domain.administration import audit_log
from helpdesk.domain.administration import settings as chosen
from helpdesk.domain.people import organization_channels
from helpdesk.extensions import db
from helpdesk.models.setting import SETTINGS


@click.group()
def settings() -> None:
    """What an admin may change while the helpdesk runs."""


@settings.command("set")
@click.argument("key")
@click.argument("value")
@with_appcontext
def set_setting(key: str, value: str) -> None:
    """Set KEY to VALUE."""
    if key == "triage_channel" and value.strip():
        _set_triage_channel(value)
    else:
        before = chosen.get_all().get(key)
        value = chosen.set(key, value)
        if value != before:
            audit_log.add_entry("changed a setting", None, key, value=[before, value])
    db.session.commit()
    click.echo(f"{key} = {_format_value(value)}")


@settings.command("list")
@with_appcontext
def list_settings() -> None:
    """List every key with its value and what it does."""
    values = chosen.get_all()
    width = max(map(len, SETTINGS))
    for name, key in SETTINGS.items():
        click.echo(f"{name:{width}}  {_format_value(values[name])}")
        click.echo(f"{'':{width}}  {key.what}")


def _set_triage_channel(channel_id: str) -> None:
    """The triage channel is one of ours, as Slack knows it; where Slack is off, it is taken on trust."""
    if config.current().SLACK_BOT_TOKEN:
        known = channels.fetch_channel(channel_id)
    else:
        try:
            known = channels.SlackChannel(organization_channels.validate_channel_ids([channel_id])[0], "")
        except ValueError as error:
            raise click.ClickException(str(error)) from None
    channels.set_triage_channel(known, actor=None)


def _format_value(value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if value != "" else "(empty)"
