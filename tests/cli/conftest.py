"""Commands run inside the app under test, or with an app and an environment of their own."""

import os

import pytest

from helpdesk import cli, extensions
from helpdesk.domain.administration import settings

SECRET = "a-secret-for-tests-only-0123456789abcdef"


@pytest.fixture
def environment(configuration):
    """What the command's process would find in its environment."""
    return {
        "PATH": "/usr/bin:/bin",
        "SECRET_KEY": SECRET,
        "DATABASE_URL": configuration.DATABASE_URL,
        "REDIS_URL": configuration.REDIS_URL,
        "VAR_DIR": configuration.VAR_DIR,
        "PORTAL_BASE_URL": "http://localhost",
    }


@pytest.fixture
def run(app, session, capsys):
    """``run("settings", "list")`` returns (status, stdout, stderr) of the command, inside the app under test."""

    def run(*arguments: str) -> tuple[int, str, str]:
        session.rollback()
        capsys.readouterr()
        status = cli.run_command(list(arguments))
        session.expire_all()
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


@pytest.fixture
def start(environment, monkeypatch, capsys):
    """``start("settings", "list", SECRET_KEY="short")``: the same for a command that starts an app of its own."""

    def start(*arguments: str, **more: str) -> tuple[int, str, str]:
        with monkeypatch.context() as patched:
            for name in list(os.environ):
                patched.delenv(name)
            for name, value in {**environment, **more}.items():
                patched.setenv(name, value)
            status = cli.run_command(list(arguments))
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    yield start
    extensions.drop_redis_client()
    settings.invalidate_cache()
