"""CSV files are sent whole: after a pause, to slow clients, and while somebody else writes."""

import contextvars
import csv
import io
import sqlite3
import zipfile
from datetime import UTC, datetime

import openpyxl
import pytest
from werkzeug.test import EnvironBuilder, run_wsgi_app

from helpdesk.domain.ticket_lists import csv_export, workbook_export
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
def test_a_server_sends_an_export_to_its_end(path, subjects, make, browser_of, app):
    """A server asks for the pieces when the request, and with it the session of the database, has ended."""
    requester, expected = subjects
    cookie = browser_of(requester if path == "/tickets.csv" else make.agent("Maya")).get_cookie("session")
    environ = EnvironBuilder(path, headers={"Cookie": f"session={cookie.value}"}).get_environ()
    pieces = contextvars.Context().run(lambda: b"".join(run_wsgi_app(app, environ)[0]))
    found = exported_subjects(pieces.decode())
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


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_export_goes_on_to_its_end_when_the_reader_is_signed_out_meanwhile(subjects, browser_of, app):
    requester, expected = subjects
    pieces = browser_of(requester).get("/tickets.csv", buffered=False).iter_encoded()
    read = [next(pieces)]
    other = sqlite3.connect(app.config["SQLALCHEMY_DATABASE_URI"].removeprefix("sqlite:///"))
    with other:
        other.execute("UPDATE sessions SET revoked_at = created_at")
        other.execute("UPDATE users SET deactivated_at = created_at")
    other.close()
    read += list(pieces)
    assert set(exported_subjects(b"".join(read).decode())) == expected


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_each_field_has_a_column_and_each_time_its_offset(make, browser_of, session):
    form = make.form(fields=({"key": "serial"}, {"key": "margin", "team_only": True}, {"key": "form"}))
    requester = make.user(make.organization("Globex"), "Dana", time_zone="Pacific/Auckland")
    answers = {"serial": "X1", "margin": "thin", "form": "A4"}
    make.ticket(requester, "Printer", form=form, answers=answers).created_at = datetime(
        2026, 11, 27, 20, 30, tzinfo=UTC
    )
    session.commit()
    text = browser_of(requester).get("/tickets.csv?format=semicolon").get_data(as_text=True)
    head, row = csv.reader(text.removeprefix("\ufeff").splitlines(), delimiter=";")
    values = dict(zip(head, row, strict=True))
    assert values["Filed"] == "2026-11-28T09:30:00+13:00"
    assert (values["Serial"], values["Form (form)"], values["Form"]) == ("X1", "A4", "Default")
    assert "Margin" not in head and "thin" not in text
    assert "thin" in browser_of(make.agent("Maya")).get("/desk/export.csv?view=all").get_data(as_text=True)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_workbook_can_be_opened_whatever_somebody_answered(make, browser_of):
    requester = make.user(make.organization("Globex"))
    form = make.form("serials", ({"key": "serial", "kind": "long_text"},))
    for typed in ("a\x0bb\ufffe\uffffc", "the literal _x0041_ and _x005F_", "\U0001f600" * 20_000):
        make.ticket(requester, form=form, answers={"serial": typed})
    book = browser_of(requester).get("/tickets.csv?format=xlsx").data
    cells = [row[-1].value for row in list(openpyxl.load_workbook(io.BytesIO(book)).active.iter_rows())[1:]]
    xml = zipfile.ZipFile(io.BytesIO(book)).read("xl/worksheets/sheet1.xml").decode()
    assert cells[2] == "abc" and "the literal _x005F_x0041_ and _x005F_x005F_" in xml
    assert len(cells[0].encode("utf-16-le")) // 2 <= workbook_export.MAX_CELL_LENGTH


def test_a_workbook_of_what_a_search_or_a_filter_found(make, browser_of, session):
    requester = make.user(make.organization("Globex"), "Dana")
    found = [make.ticket(requester, subject) for subject in ("The scanner beeps", "Scanner, again", "No ink")][:2]
    for client, path in ((browser_of(requester), "/tickets.csv"), (browser_of(make.agent("Ada")), "/desk/export.csv")):
        for query in ("q=scanner", "q=from:dana+scanner&sort=oldest", "q=scanner&status=open"):
            book = client.get(f"{path}?view=all&format=xlsx&{query}").data
            rows = list(openpyxl.load_workbook(io.BytesIO(book)).active.iter_rows(min_row=2))
            assert sorted(row[0].value for row in rows) == sorted(ticket.id for ticket in found), (path, query)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_workbook_has_dates_and_no_formulas(make, browser_of, session, monkeypatch):
    requester = make.user(make.organization("Globex"), "Dana", time_zone="Pacific/Auckland")
    ticket = make.ticket(requester, '=HYPERLINK("http://evil")')
    ticket.created_at = datetime(2026, 11, 27, 20, 30, tzinfo=UTC)
    session.commit()
    client = browser_of(requester)
    response = client.get("/tickets.csv?format=xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(response.data)).active
    head, row = sheet.iter_rows()
    values = {heading.value: cell for heading, cell in zip(head, row, strict=True)}
    assert values["Filed (Pacific/Auckland)"].value == datetime(2026, 11, 28, 9, 30)
    assert (values["Subject"].value, values["Subject"].data_type) == ('=HYPERLINK("http://evil")', "s")
    assert values["Number"].value == ticket.id
    make.ticket(requester)
    monkeypatch.setattr(workbook_export, "MAX_ROWS", 1)
    monkeypatch.setattr(csv_export, "iterate_rows", None)  # they are counted before any is read
    assert client.get("/tickets.csv?format=xlsx").headers["Location"] == "/tickets"
    assert "A workbook has at most 1 tickets" in client.get("/tickets").text


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("status=bogus", "Status: there is no “bogus”."),
        ("requester=bogus", "Requester: there is no “bogus”."),
        ("form=bogus", "Form: there is no “bogus”."),
        ("sort=bogus", "Order: there is no “bogus”."),
        ("format=pdf", "There is no format “pdf”. There are comma, semicolon, tab and xlsx."),
    ],
)
def test_a_file_of_what_does_not_exist_is_refused(path, address, sentence, subjects, make, browser_of):
    requester, _ = subjects
    client = browser_of(requester if path == "/tickets.csv" else make.agent("Maya"))
    refused = client.get(f"{path}{'&' if '?' in path else '?'}{address}")
    assert refused.status_code == 422 and sentence in refused.text


@pytest.mark.parametrize("format", ["", "comma", "csv", "semicolon", "tab"])
def test_every_format_that_there_is_is_sent(format, subjects, make, browser_of):
    client = browser_of(make.agent("Maya"))
    assert client.get(f"/desk/export.csv?view=all&format={format}").status_code == 200


@pytest.mark.parametrize(
    "address", ["status=bogus", "priority=bogus", "assignee=bogus", "tag=bogus", "organization=bogus", "age=bogus"]
)
def test_a_list_says_what_it_does_not_know_and_shows_nothing_for_it(address, subjects, make, browser_of):
    client, name = browser_of(make.agent("Maya")), address.partition("=")[0].title()
    for page in ("/desk", "/desk/queue"):
        text = client.get(f"{page}?view=all&{address}").text
        assert f"{name}: there is no “bogus”." in text and "Printer" not in text


def test_a_customers_list_says_of_somebody_elses_what_it_says_of_nothing(subjects, make, browser_of):
    requester, _ = subjects
    other = make.user(make.organization("Initech"))
    client = browser_of(requester)
    texts = [client.get(f"/tickets?requester={number}").text for number in (other.id, 98765)]
    assert all("there is no" in text and "Printer" not in text for text in texts)
    assert "Status: there is no “bogus”." in client.get("/tickets?status=bogus").text


def test_a_report_says_what_it_does_not_know_and_makes_no_file_of_it(make, browser_of):
    client, sentence = browser_of(make.agent(role="lead")), "Priority: there is no “bogus”."
    page, file = (client.get(f"{path}?priority=bogus") for path in ("/review", "/review/export.csv"))
    assert (page.status_code, file.status_code) == (200, 422) and sentence in page.text and sentence in file.text
