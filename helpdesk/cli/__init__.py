"""The command ``helpdesk``. A person's mistake is one line on standard error and a status other than 0, never a traceback."""

import sys

import click
from flask import Flask
from flask.cli import ScriptInfo
from flask_migrate.cli import db as database_commands
from sqlalchemy.exc import DBAPIError

from helpdesk import config
from helpdesk.cli import access, backups, deliveries, demo, doctor, seed, serving, settings, working
from helpdesk.domain.errors import Refused

COMMANDS = (
    serving.serve,
    working.worker,
    demo.demo,
    database_commands,
    access.organization,
    access.agent,
    settings.settings,
    seed.seed,
    deliveries.deliveries,
    doctor.doctor,
    backups.backup,
    backups.restore,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def helpdesk() -> None:
    """A customer portal with Slack and email in step. Settings come from the environment; the README lists them."""


for command in COMMANDS:
    helpdesk.add_command(command)


def register(app: Flask) -> None:
    """Offer the commands that work inside an application as ``flask …`` too; Flask-Migrate adds its own."""
    for command in COMMANDS:
        if command not in (database_commands, serving.serve, working.worker, demo.demo):
            app.cli.add_command(command)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the console script. Ends the process with its status."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run one command and give its status: 0, or another after one line of why."""
    try:
        status = helpdesk.main(arguments, "helpdesk", standalone_mode=False, obj=ScriptInfo(create_app=_create_app, set_debug_flag=False))
        return status if isinstance(status, int) else 0
    except click.exceptions.Abort:
        return 130
    except click.exceptions.NoArgsIsHelpError as asked:
        click.echo(asked.format_message())
        return 2
    except click.ClickException as mistake:
        return _say(mistake.format_message(), mistake.exit_code)
    except config.UnsafeStart as unsafe:
        return _say(str(unsafe))
    except Refused as refused:
        return _say(refused.sentence)
    except DBAPIError as error:
        return _say(_about_database(error))
    except BrokenPipeError:
        return 0


def _create_app() -> Flask:
    import helpdesk as package

    return package.create_app()


def _say(sentence: str, status: int = 1) -> int:
    click.echo(f"helpdesk: {' '.join(sentence.split())}", err=True)
    return status


def _about_database(error: DBAPIError) -> str:
    text = str(error.orig or error).strip().splitlines()[0]
    if "no such table" in text or "does not exist" in text or "no such column" in text:
        return f"The database is not at the newest schema ({text}). Run: helpdesk db upgrade"
    return f"The database did not answer: {text}"
