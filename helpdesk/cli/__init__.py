"""The command ``helpdesk``. A user's mistake gives one line on standard error and a status other than 0, no traceback.

A command's module is imported when the command is used, so that ``--help`` and the demo do not load a database driver.
"""

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from helpdesk import config, file_modes
from helpdesk.domain.errors import DomainError

if TYPE_CHECKING:
    from flask import Flask

COMMAND_PATHS = {
    "agent": "helpdesk.cli.organizations_and_agents:agent",
    "backup": "helpdesk.cli.backups:backup",
    "db": "flask_migrate.cli:db",
    "deliveries": "helpdesk.cli.deliveries:deliveries",
    "demo": "helpdesk.cli.demo:demo",
    "doctor": "helpdesk.cli.doctor:doctor",
    "import": "helpdesk.cli.import_file:import_file",
    "mail-in": "helpdesk.cli.mail_in:mail_in",
    "organization": "helpdesk.cli.organizations_and_agents:organization",
    "reindex": "helpdesk.cli.reindex:reindex",
    "restore": "helpdesk.cli.backups:restore",
    "seed": "helpdesk.cli.seed:seed",
    "serve": "helpdesk.cli.serve:serve",
    "settings": "helpdesk.cli.settings:settings",
    "worker": "helpdesk.cli.worker:worker",
}
COMMANDS_WITHOUT_APPLICATION = ("db", "demo", "mail-in", "serve", "worker")  # db is registered by Flask-Migrate


class CommandGroup(click.Group):
    """Find commands by COMMAND_PATHS."""

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted(COMMAND_PATHS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        return _load_command(name) if name in COMMAND_PATHS else None


def _print_version(context: click.Context, _parameter: click.Parameter, is_asked: bool) -> None:
    if is_asked:
        from importlib.metadata import version

        click.echo(f"helpdesk {version('helpdesk')}")
        context.exit()


@click.group(cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_print_version, help="The version."
)
def helpdesk() -> None:
    """A customer portal with Slack and email in step. Settings come from the environment; the README lists them."""


def register_commands(app: "Flask") -> None:
    """Register the commands that need an application for ``flask …`` too; Flask-Migrate adds its own.

    Nothing is imported in a serving process: only under another command line than ours.
    """
    context = click.get_current_context(silent=True)
    if context is None or context.find_root().command is helpdesk:
        return
    for name in COMMAND_PATHS:
        if name not in COMMANDS_WITHOUT_APPLICATION:
            app.cli.add_command(_load_command(name))


def main(arguments: list[str] | None = None) -> int:
    """Run one command and exit with its status; the console script."""
    file_modes.restrict_new_files()
    sys.exit(run_command(arguments))


def run_command(arguments: list[str] | None = None) -> int:
    """Run one command and return its status: 0, or another after one line with the reason."""
    from flask.cli import ScriptInfo

    try:
        script = ScriptInfo(create_app=_create_app, set_debug_flag=False)
        status = helpdesk.main(arguments, "helpdesk", standalone_mode=False, obj=script)
        return status if isinstance(status, int) else 0
    except click.exceptions.Abort:
        return 130
    except click.exceptions.NoArgsIsHelpError as help_text:
        click.echo(help_text.format_message())
        return 2
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.ClickException as error:
        return _print_error(error.format_message(), error.exit_code)
    except config.UnsafeConfiguration as error:
        return _print_error(str(error))
    except DomainError as error:
        return _print_error(error.message)
    except BrokenPipeError:
        return 0
    except Exception as error:
        sentence = _describe_database_error(error)
        if sentence is None:
            raise
        return _print_error(sentence)


def _load_command(name: str) -> click.Command:
    module, _, attribute = COMMAND_PATHS[name].partition(":")
    return getattr(importlib.import_module(module), attribute)


def _create_app() -> "Flask":
    import helpdesk as package

    current = config.load_config()
    if current.is_sqlite:
        try:
            Path(current.VAR_DIR).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise config.UnsafeConfiguration(f"VAR_DIR cannot be made: {error.strerror}.") from None
    file_modes.restrict_stored_files(current)
    return package.create_app(current)


def _print_error(sentence: str, status: int = 1) -> int:
    click.echo(f"helpdesk: {' '.join(sentence.split())}", err=True)
    return status


def _describe_database_error(error: Exception) -> str | None:
    from sqlalchemy.exc import ArgumentError, DBAPIError

    if isinstance(error, ArgumentError):
        return f"DATABASE_URL cannot be understood: {error}"
    if not isinstance(error, DBAPIError):
        return None
    text = str(error.orig or error).strip().splitlines()[0]
    if "no such table" in text or "no such column" in text or ("relation" in text and "does not exist" in text):
        return f"The database is not at the newest schema ({text}). Run: helpdesk db upgrade"
    return f"The database did not answer: {text}"
