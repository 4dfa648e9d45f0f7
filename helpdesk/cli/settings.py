"""List and change the settings that an admin may change at run time."""

import click
from flask.cli import with_appcontext

from helpdesk import config
from helpdesk.channels.slack import channels, organization_channels
from helpdesk.domain.administration import audit_log
from helpdesk.domain.administration import settings as settings_store
from helpdesk.extensions import db
from helpdesk.models.setting import SETTINGS


@click.group()
def settings() -> None:
    """The settings that an admin may change at run time."""


@settings.command("set")
@click.argument("key")
@click.argument("value")
@with_appcontext
def set_setting(key: str, value: str) -> None:
    """Set KEY to VALUE."""
    if key == "triage_channel" and value.strip():
        _set_triage_channel(value)
    else:
        previous = settings_store.get_all().get(key)
        value = settings_store.set(key, value)
        if value != previous:
            audit_log.add_entry("changed a setting", None, key, value=[previous, value])
    db.session.commit()
    click.echo(f"{key} = {_format_value(value)}")


@settings.command("list")
@with_appcontext
def list_settings() -> None:
    """List every key with its value and its meaning."""
    values = settings_store.get_all()
    width = max(map(len, SETTINGS))
    for name, key in SETTINGS.items():
        click.echo(f"{name:{width}}  {_format_value(values[name])}")
        click.echo(f"{'':{width}}  {key.what}")


def _set_triage_channel(channel_id: str) -> None:
    """Set the triage channel; Slack confirms that it exists. With Slack off, only the form of the id is checked."""
    settings_store.get_all()  # the token may have been entered in the browser
    if config.current().SLACK_BOT_TOKEN:
        channel = channels.fetch_channel(channel_id)
    else:
        try:
            channel = channels.SlackChannel(organization_channels.parse_channel_id(channel_id), "")
        except ValueError as error:
            raise click.ClickException(str(error)) from None
    channels.set_triage_channel(channel, actor=None)


def _format_value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if value != "" else "(empty)"
