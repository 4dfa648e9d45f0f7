"""``helpdesk doctor`` tries everything that is set up and says what is wrong."""

import logging
import os

import pytest
from sqlalchemy import text

from helpdesk import config
from helpdesk.database import postgresql_server
from tests.cli.test_commands import one_line


def test_doctor_leaves_the_log_as_it_was(run):
    before = logging.getLogger("helpdesk").level
    run("doctor", "--quick")
    assert logging.getLogger("helpdesk").level == before


def test_doctor_reports_problems(run):
    status, out, error = run("doctor", "--quick")
    assert status == 1
    assert "The schema is the newest" in out and "No worker runs" in out
    assert one_line(error)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_doctor_tries_files_sender_and_key(run, monkeypatch, tmp_path):
    out = run("doctor", "--quick")[1]
    assert "A file was stored, read and deleted" in out and "Mail comes from help@support.example" in out
    assert "No delivery waits for a worker" in out and "The database and the folder of files take writes" in out
    monkeypatch.setattr(config.current(), "DKIM_PRIVATE_KEY", "junk")
    monkeypatch.setattr(config.current(), "STORAGE_URL", f"file://{tmp_path}/file-in-the-way/files")
    (tmp_path / "file-in-the-way").write_text("")
    out = run("doctor", "--quick")[1]
    assert "WRONG  DKIM_PRIVATE_KEY: The DKIM key is not a private key" in out
    assert "WRONG  STORAGE_URL: no file can be stored" in out
    monkeypatch.setattr(config.current(), "MAIL_DEFAULT_SENDER", "")
    monkeypatch.setattr(config.current(), "MAIL_SERVER", "smtp.example")
    assert "WRONG  No mail is sent: set MAIL_DEFAULT_SENDER" in run("doctor", "--quick")[1]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_doctor_names_a_release_that_leaves_rows_out(run, session, monkeypatch):
    sentence = "off    PostgreSQL 16.0 to 16.3 leave rows out of some answers."
    version = session.connection().connection.dbapi_connection.info.server_version
    for versions in (range(version, version + 1), range(version + 1, version + 2)):
        monkeypatch.setattr(postgresql_server, "VERSIONS_THAT_MERGE_WRONGLY", versions)
        assert (sentence in run("doctor", "--quick")[1]) == (version in versions)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_doctor_reports_unreachable_redis(start):
    status, out, error = start("doctor", "--quick", REDIS_URL="redis://127.0.0.1:1/0")
    assert status == 1 and "Redis does not answer" in out and "Start it, or correct REDIS_URL." in out
    assert one_line(error)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_doctor_tries_providers(run, monkeypatch):
    for name, value in {"ID": "a", "SECRET": "b"}.items():
        monkeypatch.setattr(config.current(), f"GOOGLE_OAUTH_CLIENT_{name}", value)
    monkeypatch.setattr(config.current(), "GOOGLE_OAUTH_URL", "http://127.0.0.1:1")
    out = run("doctor")[1]
    assert "WRONG  Google does not answer" in out and "Microsoft" not in out


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_doctor_without_a_database_says_so_once_and_goes_on(start):
    wrong = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "MAIL_SERVER": "127.0.0.1", "MAIL_PORT": "1"}
    status, out, error = start("doctor", **wrong)
    assert status == 1 and one_line(error)
    [said] = [line for line in out.splitlines() if "127.0.0.1" in line and "port 1 failed" in line]
    assert said.startswith("WRONG  PostgreSQL does not answer") and said.endswith("or correct DATABASE_URL.")
    assert "WRONG  The mail server 127.0.0.1:1 cannot be reached. Compare the settings MAIL_*." in out
    assert "file was stored" in out and "Slack is off" in out


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_doctor_says_when_a_statement_is_refused(run, monkeypatch):
    monkeypatch.setattr("helpdesk.cli.doctor.Form.id", text("no_such_column"))
    monkeypatch.setattr("helpdesk.cli.doctor._check_redis", list)
    monkeypatch.setattr("helpdesk.cli.doctor._check_work", list)
    assert "WRONG  The database refused a statement: OperationalError: no such column" in run("doctor", "--quick")[1]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_doctor_misses_credentials_of_a_file_store(run, monkeypatch):
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, "/nowhere/at/all")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(config.current(), "STORAGE_URL", "s3://bucket?endpoint=http://127.0.0.1:1")
    said = run("doctor", "--quick")[1]
    assert "WRONG  STORAGE_URL: no file can be stored: S3 has no credentials: set AWS_ACCESS_KEY_ID" in said
