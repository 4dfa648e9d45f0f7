"""What ``helpdesk serve`` does before it serves, so that it works in an empty folder: key, schema, Redis, first admin.

A key, a database and a Redis that the environment names are used as they are.
"""

import atexit
import os
import secrets
import subprocess
import sys
from pathlib import Path

import click
from sqlalchemy import select

from helpdesk import config, urls, var_folder
from helpdesk.cli import schema_migration, supervisor
from helpdesk.cli.demo import private_redis
from helpdesk.database import errors
from helpdesk.domain.authentication import invitations, signed_links
from helpdesk.domain.forms import default_form
from helpdesk.extensions import db
from helpdesk.models.user import Role, User


def prepare_environment() -> None:
    """Make a secret key in the folder VAR_DIR if the environment names none. Before the settings are read.

    Raises UnsafeConfiguration where that is not possible.
    """
    folder = Path(os.environ.get("VAR_DIR") or "var").resolve()
    if os.environ.get("SECRET_KEY") or os.environ.get("SECRET_KEY_FILE"):
        return
    path = folder / var_folder.KEY_FILE_NAME
    try:
        is_new = not path.exists()
        if is_new:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(48) + "\n")
    except OSError as error:
        raise config.UnsafeConfiguration(
            f"No secret key can be kept in VAR_DIR ({folder}): {error.strerror}."
        ) from None
    if is_new:
        click.echo(f"Made a secret key in {path}. Keep it: without it, links and reply addresses end.")


def start_private_redis(current: config.Config) -> subprocess.Popen[bytes] | None:
    """Start a Redis in VAR_DIR if the environment names none; None where none is needed, or no program is found.

    The settings of this process and of its children name it then; other commands find its socket in VAR_DIR.
    """
    if os.environ.get("REDIS_URL") or os.environ.get("REDIS_URL_FILE"):
        return None
    path = var_folder.private_redis_socket(current.VAR_DIR)
    if private_redis.is_reachable(path):
        os.environ["REDIS_URL"] = f"unix://{path}?db=0"
        return None
    try:
        Path(current.VAR_DIR).mkdir(parents=True, exist_ok=True, mode=0o700)
        server = private_redis.start_server(path, Path(current.VAR_DIR), Path(current.VAR_DIR) / "redis.log")
    except (click.ClickException, OSError) as error:
        is_file = isinstance(error, OSError)
        why = f"No Redis can be kept in VAR_DIR: {error.strerror}." if is_file else error.format_message()
        click.echo(f"{why} It goes on without: pages ask once a minute.", err=True)
        return None
    os.environ["REDIS_URL"] = f"unix://{path}?db=0"
    return server


def prepare_database(admin: str | None) -> None:
    """Bring a SQLite or an empty database to the newest schema, and print a link for the first admin if there is none.

    An older schema on PostgreSQL is only named: several nodes may use it, so that a person decides when. A database
    that does not answer does not keep the server from starting.
    """
    try:
        revision, newest = schema_migration.get_revisions()
        if revision is None or (config.current().is_sqlite and revision < (newest or "")):
            schema_migration.upgrade_schema()
        elif revision < (newest or ""):
            click.echo(f"The schema is at {revision}, this version needs {newest}. Run: helpdesk db upgrade", err=True)
            return
        _invite_first_admin(admin)
    except errors.UNAVAILABLE_ERRORS as error:
        click.echo(f"The database does not answer yet ({errors.describe_error(error)}).", err=True)
    finally:
        db.session.remove()
        db.engine.dispose()  # the server forks, and no connection may be shared


def start_workers() -> subprocess.Popen[bytes]:
    """Start ``helpdesk worker`` as a child that ends with this process."""
    return supervisor.start_process([sys.executable, "-m", "helpdesk.cli", "worker"], dict(os.environ))


def stop_at_exit(children: list[subprocess.Popen[bytes] | None]) -> None:
    """End ``children``, the last first, when this process ends; its forked children leave them alone."""
    owner = os.getpid()

    def stop() -> None:
        if os.getpid() == owner:
            supervisor.stop_processes([child for child in reversed(children) if child is not None])

    atexit.register(stop)


def _invite_first_admin(address: str | None) -> None:
    if db.session.scalar(select(User.id).where(User.role == Role.admin, User.email_verified_at.is_not(None)).limit(1)):
        return
    first_invited = select(User.email).where(User.role == Role.admin).order_by(User.id).limit(1)
    if address is None and (invited := db.session.scalar(first_invited)):
        # A new link would end the one that was printed before, at each restart, and stand in the service's log.
        click.echo(f"No admin has signed in yet. For a new link, run: helpdesk agent invite {invited} --role admin")
        return
    if address is None and sys.stdin.isatty():
        address = click.prompt("The mail address of the first admin")
    if address is None:
        click.echo("There is no admin yet. Run: helpdesk agent invite you@your-company.example --role admin")
        return
    user, link = invitations.invite_agent(address, role=Role.admin)
    default_form.create_if_none(user)
    url = urls.sign_in_link_url(signed_links.link_token(link))
    db.session.commit()
    click.echo(
        f"{user.email} signs in as the first admin, once, until {link.expires_at:%H:%M} UTC, by this link:\n{url}"
    )
