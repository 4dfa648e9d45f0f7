"""PostgreSQL's own programs, connected as DATABASE_URL says: hosts, port, sslmode and every other option of libpq."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import click
from psycopg.conninfo import make_conninfo
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from helpdesk import config, postgresql_url

NOT_OF_LIBPQ = ("context", postgresql_url.PREPARE_THRESHOLD)


def run(command: list[str]) -> str:
    """Run a program and return what it printed. Raises ClickException with the reason.

    The password is passed in the environment, unseen by others on the machine.
    """
    if shutil.which(command[0]) is None:
        raise click.ClickException(f"{command[0]} is needed on the PATH; it comes with PostgreSQL's client programs.")
    password = _connection_options().get("password")
    environment = os.environ | ({"PGPASSWORD": str(password)} if password else {})
    process = subprocess.run(command, env=environment, capture_output=True, text=True)
    if process.returncode:
        raise click.ClickException(f"{command[0]} failed: {find_reason(process.stderr)}")
    return process.stdout


def find_reason(written: str) -> str:
    """The line of what a program wrote that says why it failed.

    Of several hosts it is the last one's: the earlier ones are tried because one of them may be away.
    """
    lines = written.strip().splitlines() or ["no reason given"]
    refused = [line for line in lines if "connection to server" in line and "failed:" in line]
    return refused[-1] if refused else next((line for line in lines if "error" in line.lower()), lines[-1])


def run_scripts(scripts: list[Path], database: str | None = None) -> None:
    """Run SQL scripts one after another in one transaction. Raises ClickException; then nothing has changed."""
    files = [f"--file={script}" for script in scripts]
    options = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction", "--output=/dev/null"]
    run(["psql", *options, *files, database_argument(database)])


def database_argument(database: str | None = None) -> str:
    """Return the argument that names the database, or another one on its server, without the password."""
    options = _connection_options() | ({"dbname": database} if database else {})
    options.pop("password", None)
    return f"--dbname={make_conninfo(**options)}"


def _connection_options() -> dict[str, Any]:
    url = make_url(config.current().DATABASE_URL)
    options: dict[str, Any] = create_engine(url).dialect.create_connect_args(url)[1]
    own = postgresql_url.connect_arguments(dict(url.query)) | options
    own["application_name"] = "helpdesk backup"  # not one of the portal's connections
    return {name: value for name, value in own.items() if name not in NOT_OF_LIBPQ and value is not None}
