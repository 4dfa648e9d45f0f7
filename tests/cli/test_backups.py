"""A backup holds everything and is checked; a restore changes everything or nothing, and nobody else's tables."""

import json
import os
import re
import shutil
import sqlite3
import tarfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import boto3
import psycopg
import pytest
from moto.server import ThreadedMotoServer
from sqlalchemy import select, text

from bench import postgres_programs
from helpdesk import clock, config, extensions, storage
from helpdesk.cli.backups import archive
from helpdesk.domain.outbox import failover
from helpdesk.models.attachment import Attachment
from helpdesk.models.delivery import Delivery, DeliveryState
from helpdesk.models.organization import Organization
from tests import conftest
from tests.cli.test_commands import one_line

KEY = "abcdefghijklmnopqrstuv"
STATISTICS_QUERY = text(
    "SELECT stxname::text FROM pg_statistic_ext WHERE stxnamespace = current_schema()::regnamespace ORDER BY 1"
)
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture(autouse=True)
def newest_programs(request, monkeypatch):
    """pg_dump, pg_restore and psql of the server that the suite runs; they must not be older than it."""
    if "postgresql" not in request.node.name:
        return
    if not os.environ.get("TEST_DATABASE_URL"):
        monkeypatch.setenv("PATH", f"{postgres_programs.find_programs()}{os.pathsep}{os.environ['PATH']}")
    if shutil.which("pg_dump") is None:
        pytest.skip("there is no pg_dump")


@pytest.fixture
def filled(session, make, tmp_path):
    """An organization, a waiting delivery, and a stored file."""
    globex = make.organization("Globex")
    session.add(Delivery(kind="sign_in", queue_key="mail", state=DeliveryState.pending, due_at=clock.now()))
    dana = make.user(globex, "Dana")
    storage.write(KEY, b"a file")
    session.add(
        Attachment(
            key=KEY, name="a.txt", media_type="text/plain", size=6, uploader_id=dana.id, organization_id=globex.id
        )
    )
    session.commit()


@pytest.fixture
def backup(run, filled, tmp_path):
    """The path of a backup of what is filled in."""
    path = tmp_path / "backup.tar"
    status, out, error = run("backup", str(path))
    assert status == 0, error
    assert re.search(r"\b1 file\b", out)
    return path


def change(session):
    """Change what the backup holds; no connection stays open."""
    session.scalar(select(Organization)).name = "Somebody else"
    session.commit()
    storage.delete(KEY)
    close(session)


def close(session):
    session.remove()
    extensions.db.engine.dispose()


def name_of(session) -> str:
    name = session.scalar(select(Organization.name))
    close(session)
    return name


def rewrite(path: Path, alter) -> None:
    """Make the archive anew, with ``alter(name, data)`` in place of each member; None leaves it out."""
    with tarfile.open(path) as source:
        members = [(member.name, source.extractfile(member).read()) for member in source]
    with tarfile.open(path, "w") as target:
        for name, data in members:
            if (altered := alter(name, data)) is not None:
                member = tarfile.TarInfo(name)
                member.size = len(altered)
                from io import BytesIO

                target.addfile(member, BytesIO(altered))


def test_restore_brings_everything_back_and_holds_what_waits(run, session, make, backup):
    assert backup.stat().st_mode & 0o777 == 0o600
    assert run("backup", str(backup))[0] != 0, "an earlier backup is never overwritten"
    change(session)
    status, _, error = run("restore", str(backup))
    assert status != 0 and "--replace" in error
    close(session)
    status, out, error = run("restore", str(backup), "--replace")
    assert status == 0, error
    assert "1 waiting delivery is on hold" in out
    assert storage.read(KEY) == b"a file"
    assert session.scalar(select(Organization.name)) == "Globex"
    delivery = session.scalar(select(Delivery))
    assert delivery.state == DeliveryState.on_hold and delivery.possibly_sent_since is not None
    assert failover.look_after_takeover(clock.now() - timedelta(days=1)), "what channels bring again is looked for"
    assert failover.look_after_takeover(clock.now() + timedelta(days=1)) is None
    make.ticket(subject="Everything works on")
    if session.get_bind().dialect.name == "postgresql":
        names = ["st_tickets_requester_organization", "st_tickets_status_assignee"]
        assert session.scalars(STATISTICS_QUERY).all() == names


def test_verify_restores_elsewhere_and_changes_nothing(run, session, backup):
    change(session)
    status, out, error = run("backup", "--verify", str(backup))
    assert status == 0, error
    assert "is whole" in out and re.search(r"\b1 file\b", out)
    assert name_of(session) == "Somebody else"


@pytest.mark.parametrize("command", [("restore", "--replace", "--force"), ("backup", "--verify")])
@pytest.mark.parametrize("damage", ["flipped", "cut", "no file", "other"])
def test_damaged_archive_changes_nothing(run, session, backup, damage, command):
    change(session)
    if damage == "flipped":

        def flip(name, data):
            middle = len(data) // 2
            is_dump = name.startswith("helpdesk")
            flipped = bytes(byte ^ 0xFF for byte in data[middle : middle + 64])
            return data[:middle] + flipped + data[middle + 64 :] if is_dump else data

        rewrite(backup, flip)
    elif damage == "cut":
        rewrite(backup, lambda name, data: data if name.startswith("helpdesk") else None)
    elif damage == "no file":
        rewrite(backup, lambda name, data: None if name.startswith("files/") else data)
    else:
        backup.write_text("Dear backup")
    status, _, error = run(command[0], str(backup), *command[1:])
    assert status != 0 and one_line(error), error
    assert name_of(session) == "Somebody else"


def test_archive_without_a_manifest_is_accepted_on_request(run, session, backup):
    change(session)
    rewrite(backup, lambda name, data: None if name == archive.MANIFEST_NAME else data)
    assert run("restore", str(backup), "--replace", "--unverified")[0] == 0
    assert name_of(session) == "Globex"


def test_archive_of_a_newer_version_is_refused(run, session, backup):
    change(session)

    def raise_revision(name, data):
        return json.dumps(json.loads(data) | {"revision": "9999"}).encode() if name == archive.MANIFEST_NAME else data

    rewrite(backup, raise_revision)
    status, _, error = run("restore", str(backup), "--replace")
    assert status != 0 and "newer version" in error
    assert name_of(session) == "Somebody else"


def test_running_portal_is_refused(run, session, database_url, backup):
    change(session)
    if database_url.startswith("sqlite"):
        portal = sqlite3.connect(database_url.removeprefix("sqlite:///"))
        portal.execute("PRAGMA journal_mode=WAL")
        portal.execute("SELECT count(*) FROM tickets")
    else:
        portal = psycopg.connect(database_url, application_name="helpdesk")
    with closing(portal):
        status, _, error = run("restore", str(backup), "--replace")
        assert status != 0 and "The helpdesk runs" in error, error
        assert name_of(session) == "Somebody else"
    assert run("restore", str(backup), "--replace")[0] == 0


@ON_SQLITE
def test_connection_that_was_open_reads_and_writes_what_was_restored(run, session, database_url, backup):
    change(session)
    with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"), timeout=60)) as portal:
        portal.execute("SELECT count(*) FROM tickets")
        status, _, error = run("restore", str(backup), "--replace", "--force")
        assert status == 0, error
        close(session)
        portal.execute("UPDATE organizations SET name = name || ' Ltd'")
        portal.commit()
    assert name_of(session) == "Globex Ltd"


OWN_TRIGGERS = (
    "SELECT tgrelid::regclass::text, tgname, tgfoid::regproc::text FROM pg_trigger WHERE NOT tgisinternal ORDER BY 2"
)


@ON_POSTGRESQL
def test_tables_of_neighbours_are_left_alone(run, session, database_url, make, tmp_path, filled):
    conftest.run_sql(
        database_url,
        "CREATE TABLE neighbour (id serial PRIMARY KEY, name text)",
        "CREATE INDEX ix_neighbour ON neighbour (name)",
        "CREATE FUNCTION neighbour_rule() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION report_neighbours() RETURNS int LANGUAGE sql AS 'SELECT 2'",
        "CREATE VIEW neighbour_view AS SELECT name FROM neighbour",
        "INSERT INTO neighbour (name) VALUES ('ours')",
    )
    try:
        path = tmp_path / "beside.tar"
        status, _, error = run("backup", str(path))
        assert status == 0, error
        with psycopg.connect(database_url) as connection:
            triggers = connection.execute(OWN_TRIGGERS).fetchall()
        assert triggers
        change(session)
        status, _, error = run("restore", str(path), "--replace")
        assert status == 0, error
        assert name_of(session) == "Globex"
        with psycopg.connect(database_url) as connection:
            found = connection.execute("SELECT name, neighbour_rule(), report_neighbours() FROM neighbour_view")
            assert found.fetchall() == [("ours", 1, 2)]
            assert connection.execute(OWN_TRIGGERS).fetchall() == triggers
        close(session)
        conftest.run_sql(database_url, "INSERT INTO neighbour (name) VALUES ('later')")
    finally:
        conftest.run_sql(
            database_url,
            "DROP VIEW neighbour_view",
            "DROP TABLE neighbour",
            "DROP FUNCTION neighbour_rule(), report_neighbours()",
        )


@ON_POSTGRESQL
def test_what_depends_on_our_tables_stops_a_restore_before_anything_changes(run, session, database_url, backup):
    conftest.run_sql(database_url, "CREATE VIEW report AS SELECT count(*) FROM tickets")
    try:
        change(session)
        status, _, error = run("restore", str(backup), "--replace")
        assert status != 0 and one_line(error) and "depend" in error
        assert name_of(session) == "Somebody else"
    finally:
        close(session)
        conftest.run_sql(database_url, "DROP VIEW report")


@ON_SQLITE
def test_files_in_s3_are_part_of_it(run, session, filled, tmp_path, monkeypatch):
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        address = "http://{}:{}".format(*server.get_host_and_port())
        boto3.client("s3", endpoint_url=address, region_name="us-east-1").create_bucket(Bucket="files")
        monkeypatch.setattr(config.current(), "STORAGE_URL", f"s3://files?endpoint={address}")
        storage.write(KEY, b"in a bucket")
        status, out, error = run("backup", str(tmp_path / "s3.tar"))
        assert status == 0 and re.search(r"\b1 file\b", out), error
        change(session)
        status, _, error = run("restore", str(tmp_path / "s3.tar"), "--replace")
        assert status == 0, error
        assert storage.read(KEY) == b"in a bucket"
    finally:
        server.stop()


@ON_SQLITE
def test_disk_that_is_full_leaves_no_half_archive(run, filled, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive.Writer, "add_stream", fail)
    status, _, error = run("backup", str(tmp_path / "backup.tar"))
    assert status != 0 and "No space left" in error
    assert list(tmp_path.glob("backup*")) == []
