"""Commands do what their help says; wrong usage is one line and an exit status."""

import os
import subprocess
import sys

import pytest
from sqlalchemy import func, select

from helpdesk import clock
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery, DeliveryState
from helpdesk.models.organization import Organization
from helpdesk.models.user import User
from tests.cli.conftest import SECRET


def one_line(text: str) -> bool:
    return text.startswith("helpdesk: ") and text.count("\n") == 1


def test_an_organization_and_an_agent_come_from_the_command_line(run, session):
    status, out, _ = run(
        "organization",
        "add",
        "Globex",
        "--domain",
        "globex.example",
        "--slack-channel",
        "C0GLOBEX001",
        "--specific-user",
        "dana@globex.example",
    )
    assert (status, out) == (0, "Added Globex (globex).\n")
    organization = session.scalar(select(Organization))
    assert [domain.domain for domain in organization.domains] == ["globex.example"]
    assert organization.allowlist_only
    assert session.scalar(select(Channel.external_id)) == "C0GLOBEX001"

    status, out, _ = run("agent", "invite", "maya@support.example", "--name", "Maya", "--role", "admin")
    assert status == 0
    assert out.splitlines()[-1].startswith("http://localhost/sign-in/link/")
    maya = session.scalar(select(User))
    assert (maya.email, maya.name, maya.role) == ("maya@support.example", "Maya", "admin")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "arguments",
    [
        ("organization", "add", "Free", "--domain", "gmail.com"),
        ("organization", "add"),
        ("organization", "add", "Bad", "--slack-channel", "#general"),
        ("agent", "invite", "not an address"),
        ("agent", "invite", "a@b.example", "--role", "king"),
        ("settings", "set", "no_such_key", "1"),
        ("settings", "set", "undo_seconds", "soon"),
        ("settings", "set", "time_zone", "Mars/Phobos"),  # made every new message fail
        ("settings", "set", "system_email", "help at northwind"),
        ("settings", "set", "status_page_url", "javascript:alert(1)"),
        ("settings", "set", "triage_channel", "#general"),
        ("settings", "set", "accent", "purple"),
        ("settings", "set", "portal_name", ""),
        ("settings", "set", "announcement_from", "tomorrow"),
        ("settings", "set", "announcement", "a" * 301),
        ("settings", "set", "internal_domains", "northwind"),
        ("settings", "set", "on_call_group", "@on-call"),  # nobody was mentioned at night
        ("deliveries", "retry", "1"),
        ("deliveries", "retry", "one"),
        ("restore", "/nowhere/at/all"),
        ("seed", "--tickets", "-1"),
        ("deliveries", "retry"),
        ("deliveries", "skip", "1", "--all"),
        ("deliveries", "release", "99"),
        ("backup", "--verify", "/nowhere/at/all"),
        ("dance",),
    ],
)
def test_wrong_usage_is_one_line_of_error(run, arguments):
    status, out, error = run(*arguments)
    assert status != 0
    assert one_line(error), error
    assert out == ""


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "wrong",
    [
        {"SECRET_KEY": "short"},
        {"PORTAL_BASE_URL": "http://help.example"},
        {"VAR_DIR": "/proc/none/var", "DATABASE_URL": ""},
        {"WEB_THREADS": "many"},
        {"DATABASE_URL": "banana"},
        {"DATABASE_URL": "sqlite:////nowhere/at/all.db"},
        {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"},
        {"SECRET_KEY_FILE": "/nowhere/at/all", "SECRET_KEY": "x"},
        {"FLASK_DEBUG": "1"},
        {"DATABASE_URL": "mysql://u@localhost/x"},
        {"DATABASE_URL": "postgresql://u@one:a,two:b/x"},
        {"REDIS_URL": "redis://:pass/word@localhost:6379/0"},
        {"REDIS_URL": "localhost:6379"},
        {"REDIS_URL": "redis+sentinel://one:26379"},
        {"IMAP_URL": "imaps://user:pass/word@host/INBOX"},
        {"IMAP_URL": "mailbox"},
        {"LOG_LEVEL": "LOUD"},
        {"WEB_PROCESSES": "0"},
        {"WORKER_THREADS": "-1"},
        {"LIVE_STREAMS": "-5"},
        {"DELIVERY_HOLD_OFF": "-1"},
        {"INBOX_ORDER_WAIT": "nan"},
        {"MAIL_PORT": "99999"},
        {"STORAGE_URL": "ftp://files.example"},
        {"STORAGE_URL": "s3://"},
        {"DATABASE_URL": "postgresql://u:pw@127.0.0.1:abc/x"},
        {"DATABASE_URL": "postgresql://u:pass/word@127.0.0.1:5432/x"},
        {"IMAP_URL": "imaps://mail.example/INBOX"},
        {"STORAGE_URL": "file://files/of/ours"},
        {"STORAGE_URL": "file:///"},
        {"STORAGE_URL": "s3://bucket?endpoint=minio.example"},
        {"SLACK_API_URL": "slack.com/api"},
        {"MAIL_OAUTH_TOKEN_URL": "oauth.example", "MAIL_OAUTH_CLIENT_ID": "x"},
        {"MICROSOFT_OAUTH_TENANT": "one/two"},
        {"DKIM_SELECTOR": "two words"},
        {"PRIVATE_PROVIDER_HOSTS": "https://keycloak.internal/"},
        {"SECRET_KEY_FALLBACKS": "short"},
    ],
)
def test_an_unsafe_or_impossible_start_is_one_line_that_names_the_setting(start, wrong):
    status, _, error = start("settings", "list", **wrong)
    assert status != 0
    assert one_line(error), error
    assert any(name in error for name in wrong) or "The database did not answer" in error, error


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_empty_variable_does_not_hide_the_file_with_the_value(start, tmp_path):
    (tmp_path / "key").write_text(SECRET)
    status, _, error = start("settings", "list", SECRET_KEY="", SECRET_KEY_FILE=str(tmp_path / "key"))
    assert status == 0, error


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_empty_database_says_what_to_do(start, tmp_path):
    status, _, error = start("deliveries", DATABASE_URL=f"sqlite:///{tmp_path}/new.db")
    assert status != 0
    assert one_line(error) and "helpdesk db upgrade" in error


def test_settings_are_listed_and_set(run, session):
    status, out, _ = run("settings", "list")
    assert status == 0
    assert "undo_seconds" in out and "triage_channel" in out
    status, out, _ = run("settings", "set", "undo_seconds", "7")
    assert (status, out) == (0, "undo_seconds = 7\n")
    status, _, _ = run("settings", "set", "triage_channel", "C0TRIAGE001")
    assert status == 0
    assert session.scalar(select(Channel.audience)) == "team"


def test_deliveries_are_listed_and_tried_again(run, session):
    failed = Delivery(
        kind="sign_in", queue_key="mail", state=DeliveryState.failed, reason="The address does not exist.", attempts=3
    )
    session.add(failed)
    session.commit()
    id = failed.id
    status, out, _ = run("deliveries", "--state", "failed")
    assert status == 0
    assert str(id) in out and "The address does not exist." in out
    assert run("deliveries", "--state", "on_hold")[1] == "Nothing is on hold.\n"
    status, out, _ = run("deliveries", "retry", str(id))
    assert status == 0
    session.refresh(failed)
    assert (failed.state, failed.attempts) == (DeliveryState.pending, 0)
    session.delete(failed)
    session.commit()


def add_held(session, make, count):
    """A thread with ``count`` held messages of one ticket, and as many held mails without one."""
    make.channel("C0TRIAGE001")
    ticket = make.ticket()
    card = session.scalar(select(Delivery).where(Delivery.kind == "card"))
    for _ in range(count):
        session.add(Delivery(kind="line", thread_id=card.thread_id, state="on_hold", possibly_sent_since=clock.now()))
        session.add(Delivery(kind="sign_in", queue_key="mail", subject_id=1, state="on_hold"))
    session.commit()
    return ticket.number


def states(session, kind) -> set[str]:
    return set(session.scalars(select(Delivery.state).where(Delivery.kind == kind)))


def test_all_that_is_held_is_listed_released_and_skipped_at_once(run, session, make):
    number = add_held(session, make, 110)
    out = run("deliveries", "--state", "on_hold")[1]
    assert out.endswith("... and 120 more; --limit 0 lists all.\n")
    assert run("deliveries", "--state", "on_hold", "--limit", "0")[1].count("\n") == 220
    assert run("deliveries", "skip", "--state", "on_hold", "--kind", "sign_in")[:2] == (
        0,
        "110 deliveries: each is left out.\n",
    )
    assert states(session, "sign_in") == {"cancelled"} and states(session, "line") == {"on_hold"}
    assert run("deliveries", "release", "--channel", "email")[1] == "0 deliveries: each is tried again.\n"
    assert run("deliveries", "release", "--ticket", str(number))[1] == "110 deliveries: each is tried again.\n"
    assert states(session, "line") == {"unknown"}, "what may have been sent is looked for first"
    assert run("deliveries", "release", "--all")[1] == "0 deliveries: each is tried again.\n"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_seed_asks_before_it_mixes_with_real_data(run, session, make, monkeypatch):
    arguments = ("seed", "--organizations", "1", "--tickets", "1")
    assert run(*arguments)[0] == 0, "nothing real is there"
    make.user(make.organization("Real"), email="somebody@a-real-company.com")
    before = session.scalar(select(func.count(Organization.id)))
    session.rollback()
    monkeypatch.setattr("sys.stdin", open(os.devnull))  # noqa: SIM115
    status, out, _ = run(*arguments)
    assert status != 0 and "cannot be undone" in out
    assert session.scalar(select(func.count(Organization.id))) == before
    session.rollback()
    assert run(*arguments, "--random-seed", "2", "--yes")[0] == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_version_is_said(start):
    status, out, _ = start("--version")
    assert status == 0 and out.startswith("helpdesk 2.")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_help_names_every_command(start):
    status, out, _ = start("--help")
    assert status == 0
    for name in (
        "serve",
        "worker",
        "demo",
        "db",
        "organization",
        "agent",
        "settings",
        "seed",
        "deliveries",
        "doctor",
        "reindex",
        "backup",
        "restore",
    ):
        assert f"\n  {name} " in out


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_process_exits_with_the_status_and_no_traceback(app, environment):
    done = subprocess.run(
        [sys.executable, "-m", "helpdesk.cli", "agent", "invite", "nobody at all"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 1
    assert one_line(done.stderr) and done.stdout == ""
