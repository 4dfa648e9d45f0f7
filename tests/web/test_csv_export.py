"""CSV files are sent whole: after a pause, to slow clients, and while somebody else writes."""

import csv
import sqlite3

import pytest

from helpdesk.domain.ticket_lists import csv_export
from tests import time_travel

PAUSE_SECONDS = 61  # the first request after it records when the session was last used
PATHS = ("/tickets.csv", "/desk/export.csv?view=all")


@pytest.fixture(autouse=True)
def two_tickets_a_piece(monkeypatch):
    monkeypatch.setattr(csv_export, "BATCH_SIZE", 2)


@pytest.fixture
def subjects(make):
    requester = make.user(make.organization("Globex"), "Dana Fields")
    for number in range(7):
        make.ticket(requester, f"Printer {number}")
    return requester, {f"Printer {number}" for number in range(7)}


def exported_subjects(text: str) -> list[str]:
    return [row[1] for row in csv.reader(text.removeprefix("\ufeff").splitlines())][1:]


@pytest.mark.parametrize("path", PATHS)
def test_an_export_as_the_first_request_after_a_pause_is_whole(path, subjects, make, browser_of):
    requester, expected = subjects
    client = browser_of(requester if path == "/tickets.csv" else make.agent("Maya"))
    for _ in range(2):
        time_travel.advance(PAUSE_SECONDS)
        response = client.get(path)
        assert response.status_code == 200
        found = exported_subjects(response.get_data(as_text=True))
        assert len(found) == 7 and set(found) == expected


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_export_needs_no_write_lock(path, subjects, make, browser_of, app):
    requester, expected = subjects
    client = browser_of(requester if path == "/tickets.csv" else make.agent("Maya"))
    writer = sqlite3.connect(app.config["SQLALCHEMY_DATABASE_URI"].removeprefix("sqlite:///"), isolation_level=None)
    pieces = client.get(path, buffered=False).iter_encoded()
    read = [next(pieces)]
    writer.execute("BEGIN IMMEDIATE")  # fails if a transaction that may write is open
    read += list(pieces)
    writer.execute("ROLLBACK")
    assert set(exported_subjects(b"".join(read).decode())) == expected
