"""Back up the database and the stored files into one archive, verify it, and restore it.

A restore reads and checks the whole archive first. The database then changes in one transaction: until it commits,
everything is as it was. Pending deliveries may have been sent since the backup, so they are held in that transaction.
"""

import tempfile
from pathlib import Path
from types import ModuleType

import click
from flask.cli import with_appcontext
from sqlalchemy import func, select

from helpdesk import config
from helpdesk.cli import schema_migration
from helpdesk.cli.backups import archive, postgresql_database, sqlite_database, stored_files
from helpdesk.cli.counted import counted
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery, DeliveryState


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--verify", is_flag=True, help="Write nothing: check FILE, and restore it into a database made for that.")
@click.option("--without-files", is_flag=True, help="Leave out the stored files.")
@with_appcontext
def backup(file: Path, verify: bool, without_files: bool) -> None:
    """Write the database and the stored files into FILE (.tar), while the helpdesk runs."""
    if verify:
        click.echo(f"{file} is whole. {_verify(file)}")
        return
    if file.exists():
        raise click.ClickException(f"{file} already exists.")
    if not file.resolve().parent.is_dir():
        raise click.ClickException(f"There is no folder {file.resolve().parent}.")
    database, revision = _database(), schema_migration.get_revisions()[0]
    if revision is None:
        raise click.ClickException("The database is empty. Run: helpdesk db upgrade")
    part = file.with_name(file.name + ".part")
    try:
        with tempfile.TemporaryDirectory(dir=file.resolve().parent) as folder, archive.Writer(part) as writer:
            dump = database.dump(Path(folder))
            writer.add_file(dump.name, dump)
            count = 0 if without_files else stored_files.add_all(writer)
            writer.finish(revision, database.describe())
        part.replace(file)
    except OSError as error:
        raise click.ClickException(f"The backup was not written: {error.strerror or error}.") from None
    finally:
        part.unlink(missing_ok=True)
    click.echo(f"Wrote {file} ({file.stat().st_size:,} bytes, {counted(count, 'file', 'files')}).")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Replace a database that is not empty.")
@click.option("--force", is_flag=True, help="Restore although connections of a running portal are open.")
@click.option("--unverified", is_flag=True, help="Accept an archive of an earlier version, which has no checksums.")
@with_appcontext
def restore(file: Path, replace: bool, force: bool, unverified: bool) -> None:
    """Restore FILE. Stop web and workers first. Pending deliveries are held until a person releases them."""
    revision, newest = schema_migration.get_revisions()
    if revision and not replace:
        raise click.ClickException("The database is not empty. Use --replace to replace it.")
    database = _database()
    db.session.remove()
    db.engine.dispose()
    if not force and (users := database.find_users()):
        raise click.ClickException(f"The helpdesk runs: {users}. Stop web and workers, or use --force.")
    with tempfile.TemporaryDirectory(dir=_temporary_folder()) as folder:
        content = archive.unpack(file, Path(folder), database.DUMP_NAME, unverified)
        if content.revision and newest and content.revision > newest:
            raise click.ClickException(
                f"{file} is of a newer version (schema {content.revision}); this one knows {newest}."
            )
        database.check(content.dump)
        stored_files.restore_all(content.files)
        database.replace(content.dump)
    schema_migration.upgrade_schema()
    held = db.session.scalar(select(func.count(Delivery.id)).where(Delivery.state == DeliveryState.on_hold))
    db.session.rollback()
    waiting = counted(held or 0, "waiting delivery is", "waiting deliveries are")
    click.echo(f"Restored {file}. {waiting} on hold; see: helpdesk deliveries --state on_hold")


def _verify(file: Path) -> str:
    """Check the archive and restore its database elsewhere. Returns a sentence. Raises ClickException."""
    if not file.is_file():
        raise click.ClickException(f"There is no file {file}.")
    database = _database()
    with tempfile.TemporaryDirectory(dir=_temporary_folder()) as folder:
        content = archive.unpack(file, Path(folder), database.DUMP_NAME, unverified=False)
        files = counted(len(content.files), "file", "files")
        return f"{database.try_out(content.dump)} It has {files} and the schema {content.revision}."


def _database() -> ModuleType:
    return sqlite_database if config.current().is_sqlite else postgresql_database


def _temporary_folder() -> Path:
    """Return a folder with enough space for what an archive holds."""
    folder = Path(config.current().VAR_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
