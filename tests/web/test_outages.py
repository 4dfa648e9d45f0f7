"""What people see while the database does not answer: 503 with Retry-After, on every page, and at once."""

import logging
import re

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from helpdesk import extensions, outage_log
from helpdesk.domain.administration import settings as chosen
from helpdesk.models.message import Message
from helpdesk.models.read_receipt import ReadReceipt


@pytest.fixture
def out_of_order(app, monkeypatch):
    """A database that is gone, and nothing remembered from before."""

    def gone(*_, **__):
        raise OperationalError("BEGIN", {}, Exception("the database is gone"))

    def begin():
        chosen.invalidate_cache()
        extensions.db.session.remove()
        monkeypatch.setattr(extensions.db.engine, "connect", gone)
        monkeypatch.setattr(extensions.db.engine, "raw_connection", gone)

    return begin


@pytest.mark.parametrize("path", ["/tickets", "/tickets/1", "/sign-in", "/desk"])
def test_whoever_comes_is_asked_to_come_back(make, browser_of, out_of_order, path):
    browser = browser_of(make.user(make.organization()))
    out_of_order()
    answer = browser.get(path)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"].isdecimal()
    assert "Try again in a minute" in answer.text


def test_an_error_page_that_cannot_be_made_is_the_same_answer(make, browser_of, out_of_order):
    browser = browser_of(make.user(make.organization()))
    out_of_order()
    answer = browser.post("/tickets", data={"subject": "Help", "body": "It broke."})
    assert answer.status_code == 503 and answer.headers["Retry-After"]


@pytest.fixture
def only_read(app, session, database_url):
    """``only_read()``: from now on the database refuses writes, as a replica does."""
    address = extensions.db.engine.url
    name = f'"{address.database}"'

    def set_mode(value):
        session.remove()
        extensions.db.engine.dispose()
        if not database_url.startswith("sqlite"):
            engine = create_engine(address, isolation_level="AUTOCOMMIT")
            with engine.connect() as connection:
                connection.execute(text("SET default_transaction_read_only = off"))
                connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = {value}"))
            engine.dispose()

    yield lambda: set_mode("on")
    set_mode("off")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_database_that_may_only_be_read_is_read(make, session, browser_of, only_read):
    globex = make.organization("Globex")
    dana, agent = make.user(globex, "Dana"), make.agent()
    ticket = make.ticket(dana, subject="Printer on fire")
    number = ticket.number
    customer, team = browser_of(dana), browser_of(agent)
    only_read()
    for browser, path in ((customer, "/tickets"), (team, "/desk"), (customer, "/tickets/new"), (customer, "/account")):
        assert browser.get(path).status_code == 200, path
    for browser in (customer, team):
        page = browser.get(f"/tickets/{number}")  # notes that it was read, which the database refuses
        assert page.status_code == 200 and "Printer on fire" in page.text
    session.rollback()
    assert session.query(ReadReceipt).count() == 0


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_is_written_meanwhile_is_refused_in_words(make, session, browser_of, only_read):
    ticket = make.ticket(make.user(make.organization("Globex"), "Dana"))
    browser = browser_of(ticket.requester)
    address = f"/tickets/{ticket.number}"
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get(address).text)[1]
    only_read()
    for headers, is_in_page in (({"Sec-Fetch-Site": "same-origin"}, True), ({"HX-Request": "true"}, False)):
        data = {"body": "Still burning", "csrf_token": token}
        answer = browser.post(f"{address}/replies", data=data, headers=headers)
        assert answer.status_code == 503, answer.text
        assert int(answer.headers["Retry-After"]) >= 5
        assert "Nothing can be saved at the moment" in answer.text
        assert ("Still burning" in answer.text) == is_in_page  # with a script the form stays
    session.rollback()
    assert "Still burning" not in [message.body for message in session.query(Message)]


def test_an_outage_is_a_few_lines_with_the_cause(make, browser_of, out_of_order, caplog):
    browser = browser_of(make.user(make.organization()))
    outage_log.reset_reports()
    out_of_order()
    with caplog.at_level(logging.WARNING):
        for _ in range(20):
            browser.get("/tickets")
    written = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(written) <= 3, written
    assert any("the database is gone" in line for line in written)
    assert not any(record.exc_info for record in caplog.records)
