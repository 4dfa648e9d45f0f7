"""How pg_dump, pg_restore and psql are asked for a backup, and what is said where they fail."""

import pytest

from helpdesk import config
from helpdesk.cli.backups import postgresql_programs


def test_of_several_hosts_the_last_says_why():
    written = (
        'psql: error: connection to server at "one", port 5432 failed: Connection refused\n'
        "\tIs the server running on that host and accepting TCP/IP connections?\n"
        'connection to server at "two", port 5432 failed: FATAL:  password authentication failed for user "helpdesk"\n'
    )
    assert "password authentication failed" in postgresql_programs.find_reason(written)
    assert postgresql_programs.find_reason("pg_dump: error: no\npg_dump: detail: why") == "pg_dump: error: no"
    assert postgresql_programs.find_reason("") == "no reason given"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u:p@one:5433/help?sslmode=require", ("host=one", "port=5433", "sslmode=require", "user=u")),
        ("postgresql://u@one:1,two:2/help", ("host=one,two", "port=1,2", "dbname=help")),
        ("postgresql://u@/help?host=/run/postgresql&prepare_threshold=none", ("host=/run/postgresql",)),
    ],
)
def test_programs_are_given_the_options_of_the_url(url, expected, monkeypatch):
    before = config._current
    config.set_current(config.Config({"SECRET_KEY": "s" * 40, "DATABASE_URL": url}))
    try:
        argument = postgresql_programs.database_argument()
    finally:
        config.set_current(before)
    words = argument.removeprefix("--dbname=").split()
    assert set(expected) <= set(words), argument
    assert "password" not in argument and "prepare_threshold" not in argument
