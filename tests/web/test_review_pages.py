"""The pages of the review: filters, charts that lead to tickets, the file, and saved reports."""

import csv
from datetime import timedelta

import pytest
from sqlalchemy import select

from helpdesk import clock
from helpdesk.domain import tickets
from helpdesk.domain.reporting import drill_down, longest_waits
from helpdesk.domain.tickets import tags
from helpdesk.models.saved_report import SavedReport
from helpdesk.web.reviews.charts import ChartRow, make_chart
from tests.web.pages import parse_page
from tests.web.test_desk_pages import send

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def lead(make):
    return make.agent("Tomás", role="lead")


@pytest.fixture
def desk(browser_of, lead):
    return browser_of(lead)


@pytest.fixture
def solved(make, session):
    """Two tickets filed nine days ago; Maya answered and solved one of them after two hours."""
    maya, dana = make.agent("Maya"), make.user(make.organization("Globex"))
    first, other = make.ticket(dana, subject="Slow export"), make.ticket(dana, subject="No answer")
    tickets.assign(first, maya, actor=maya)
    tickets.reply(first, author=maya, body="Hello")
    tickets.solve(first, actor=maya)
    filed = clock.now() - timedelta(days=9)
    first.created_at = other.created_at = filed
    first.first_response_at = first.solved_at = filed + timedelta(hours=2)
    session.commit()
    return first


def test_figures_name_their_unit_their_period_and_the_one_before(desk, solved):
    page = parse_page(desk.get("/review?range=weeks_4"))
    assert "compared with" in page.main.text and "Days begin at midnight in UTC" in page.main.text
    stats = {each.dt.text: each.dd.text.strip() for each in page.select(".stat")}
    assert stats["Filed"] == "2" and stats["First response time"] == "2 h" and stats["One-touch"] == "100%"
    assert [each.text for each in page.select(".stat .stat-note") if "not answered" in each.text]
    units = [each.text for each in page.select("figcaption .chart-unit")]
    assert units == ["Tickets", "Tickets", "Hours", "Hours", "Time in all"]
    assert [each.th.text for each in page.select("tfoot tr")] == ["All tickets", "The period before"]


def test_every_value_of_a_chart_leads_to_its_tickets(desk, solved):
    page = parse_page(desk.get("/review?range=weeks_4"))
    for chart, expected in zip(
        page.select("figure.chart"), (["Slow export", "No answer"], ["No answer"]), strict=False
    ):
        points = [each for each in chart.select("a.point") if not each["aria-label"].endswith(": 0")]
        listed = parse_page(desk.get(points[0]["href"])).select("tbody th a")
        assert sorted(each.bdi.text for each in listed) == sorted(expected)
    charted = page.select("figure.chart")[2].select("a.point")
    assert [each["aria-label"].split(": ")[1] for each in charted] == ["2 h"]  # a week without answers is a gap
    row = parse_page(desk.get(charted[0]["href"])).select_one("tbody tr")
    assert row.select_one(".num").text == "2 h" and "Slow export" in row.th.text
    assert desk.get("/review/tickets?metric=other").status_code == 404


def test_of_many_tickets_that_waited_a_page_says_that_there_are_more(desk, solved, monkeypatch):
    address = "/review/tickets?metric=waiting_team"
    whole = parse_page(desk.get(address))
    assert "2 tickets" in whole.select_one(".page-head").text and len(whole.select("tbody tr")) == 2
    monkeypatch.setattr(longest_waits, "MOST_ADDED_UP", 0)
    monkeypatch.setattr(drill_down, "PAGE_SIZE", 1)
    first = parse_page(desk.get(address))
    assert "1+ tickets" in first.select_one(".page-head").text
    last = parse_page(desk.get(first.select_one("a[rel=next]")["href"]))
    assert "2 tickets" in last.select_one(".page-head").text and not last.select("a[rel=next]")
    rows = [row.th.a.text for page in (first, last) for row in page.select("tbody tr")]
    assert rows == [row.th.a.text for row in whole.select("tbody tr")]


def test_a_line_ends_where_nothing_was_measured_and_its_axis_has_a_unit(app):
    rows = [ChartRow(str(place), value, "") for place, value in enumerate((2.0, 3.0, None, 7.0, None, 1.0, 1.0))]
    chart = make_chart("Time", "Hours", rows, lambda value: f"{value:g} h", is_line=True)
    assert [len(piece.split()) for piece in chart.lines] == [2, 2]
    assert [text for _, text in chart.ticks] == ["8 h", "0 h"]
    assert [point.y is None for point in chart.points] == [False, False, True, False, True, False, False]
    assert [mark.row.label for mark in chart.marks] == ["0", "3", "6"]
    empty = make_chart("Time", "Hours", [], str)
    assert empty.lines == [] and empty.marks == []


def test_the_file_names_units_and_leaves_out_what_was_not_measured(desk, solved):
    text = desk.get("/review/export.csv?range=weeks_4&by=agent").get_data(as_text=True).removeprefix("\ufeff")
    rows = {row["Agent"]: row for row in csv.DictReader(text.splitlines())}
    assert rows["Maya"]["First response time, median (s)"] == "7200"
    assert rows["Maya"]["One-touch, in percent"] == "100.0" and rows["Maya"]["CSAT, average (of 5)"] == ""
    assert rows["Nobody"]["Not answered yet"] == "1" and "Backlog" not in rows["Nobody"]
    by_week = desk.get("/review/export.csv?range=weeks_4&by=week").get_data(as_text=True)
    assert len(by_week.splitlines()) == 5 and "None" not in by_week


def test_filters_stay_chosen_and_narrow_everything(desk, solved):
    page = parse_page(desk.get(f"/review?range=weeks_4&assignee={solved.assignee_id}&organization=globex&by=form"))
    assert page.select_one(".stat dd").text.strip() == "1"
    assert page.select_one("#organization option[selected]").text == "Globex"
    assert page.select_one("#assignee option[selected]").text == "Maya"
    link = page.select_one("a[href*='export.csv']")["href"]
    assert "organization=globex" in link and "range=weeks_4" in link
    assert parse_page(desk.get("/review?organization=gone")).select_one(".stat dd").text.strip() == "0"


def test_a_report_about_a_tag_that_does_not_exist_is_refused_and_keeps_its_name(desk, lead, session):
    page = parse_page(desk.get("/review/reports/new?range=last_week&by=agent&tag=no-such-tag"))
    assert "no-such-tag" in page.select_one(".unknown-filters").text
    fields = {each["name"]: each["value"] for each in page.select(".report-form input[type=hidden]")}
    page = parse_page(send(desk, "/review/reports", 422, **fields, name="Refunds", schedule=""), 422)
    assert "no-such-tag" in page.select_one(".error-summary").text
    assert page.select_one(".report-form [name=name]")["value"] == "Refunds"
    assert session.scalar(select(SavedReport)) is None


def test_a_report_is_saved_changed_mailed_and_deleted(desk, lead, session, solved):
    tags.set_tags(solved, ["refund"], actor=lead)
    session.commit()
    page = parse_page(desk.get("/review/reports/new?range=last_week&by=agent&tag=refund"))
    fields = {each["name"]: each["value"] for each in page.select(".report-form input[type=hidden]")}
    page = parse_page(send(desk, "/review/reports", 422, **fields, name="", schedule="weekly"), 422)
    assert len(page.select(".error-summary li")) == 2
    send(desk, "/review/reports", **fields, name="Refunds", schedule="weekly", recipients=str(lead.id))
    saved = session.scalar(select(SavedReport))
    assert saved.filters == {"range": "last_week", "by": "agent", "tag": "refund"} and saved.recipients == [lead]
    page = parse_page(desk.get("/review/reports"))
    assert "Every Monday: Tomás" in " ".join(page.main.text.split())
    opened = parse_page(desk.get(page.select_one(".row-link")["href"]))
    assert opened.select_one("#range option[selected]")["value"] == "last_week"
    form = parse_page(desk.get(f"/review/reports/{saved.id}?range=this_month&by=form")).select_one(".report-form")
    fields = {each["name"]: each["value"] for each in form.select("input[type=hidden]")}
    assert form.select_one(f"[name=recipients][value='{lead.id}']").has_attr("checked")
    send(desk, f"/review/reports/{saved.id}", **fields, name="Forms", schedule="")
    session.refresh(saved)
    assert (saved.filters, saved.schedule) == ({"range": "this_month", "by": "form"}, None)
    send(desk, f"/review/reports/{saved.id}/send")
    send(desk, f"/review/reports/{saved.id}/delete")
    assert session.scalar(select(SavedReport)) is None
