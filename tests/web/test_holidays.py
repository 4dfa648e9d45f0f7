"""Holidays that come back every year, and those of a calendar file."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine

from helpdesk.domain.administration import settings as stored_settings
from helpdesk.domain.errors import PermissionDenied, ValidationError
from helpdesk.domain.sla import business_hours, holiday_calendar, policies, timers
from helpdesk.models.sla import Holiday
from tests.factories import signed_in_client
from tests.web import page_forms

UTC = ZoneInfo("UTC")


def calendar(*events: str) -> bytes:
    body = "".join(f"BEGIN:VEVENT\r\nUID:{number}\r\n{event}\r\nEND:VEVENT\r\n" for number, event in enumerate(events))
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//\r\n{body}END:VCALENDAR\r\n".encode()


def test_a_yearly_holiday_is_free_from_its_first_year_on():
    schedule = business_hours.Schedule(yearly_holidays={(12, 25): date(2026, 12, 25)})
    assert not schedule.is_holiday(date(2025, 12, 25))
    assert schedule.is_holiday(date(2026, 12, 25)) and schedule.is_holiday(date(2040, 12, 25))
    begin, end = datetime(2031, 12, 25, tzinfo=UTC), datetime(2031, 12, 26, 6, tzinfo=UTC)
    assert business_hours.working_seconds_between(schedule, begin, end) == 6 * 3600


def test_whole_days_of_a_file_become_holidays():
    found = holiday_calendar.read_holidays(
        calendar(
            "DTSTART;VALUE=DATE:20261225\r\nDTEND;VALUE=DATE:20261227\r\nSUMMARY:Christmas\r\nRRULE:FREQ=YEARLY",
            "DTSTART;VALUE=DATE:20270405\r\nSUMMARY:Easter  Monday",
            "DTSTART:20261231T100000Z\r\nSUMMARY:A meeting",
        )
    )
    assert [(each.day, each.name, each.every_year) for each in found] == [
        (date(2026, 12, 25), "Christmas", True),
        (date(2026, 12, 26), "Christmas", True),
        (date(2027, 4, 5), "Easter Monday", False),
    ]


@pytest.fixture
def database_url(fresh_sqlite):
    return fresh_sqlite


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"Name,Day\nEaster,2027-04-05\n",
        b"\xff\xfe\x00",
        calendar("DTSTART:nonsense"),
        calendar("DTSTART:20261231T100000Z"),
        b"x" * (holiday_calendar.MAX_BYTES + 1),
        calendar(*(f"DTSTART;VALUE=DATE:{2000 + year}0101\r\nDURATION:P1D" for year in range(1200))),
    ],
    ids=["empty", "csv", "bytes", "no date", "no whole day", "too large", "too many"],
)
def test_a_file_that_is_no_calendar_of_holidays_is_refused_in_a_sentence(content):
    with pytest.raises(ValidationError) as refused:
        holiday_calendar.read_holidays(content)
    assert refused.value.errors["calendar"].endswith(".")


def test_whole_days_are_read_as_programs_write_them():
    with time_machine.travel(datetime(2026, 11, 28, tzinfo=UTC), tick=False):
        found = holiday_calendar.read_holidays(
            calendar(
                "DTSTART;TZID=America/New_York:20261126T000000\r\nDTEND;TZID=America/New_York:20261127T000000\r\n"
                "SUMMARY:Thanksgiving\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;UNTIL=20281231T000000Z",
                "DTSTART:20271224T000000\r\nDURATION:P2D\r\nSUMMARY:Outlook",
                "DTSTART;VALUE=DATE:20270501\r\nSTATUS:CANCELLED\r\nSUMMARY:Cancelled",
            )
        )
    assert [(each.day, each.name) for each in found] == [
        (date(2026, 11, 26), "Thanksgiving"),
        (date(2027, 11, 25), "Thanksgiving"),
        (date(2027, 12, 24), "Outlook"),
        (date(2027, 12, 25), "Outlook"),
        (date(2028, 11, 23), "Thanksgiving"),
    ]


def test_an_event_of_a_whole_year_is_cut():
    content = calendar("DTSTART;VALUE=DATE:20260101\r\nDTEND;VALUE=DATE:20270101\r\nSUMMARY:Closed")
    assert len(holiday_calendar.read_holidays(content)) == holiday_calendar.MAX_LENGTH


def test_an_import_changes_known_days_and_counts(make, session, app):
    admin = make.agent("Ada", role="admin")
    policies.add_holiday("2026-12-25", "Xmas", actor=admin)
    count = policies.import_holidays(
        calendar("DTSTART;VALUE=DATE:20261225\r\nSUMMARY:Christmas\r\nRRULE:FREQ=YEARLY"), actor=admin
    )
    session.commit()
    holiday = session.query(Holiday).one()
    assert (count, holiday.name, holiday.every_year) == (1, "Christmas", True)
    assert timers.working_schedule().is_holiday(date(2030, 12, 25))
    with pytest.raises(PermissionDenied):
        policies.import_holidays(b"", actor=make.agent())


def test_the_page_takes_a_file(make, session, browser_of):
    import io

    from tests.web import page_forms

    admin = make.agent("Ada", role="admin")
    client = browser_of(admin)
    token = page_forms.csrf_token(page_forms.parse(client.get("/settings/service-levels")))
    content = calendar("DTSTART;VALUE=DATE:20270101\r\nSUMMARY:New Year\r\nRRULE:FREQ=YEARLY")
    answer = client.post(
        "/settings/service-levels/holidays/import",
        data={"csrf_token": token, "calendar": (io.BytesIO(content), "holidays.ics")},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 303
    page = client.get("/settings/service-levels").text
    assert "1 January 2027" in page and "New Year" in page and "Every year" in page


def test_night_shifts_whole_days_and_the_pause_on_hold_are_set_on_the_page(app, make):
    client = signed_in_client(app, make.agent(role="admin"))
    page = page_forms.parse(client.get("/settings/service-levels"))
    form = next(
        each
        for each in page_forms.forms_of(page, "/settings/service-levels")
        if each.action == "/settings/service-levels/hours"
    )
    hours = {"hours-0": "22:00-06:00", "hours-3": "00:00-24:00", "hours-4": "09:00-12:30, 13:30-17:00"}
    values = form.sent_values() | dict.fromkeys((f"hours-{day}" for day in range(7)), "") | hours
    values |= {"time_zone": "Europe/Berlin", "sla_pauses_on_hold": "1"}
    assert page_forms.submit(client, form, values).status_code == 303
    page = page_forms.parse(client.get("/settings/service-levels"))
    shown = {day: page.select_one(f"[name=hours-{day}]")["value"] for day in range(5)}
    assert shown == {0: "22:00-24:00", 1: "00:00-06:00", 2: "", 3: "00:00-24:00", 4: "09:00-12:30, 13:30-17:00"}
    assert stored_settings.get("sla_pauses_on_hold") is True
