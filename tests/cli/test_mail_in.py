"""``helpdesk mail-in``: a mail on standard input is stored; whatever fails here makes the mail server try again."""

import os
import subprocess
import sys

import pytest
from sqlalchemy import create_engine, text

MAIL = b"From sender Sat Nov 28 10:00:00 2026\nFrom: ann@globex.example\nMessage-ID: <1@globex.example>\n\nHello\n"


def run(tmp_path, data, *arguments, **environment):
    values = {"SECRET_KEY": "k" * 40, "VAR_DIR": str(tmp_path), "REDIS_URL": "redis://127.0.0.1:9/0"} | environment
    command = [sys.executable, "-m", "helpdesk.cli", *(arguments or ("mail-in",))]
    return subprocess.run(command, input=data, env=os.environ | values, capture_output=True, timeout=120)


def test_a_mail_is_stored_once_and_everything_else_is_tried_again(tmp_path):
    assert run(tmp_path, MAIL).returncode == 75  # no tables yet
    assert run(tmp_path, b"", "db", "upgrade").returncode == 0
    answers = [run(tmp_path, MAIL) for _ in range(2)]
    assert [answer.returncode for answer in answers] == [0, 0]
    with create_engine(f"sqlite:///{tmp_path}/helpdesk.db").connect() as connection:
        rows = connection.execute(text("SELECT source, state, raw FROM inbound_events")).all()
    assert [(source, state, bytes(raw)) for source, state, raw in rows] == [
        ("email", "waiting", MAIL.partition(b"\n")[2])
    ]


@pytest.mark.parametrize(
    ("data", "environment", "status"),
    [
        (MAIL, {"SECRET_KEY": "short"}, 75),
        (MAIL, {"DATABASE_URL": "postgresql://127.0.0.1:9/none"}, 75),
        (b"\n", {}, 65),
    ],
)
def test_a_mistake_of_ours_delays_a_mail_and_never_refuses_it(tmp_path, data, environment, status):
    answer = run(tmp_path, data, **environment)
    assert answer.returncode == status and answer.stderr.startswith(b"helpdesk: ") and b"Traceback" not in answer.stderr
