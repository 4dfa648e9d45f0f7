"""The reader's clock: guessed from the browser once, found by a city, and used in files too."""

import csv
from datetime import datetime, timedelta

import pytest

from helpdesk import clock
from tests.web import page_forms


@pytest.fixture
def database_url(fresh_sqlite):
    return fresh_sqlite


@pytest.fixture
def dana(make):
    return make.user(make.organization("Globex"), "Dana Fields")


def tell(client, zone: str):
    token = page_forms.csrf_token(page_forms.parse(client.get("/account")))
    return client.post("/account/time-zone", data={"csrf_token": token, "time_zone": zone})


def test_a_browsers_zone_is_kept_while_there_is_none(dana, session, browser_of):
    client = browser_of(dana)
    assert "data-guess-time-zone" in client.get("/tickets").text
    assert tell(client, "Mars/Olympus").status_code == 204
    session.refresh(dana)
    assert dana.time_zone is None
    assert tell(client, "Pacific/Auckland").status_code == 204
    assert tell(client, "Europe/Berlin").status_code == 204
    session.refresh(dana)
    assert dana.time_zone == "Pacific/Auckland"
    assert "data-guess-time-zone" not in client.get("/tickets").text


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("berlin", "Europe/Berlin"),
        (" new  york ", "America/New_York"),
        ("utc", "UTC"),
        ("Mars", None),
        ("", None),
        ("europe", None),
    ],
)
def test_a_zone_is_found_by_its_city(typed, found):
    assert clock.find_time_zone(typed) == found


def test_a_file_has_iso_times_on_the_readers_clock(dana, make, session, browser_of):
    ticket = make.ticket(dana)
    dana.time_zone = "Pacific/Auckland"
    session.commit()
    text = browser_of(dana).get("/tickets.csv").get_data(as_text=True).removeprefix("\ufeff")
    rows = list(csv.DictReader(text.splitlines()))
    filed = datetime.fromisoformat(rows[0]["Filed"])
    assert filed.utcoffset() in (timedelta(hours=12), timedelta(hours=13))
    assert abs(filed - ticket.created_at) < timedelta(seconds=1)
