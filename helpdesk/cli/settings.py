"""What an admin may change while the helpdesk runs, from the command line."""

import click
from flask.cli import with_appcontext

from helpdesk import config
from helpdesk.domain import audit, bindings, channels
from helpdesk.domain import settings as chosen
from helpdesk.extensions import db
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
    if key == "triage_channel" and value.strip():
        _set_triage(value)
    else:
        before = chosen.everything().get(key)
        value = chosen.set(key, value)
        if value != before:
            audit.write("changed a setting", None, key, value=[before, value])
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


def _set_triage(channel_id: str) -> None:
    """The triage channel is one of ours, as Slack knows it; where Slack is off, it is taken on trust."""
    if config.current().SLACK_BOT_TOKEN:
        known = channels.learn(channel_id)
    else:
        try:
            known = channels.Known(bindings.check([channel_id])[0], "")
        except ValueError as error:
            raise click.ClickException(str(error)) from None
    channels.set_triage(known, actor=None)


def _shown(value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if value != "" else "(empty)"
