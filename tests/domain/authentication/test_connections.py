"""Connections that an admin enters in the browser: encrypted, after the environment, and through a change of keys."""

import logging

import pytest
from sqlalchemy import select

from helpdesk import config
from helpdesk.domain.administration import entered_values, settings
from helpdesk.domain.authentication import second_factor
from helpdesk.domain.errors import ConflictError, PermissionDenied, ValidationError
from helpdesk.domain.integrations import connections
from helpdesk.models.audit_log import AuditEntry
from helpdesk.models.second_factor import Authenticator
from helpdesk.models.setting import Setting
from tests import app_cache

SLACK, MAIL = entered_values.CONNECTIONS["slack"], entered_values.CONNECTIONS["mail"]
VALUES = {"SLACK_BOT_TOKEN": "xoxb-entered-in-the-browser", "SLACK_SIGNING_SECRET": "f" * 32}
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def admin(make):
    return make.agent("Maya", role="admin")


def restart(**values):
    """As after a start with other settings."""
    app_cache.get_app(config.started_with().replace(values))
    settings.get_all()


def written_log(text):
    """What the log has of ``text``."""
    [handler] = [handler for handler in logging.getLogger().handlers if handler.name == "helpdesk"]
    record = logging.LogRecord("helpdesk", logging.INFO, "", 0, text, (), None)
    handler.filter(record)
    return record.getMessage()


def test_what_is_entered_holds_in_every_process_and_is_stored_encrypted(session, admin):
    connections.enter(SLACK, VALUES, actor=admin)
    session.commit()
    settings.get_all()
    assert config.current().SLACK_BOT_TOKEN == VALUES["SLACK_BOT_TOKEN"]
    stored = " ".join(session.scalars(select(Setting.value).where(Setting.key.startswith("environment."))))
    assert "xoxb" not in stored and "ffff" not in stored
    restart()  # another process
    assert config.current().SLACK_SIGNING_SECRET == VALUES["SLACK_SIGNING_SECRET"]
    assert VALUES["SLACK_BOT_TOKEN"] not in written_log(f"Slack said no to {VALUES['SLACK_BOT_TOKEN']}")
    entry = session.scalar(select(AuditEntry).where(AuditEntry.action == "entered a connection"))
    assert entry.details == {"variables": sorted(VALUES)} and entry.actor_id == admin.id
    connections.remove(SLACK, actor=admin)
    session.commit()
    settings.get_all()
    assert config.current().SLACK_BOT_TOKEN == "" == config.current().SLACK_SIGNING_SECRET


def test_the_environment_wins_as_a_whole(session, admin):
    connections.enter(SLACK, VALUES, actor=admin)
    session.commit()
    restart(SLACK_BOT_TOKEN="xoxb-of-the-environment", SLACK_SIGNING_SECRET="e" * 32)
    assert config.current().SLACK_BOT_TOKEN == "xoxb-of-the-environment"
    assert config.current().SLACK_SIGNING_SECRET == "e" * 32
    assert entered_values.list_environment_names(SLACK) == ["SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"]
    with pytest.raises(ConflictError, match="environment"):
        connections.enter(SLACK, VALUES, actor=admin)


def test_what_is_incomplete_or_unsafe_is_refused(session, admin, make):
    with pytest.raises(ValidationError) as refused:
        connections.enter(SLACK, {"SLACK_BOT_TOKEN": "xoxb-only"}, actor=admin)
    assert list(refused.value.errors) == ["SLACK_SIGNING_SECRET"]
    in_the_clear = {"MAIL_SERVER": "smtp.example.com", "MAIL_USERNAME": "u", "MAIL_PASSWORD": "secret"}
    with pytest.raises(ValidationError, match="in the clear"):
        connections.enter(MAIL, in_the_clear, actor=admin)
    with pytest.raises(ValidationError, match="port"):
        connections.enter(MAIL, {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": "many"}, actor=admin)
    with pytest.raises(PermissionDenied):
        connections.enter(SLACK, VALUES, actor=make.agent("Ola", role="lead"))
    session.rollback()
    connections.enter(MAIL, in_the_clear | {"MAIL_USE_TLS": "1", "MAIL_PORT": "587"}, actor=admin)
    session.commit()
    settings.get_all()
    current = config.current()
    assert (current.MAIL_SERVER, current.MAIL_PORT, current.MAIL_USE_TLS) == ("smtp.example.com", 587, True)


def test_a_new_secret_key_keeps_what_was_entered_once_it_is_encrypted_anew(session, admin):
    connections.enter(SLACK, VALUES, actor=admin)
    secret = second_factor.begin_set_up(admin)
    session.commit()
    old = config.started_with().SECRET_KEY
    restart(SECRET_KEY="n" * 40, SECRET_KEY_FALLBACKS=(old,))
    assert config.current().SLACK_BOT_TOKEN == VALUES["SLACK_BOT_TOKEN"]
    assert connections.renew_encryption() == 2 and second_factor.renew_encryption() == 1
    assert connections.renew_encryption() == 0 and second_factor.renew_encryption() == 0
    session.commit()
    restart(SECRET_KEY_FALLBACKS=())
    assert config.current().SLACK_BOT_TOKEN == VALUES["SLACK_BOT_TOKEN"]
    assert second_factor.begin_set_up(admin) == secret
    assert not connections.is_unreadable(SLACK)
    restart(SECRET_KEY="m" * 40)
    assert config.current().SLACK_BOT_TOKEN == "" and connections.is_unreadable(SLACK)
    assert session.get(Authenticator, admin.id) is not None
