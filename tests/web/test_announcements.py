"""What the portal says to customers: an announcement in its time, the status page, and when the team is back."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from helpdesk.domain.administration import settings
from helpdesk.domain.portal import announcements, support_hours
from helpdesk.domain.sla import business_hours
from helpdesk.models.sla import BusinessHours
from helpdesk.models.user import User
from tests.web.pages import parse_page

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def save(client, status=303, **values):
    page = parse_page(client.get("/settings/portal"))
    form = page.select_one("form[action='/settings/portal']")
    data = {each["name"]: each.get("value", "") for each in form.select("input[name]") if each["type"] != "checkbox"}
    data |= {each["name"]: "1" for each in form.select("input[type=checkbox][checked]")}
    answer = client.post("/settings/portal", data=data | values)
    assert answer.status_code == status, answer.get_data(as_text=True)[:2000]
    return answer


def shown(client) -> str:
    found = parse_page(client.get("/tickets")).select_one(".announcement")
    return found.text.strip() if found else ""


def test_customers_read_it_from_until_and_only_those_it_is_for(make, browser_of, session):
    globex, initech = make.organization("Globex"), make.organization("Initech")
    ann, ben = browser_of(make.user(globex)), browser_of(make.user(initech))
    admin = browser_of(make.agent(role="admin"))
    save(admin, announcement="Exports are slow today.", status_page_url="https://status.example/")
    assert shown(ann) == shown(ben) == "Exports are slow today."
    assert not parse_page(admin.get("/desk")).select_one(".announcement")
    assert parse_page(ann.get("/tickets")).select_one("footer a[href='https://status.example/']")
    save(admin, announcement="# Slow exports, see https://status.example/slow <b>now</b>")
    line = parse_page(ann.get("/tickets")).select_one(".announcement")
    assert line.select_one("a[href='https://status.example/slow']") and not line.select("h1, b")
    save(admin, announcement="Exports are slow today.", announcement_organization="globex")
    assert (shown(ann), shown(ben)) == ("Exports are slow today.", "")
    refused = save(admin, 422, announcement_from="2026-11-28T09:00", announcement_until="2026-11-28T08:00")
    assert "It ends before it begins." in refused.text
    save(admin, 422, announcement_from="tomorrow")
    save(admin, 422, status_page_url="javascript:alert(1)")
    save(admin, announcement_from="2020-01-01T09:00", announcement_until="2020-01-02T09:00")
    assert shown(ann) == ""


@pytest.mark.parametrize(
    ("begins", "ends", "is_shown"),
    [
        ("", "", True),
        ("2026-07-01T11:59", "", True),
        ("2026-07-01T12:01", "", False),
        ("", "2026-07-01T12:00", False),
        ("2026-06-30T00:00", "2026-07-01T12:01", True),
    ],
)
def test_its_times_are_those_of_the_installations_clock(session, make, monkeypatch, begins, ends, is_shown):
    ann = make.user(make.organization())
    values = {"announcement": "Down", "announcement_from": begins, "announcement_until": ends}
    for name, value in (values | {"time_zone": "Europe/Berlin"}).items():
        settings.set(name, value)
    monkeypatch.setattr(announcements.clock, "now", lambda: datetime(2026, 7, 1, 10, 0, tzinfo=UTC))  # 12:00 in Berlin
    assert bool(announcements.current_announcement(ann)) == is_shown


def test_the_filing_page_says_when_the_team_is_back_on_the_customers_clock(make, browser_of, session):
    make.form()
    ann = make.user(make.organization(), time_zone="America/New_York")
    client = browser_of(ann)
    session.add(BusinessHours(weekday=0, opens=9 * 60, closes=17 * 60))
    settings.set("time_zone", "Europe/Berlin")
    session.commit()
    assert "The team is back" not in client.get("/tickets/new").text
    settings.set("show_hours", True)
    session.commit()
    schedule = business_hours.Schedule(ZoneInfo("Europe/Berlin"), {0: ((540, 1020),)})
    sunday, monday = datetime(2026, 11, 29, 12, tzinfo=UTC), datetime(2026, 11, 30, 12, tzinfo=UTC)
    back = support_hours.find_return(schedule, sunday)
    assert back == datetime(2026, 11, 30, 8, tzinfo=UTC)
    assert support_hours.find_return(schedule, monday) is None
    assert support_hours.find_return(business_hours.Schedule(), sunday) is None
    text = support_hours.describe_return(User(time_zone="America/New_York"))
    found = "The team is back" in client.get("/tickets/new").text
    assert found == bool(text)


def test_the_day_and_the_time_are_the_readers(make, session, monkeypatch):
    session.add(BusinessHours(weekday=0, opens=9 * 60, closes=17 * 60))
    settings.set("time_zone", "Europe/Berlin")
    settings.set("show_hours", True)
    session.commit()
    monkeypatch.setattr(support_hours.clock, "now", lambda: datetime(2026, 11, 29, 12, tzinfo=UTC))
    said = support_hours.describe_return(User(time_zone="America/New_York"))
    assert said == "You can write at any time. The team is back (your time): Monday 03:00"
    monkeypatch.setattr(support_hours.clock, "now", lambda: datetime(2026, 11, 30, 12, tzinfo=UTC))
    assert support_hours.describe_return(User(time_zone="America/New_York")) == ""
