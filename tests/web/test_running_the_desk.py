"""The leads' review, the admins' settings of the desk, health: as parsed HTML."""

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import select

from helpdesk.domain import tickets
from helpdesk.models.delivery import Delivery
from helpdesk.models.qa_review import QaReview
from tests.web.pages import parse_page

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

LEADS_PAGES = (
    "/review",
    "/review/export.csv",
    "/review/tickets",
    "/review/reports",
    "/review/reports/new",
    "/review/promises",
    "/review/service-levels",
    "/review/reading",
    "/review/quality",
    "/review/scorecard",
)
ADMINS_PAGES = (
    "/settings/channels",
    "/settings/mail",
    "/settings/mail/senders",
    "/settings/mail/previews/reply",
    "/settings/mail/previews/weekly_summary/html",
    "/settings/service-levels",
    "/settings/closing",
    "/settings/retention",
    "/settings/maintenance",
    "/settings/webhooks",
    "/settings/webhooks/new",
    "/settings/api-tokens",
    "/settings/health",
)


@pytest.fixture
def admin(make):
    return make.agent("Ada Admin", role="admin")


@pytest.fixture
def client(browser_of, admin):
    return browser_of(admin)


def send(client, path, expected=303, /, **data):
    page = parse_page(client.get("/settings/closing"))
    data["csrf_token"] = page.find("meta", {"name": "csrf-token"})["content"]
    response = client.post(path, data=data)
    assert response.status_code == expected, (response.status_code, response.get_data(as_text=True)[:3000])
    return response


def test_every_page_is_there_for_whom_it_is_and_for_nobody_else(client, browser_of, make):
    lead, agent = browser_of(make.agent(role="lead")), browser_of(make.agent())
    customer, anonymous = browser_of(make.user(make.organization())), browser_of()
    for path in (*LEADS_PAGES, *ADMINS_PAGES):
        answer = client.get(path)
        assert answer.status_code == 200, path
        if not path.endswith((".csv", "/html")):
            assert len(parse_page(answer).select("main h1")) == 1, path
        assert lead.get(path).status_code == (200 if path in LEADS_PAGES else 403), path
        assert agent.get(path).status_code == 403, path
        assert customer.get(path).status_code == 404, path
        assert anonymous.get(path).status_code == 302, path
    assert agent.get("/settings/replies").status_code == 200


def test_the_review_counts_and_its_table_is_csv(client, make, admin, session):
    agent = make.agent("=Maya")
    ticket = make.ticket()
    tickets.reply(ticket, author=agent, body="Hello")
    tickets.solve(ticket, actor=agent)
    session.commit()
    page = parse_page(client.get("/review?by=agent&weeks=4"))
    assert page.select_one("main dl .stat dd").text.strip() == "1"
    assert [row.th.text for row in page.select("main section table tbody tr")] == ["=Maya"]
    assert len(page.select("figure.chart svg")) == 5
    text = client.get("/review/export.csv?by=agent").get_data(as_text=True)
    assert '"\'=Maya","1","1"' in text
    assert parse_page(client.get("/review?by=<b>&weeks=x")).select_one("main h2").text == "By week"


def test_a_lead_marks_and_the_agent_reads_it(client, make, session, browser_of):
    agent = make.agent("Maya")
    ticket = make.ticket()
    tickets.assign(ticket, agent, actor=agent)
    tickets.solve(ticket, actor=agent)
    session.commit()
    assert f"#{ticket.number}" in parse_page(client.get("/review/reading")).main.text
    path = f"/review/reading/{ticket.number}"
    page = parse_page(send(client, path, 422, comment="Kept words"), 422)
    assert page.textarea.text.strip() == "Kept words" and "Choose a mark" in page.select_one(".error-summary").text
    send(client, path, rating="good", comment="Well said")
    assert session.get(QaReview, ticket.id).rating == "good"
    maya = browser_of(agent)
    assert "Well said" in parse_page(maya.get("/desk/remarks")).text
    assert "Well said" in parse_page(maya.get(f"/tickets/{ticket.number}")).text
    assert "Well said" not in parse_page(browser_of(make.agent()).get(f"/tickets/{ticket.number}")).text


def test_the_summary_is_mailed_on_demand(client, session, admin):
    send(client, "/review/summary")
    assert session.scalar(select(Delivery).where(Delivery.kind == "weekly_summary")).subject_id == admin.id


def test_alive_able_and_measured(client, browser_of, app, monkeypatch, make, session):
    make.channel("C0TRIAGE").name = 'the "desk"\\'
    session.commit()
    anonymous = browser_of()
    assert anonymous.get("/healthz").get_data(as_text=True) == "ok\n"
    ready = anonymous.get("/readyz")
    assert (ready.status_code, ready.json["status"]) == (200, "ready")
    assert anonymous.get("/metrics").status_code == 404
    from helpdesk import config, extensions

    monkeypatch.setattr(config.current(), "METRICS_TOKEN", "m" * 20)
    assert anonymous.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 404
    text = anonymous.get("/metrics", headers={"Authorization": "Bearer " + "m" * 20}).get_data(as_text=True)
    gauges = {family.name: family for family in text_string_to_metric_families(text)}
    assert {family.type for family in gauges.values()} <= {"gauge", "counter", "histogram"}
    assert gauges["helpdesk_database_ok"].samples[0].value == 1
    places = {sample.labels["destination"]: sample.value for sample in gauges["helpdesk_deliveries_waiting"].samples}
    assert places == {'#the "desk"\\': 0}, "quotation marks and backslashes of a channel's name are escaped"
    assert {"helpdesk_oldest_undelivered_seconds", "helpdesk_deliveries_failed"} <= gauges.keys()
    monkeypatch.setattr(config.current(), "REDIS_URL", "redis://127.0.0.1:1/0")
    extensions.drop_redis_client()
    down = anonymous.get("/readyz")
    assert (down.status_code, down.json) == (200, {"status": "degraded", "wrong": ["queue"]})
    extensions.drop_redis_client()
