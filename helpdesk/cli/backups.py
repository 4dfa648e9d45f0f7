"""Back up the database and the stored files into one checked file, and restore them.

SQLite's backup API copies a database in use, which copying its file does not; PostgreSQL has pg_dump. After a restore,
pending deliveries may already have been sent since the backup, so they are held until a person releases them.
"""

import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import click
from flask.cli import with_appcontext
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from helpdesk import clock, config
from helpdesk.cli import schema_migration
from helpdesk.domain import outbox
from helpdesk.extensions import db

SQLITE_DUMP_NAME, POSTGRES_DUMP_NAME = "helpdesk.db", "helpdesk.dump"


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_appcontext
def backup(file: Path) -> None:
    """Write the database and the stored files into FILE (.tar), while the helpdesk runs."""
    if file.exists():
        raise click.ClickException(f"{file} already exists.")
    if not file.resolve().parent.is_dir():
        raise click.ClickException(f"There is no folder {file.resolve().parent}.")
    part = file.with_name(file.name + ".part")
    with tempfile.TemporaryDirectory(dir=file.resolve().parent) as folder:
        dump = _dump_sqlite(Path(folder)) if config.current().is_sqlite else _dump_postgres(Path(folder))
        with tarfile.open(part, "w") as archive:
            archive.add(dump, dump.name)
            if _storage_folder() and _storage_folder().is_dir():
                archive.add(_storage_folder(), "files")
    os.chmod(part, 0o600)
    part.replace(file)
    click.echo(
        f"Wrote {file} ({file.stat().st_size:,} bytes)."
        + ("" if _storage_folder() else " Files are in S3 and not part of it.")
    )


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Replace a database that is not empty.")
@with_appcontext
def restore(file: Path, replace: bool) -> None:
    """Restore FILE. Stop web and workers first. Pending deliveries are held until a person releases them."""
    revision, _ = schema_migration.get_revisions()
    if revision and not replace:
        raise click.ClickException("The database is not empty. Use --replace to replace it.")
    db.session.remove()
    db.engine.dispose()
    with tempfile.TemporaryDirectory(dir=_temporary_folder()) as folder:
        try:
            with tarfile.open(file) as archive:
                archive.extractall(folder, filter="data")
        except (tarfile.TarError, OSError):
            raise click.ClickException(f"{file} is not a backup of this program, or it is damaged.") from None
        _restore_database(Path(folder), file)
        _restore_files(Path(folder) / "files")
    schema_migration.upgrade_schema()
    held = outbox.hold_pending(clock.now())
    db.session.commit()
    click.echo(f"Restored {file}. {held} waiting deliveries are on hold; see: helpdesk deliveries --state on_hold")


def _dump_sqlite(folder: Path) -> Path:
    dump = folder / SQLITE_DUMP_NAME
    with closing(sqlite3.connect(_sqlite_path())) as source, closing(sqlite3.connect(dump)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")
        _check_database(target)
    return dump


def _dump_postgres(folder: Path) -> Path:
    dump = folder / POSTGRES_DUMP_NAME
    _run_program(["pg_dump", "--format=custom", f"--file={dump}", *_postgres_arguments()])
    _run_program(["pg_restore", "--list", str(dump)])
    return dump


def _restore_database(folder: Path, file: Path) -> None:
    dump_name = SQLITE_DUMP_NAME if config.current().is_sqlite else POSTGRES_DUMP_NAME
    if not (folder / dump_name).is_file():
        raise click.ClickException(
            f"{file} holds no {'SQLite' if dump_name == SQLITE_DUMP_NAME else 'PostgreSQL'} database."
        )
    if dump_name == POSTGRES_DUMP_NAME:
        _empty_postgres()
        _run_program(
            [
                "pg_restore",
                "--no-owner",
                "--no-privileges",
                "--exit-on-error",
                "--single-transaction",
                *_postgres_arguments(),
                str(folder / POSTGRES_DUMP_NAME),
            ]
        )
        return
    with closing(sqlite3.connect(folder / SQLITE_DUMP_NAME)) as restored:
        _check_database(restored)
    path = _sqlite_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    for leftover in ("-wal", "-shm"):
        path.with_name(path.name + leftover).unlink(missing_ok=True)
    shutil.move(folder / SQLITE_DUMP_NAME, path)


def _empty_postgres() -> None:
    engine = create_engine(config.current().DATABASE_URL, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()


def _restore_files(source: Path) -> None:
    target = _storage_folder()
    if target is None or not source.is_dir():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(source, target, dirs_exist_ok=True)


def _check_database(connection: sqlite3.Connection) -> None:
    try:
        result = connection.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.DatabaseError as error:
        result = str(error)
    if result != "ok":
        raise click.ClickException(f"The copy is damaged: {result}")


def _run_program(command: list[str]) -> None:
    if shutil.which(command[0]) is None:
        raise click.ClickException(f"{command[0]} is needed on the PATH; it comes with PostgreSQL's client programs.")
    url = make_url(config.current().DATABASE_URL)
    environment = os.environ | ({"PGPASSWORD": url.password} if url.password else {})
    process = subprocess.run(command, env=environment, capture_output=True, text=True)
    if process.returncode:
        raise click.ClickException(
            f"{command[0]} failed: {(process.stderr.strip() or 'no reason given').splitlines()[-1]}"
        )


def _postgres_arguments() -> list[str]:
    """Connection arguments of PostgreSQL's programs; the password is passed in the environment, unseen by others."""
    url = make_url(config.current().DATABASE_URL)
    host = url.host or url.query.get("host")
    options = {"host": host, "port": url.port, "username": url.username, "dbname": url.database}
    return [f"--{name}={value}" for name, value in options.items() if value]


def _sqlite_path() -> Path:
    return Path(make_url(config.current().DATABASE_URL).database)


def _storage_folder() -> Path | None:
    parts = urlsplit(config.current().STORAGE_URL)
    return Path(parts.path) if parts.scheme == "file" else None


def _temporary_folder() -> Path:
    """A folder on the database's disk, so that unpacked files can be moved into place at once."""
    folder = _sqlite_path().parent if config.current().is_sqlite else Path(config.current().VAR_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
