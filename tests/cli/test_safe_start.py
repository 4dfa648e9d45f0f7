"""A start that would send secrets in the clear is refused in one sentence; files are for their owner only."""

import os
import stat
import subprocess
import sys

import pytest

from helpdesk import config, file_modes

KEY = "x" * 32
REFUSED = [
    {"MAIL_SERVER": "smtp.example", "MAIL_PASSWORD": "secret"},
    {"MAIL_SERVER": "10.0.0.5", "MAIL_PORT": 587, "MAIL_PASSWORD": "secret"},
    {"REDIS_URL": "redis://redis.example:6379/0"},
    {"REDIS_URL": "redis://10.1.2.3"},
    {"REDIS_URL": "rediss://user@redis.example/1"},
    {"REDIS_URL": "redis+sentinel://one.example:26379,two.example:26379/main"},
    {"SLACK_API_URL": "http://slack.example/api/"},
    {"SLACK_API_URL": "http://169.254.1.1/api/"},
    {"STORAGE_URL": "s3://bucket?endpoint=http://minio.example:9000"},
]
ACCEPTED = [
    {"MAIL_SERVER": "smtp.example", "MAIL_PASSWORD": "secret", "MAIL_USE_TLS": True},
    {"MAIL_SERVER": "smtp.example", "MAIL_PASSWORD": "secret", "MAIL_USE_SSL": True},
    {"MAIL_SERVER": "relay.example"},
    {"MAIL_SERVER": "127.0.0.1", "MAIL_PASSWORD": "secret"},
    {"MAIL_PASSWORD": "secret"},
    {"REDIS_URL": "redis://:secret@redis.example:6379/0"},
    {"REDIS_URL": "redis://localhost:6379/0"},
    {"REDIS_URL": "redis://[::1]:6379/0"},
    {"REDIS_URL": "unix:///run/redis/redis.sock?db=0"},
    {"SLACK_API_URL": "http://127.0.0.2:5001/api/"},
    {"IMAP_URL": "imaps://user:secret@mail.example/INBOX"},
    {"IMAP_URL": "imap://user:secret@localhost/INBOX"},
    {"IMAP_URL": "imap://user:secret@mail.example/INBOX"},  # STARTTLS is demanded before the password is sent
    {"STORAGE_URL": "s3://bucket?endpoint=https://minio.example"},
    {"STORAGE_URL": "s3://bucket?endpoint=http://127.0.0.1:9000"},
]


@pytest.mark.parametrize("values", REFUSED, ids=str)
def test_an_open_connection_with_secrets_is_refused(values):
    with pytest.raises(config.UnsafeConfiguration) as refusal:
        config.Config({"SECRET_KEY": KEY} | values)
    sentence = str(refusal.value)
    assert next(iter(values)) in sentence or "MAIL_PASSWORD" in sentence
    assert "secret" not in sentence and "\n" not in sentence and sentence.endswith(".")


@pytest.mark.parametrize("values", ACCEPTED, ids=str)
def test_a_protected_or_local_connection_is_accepted(values):
    config.Config({"SECRET_KEY": KEY} | values)


MISTAKES = [
    {"MAIL_USE_TLS": "ture"},  # was taken for no, and mail left in the clear
    {"ACCESS_LOG": "enabled"},
    {"FLASK_DEBUG": "y"},
    {"PORTAL_BASE_URL": "https://help.example/desk"},
    {"PORTAL_BASE_URL": "https://help.example?x"},
    {"PORTAL_BASE_URL": "https://me:secret@help.example"},
    {"PORTAL_BASE_URL": "https://[::1"},
    {"STORAGE_URL": "s3://[bucket"},
    {"IMAP_URL": "imaps://[mail.example"},
    {"SLACK_API_URL": "https://slack.example:port/api/"},
    {"INBOUND_MAIL_DOMAIN": "@reply.help.example"},  # was part of each reply address
    {"MAIL_RETURN_DOMAIN": "https://help.example"},
    {"MAIL_SERVER": "smtp.example:587"},
    {"MAIL_SERVER": "smtp://smtp.example"},
    {"DATABASE_URL": "sqlite://"},
    {"DATABASE_URL": "sqlite:///:memory:"},
    {"MAIL_PASSWORD_FILE": sys.executable},
    {"MAIL_PASSWORD_FILE": "/"},
]


@pytest.mark.parametrize("environ", MISTAKES, ids=str)
def test_a_value_that_is_mistyped_is_one_sentence(environ):
    with pytest.raises(config.UnsafeConfiguration) as refusal:
        config.load_config({"SECRET_KEY": KEY} | environ)
    assert next(iter(environ)) in str(refusal.value) and "secret" not in str(refusal.value)


def test_an_address_in_capitals_is_https_too():
    config_of_capitals = config.load_config({"SECRET_KEY": KEY, "PORTAL_BASE_URL": "HTTPS://Help.Example/"})
    assert (config_of_capitals.is_https, config_of_capitals.PORTAL_BASE_URL) == (True, "https://help.example")


def test_a_command_makes_files_for_its_owner_and_restricts_those_there(tmp_path):
    folder = tmp_path / "var"
    files = folder / "files"
    files.mkdir(parents=True)
    (folder / "helpdesk.db").touch()
    for path, mode in ((folder, 0o755), (files, 0o775), (folder / "helpdesk.db", 0o644)):
        path.chmod(mode)
    environment = {**os.environ, "SECRET_KEY": KEY, "VAR_DIR": str(folder), "DATABASE_URL": ""}
    subprocess.run([sys.executable, "-m", "helpdesk.cli", "db", "upgrade"], env=environment, check=True, timeout=300)
    subprocess.run(
        [sys.executable, "-m", "helpdesk.cli", "backup", str(tmp_path / "copy.tar.gz")],
        env=environment,
        check=True,
        timeout=300,
    )
    found = [folder, tmp_path / "copy.tar.gz", *folder.rglob("*")]
    assert len(found) > 3
    assert [path for path in found if stat.S_IMODE(path.stat().st_mode) & file_modes.OTHERS] == []


def test_a_shared_folder_is_left_as_it_is(tmp_path):
    tmp_path.chmod(0o1777)
    file_modes.restrict_stored_files(config.Config({"SECRET_KEY": KEY, "VAR_DIR": str(tmp_path)}))
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o1777


def test_what_is_not_the_helpdesks_keeps_its_mode(tmp_path, monkeypatch):
    """DATABASE_URL=sqlite:////etc/passwd took it from every user of the machine, where root had started a command."""
    foreign, system = tmp_path / "passwd", tmp_path / "etc"
    foreign.write_text("root:x:0:0")
    system.mkdir()
    for path, mode in ((foreign, 0o644), (system, 0o755)):
        path.chmod(mode)
    monkeypatch.setattr(file_modes, "SYSTEM_FOLDERS", frozenset({system.resolve()}))
    values = {"SECRET_KEY": KEY, "DATABASE_URL": f"sqlite:///{foreign}", "STORAGE_URL": f"file://{system}"}
    file_modes.restrict_stored_files(config.Config(values | {"VAR_DIR": str(tmp_path / "absent")}))
    assert [stat.S_IMODE(path.stat().st_mode) for path in (foreign, system)] == [0o644, 0o755]
