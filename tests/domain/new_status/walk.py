"""Run by test_new_status with ``extra_entry`` loaded: the new status is found everywhere."""

import pytest
from sqlalchemy import select

from helpdesk.channels.slack.render import blocks, web_api_calls
from helpdesk.database.types import one_of_condition
from helpdesk.demo.seed import bulk_data
from helpdesk.domain import labels, tickets
from helpdesk.domain.integrations import api_tokens
from helpdesk.domain.reporting import date_ranges, qa_reviews
from helpdesk.domain.reporting.series import Series
from helpdesk.domain.ticket_lists import agent_queue, customer_list
from helpdesk.domain.tickets import canned_replies
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.constraints import replace_check
from helpdesk.models.statuses import UNSOLVED_SQL, WAITING_ON, Status
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from helpdesk.web.api import openapi
from tests.web.conftest import make_requests_lonely
from tests.web.pages import parse_page

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def migrated(app, monkeypatch):
    """What the migration of docs/how-to/add-a-status.md does."""
    make_requests_lonely(app, monkeypatch)
    with db.engine.begin() as connection:
        replace_check(connection, "tickets", "ck_tickets_status", one_of_condition("status", Status))
        for index in [each for each in Ticket.__table__.indexes if each.name.startswith("ix_tickets_unsolved_")]:
            index.drop(connection)
            index.create(connection)


@pytest.fixture
def admin(make):
    return make.agent("Ada Admin", role="admin")


@pytest.fixture
def dana(make):
    return make.user(make.organization("Globex"), "Dana Kim", email="dana@globex.example")


@pytest.fixture
def ticket(make, session, dana, admin):
    ticket = make.ticket(dana)
    tickets.set_status(ticket, "escalated", actor=admin)
    session.commit()
    return ticket


def options(page, name) -> dict[str, str]:
    return {option.get("value"): option.text for option in page.select(f"select[name={name}] option")}


def test_the_database_knows_it(ticket, session):
    assert "'escalated'" in UNSOLVED_SQL
    sql = session.execute(
        db.text("SELECT sql FROM sqlite_schema WHERE name = 'ix_tickets_unsolved_updated'")
    ).scalar_one()
    assert UNSOLVED_SQL in sql
    assert session.scalar(select(Ticket.status)) == "escalated"
    assert ticket.waiting_on == "third_party" and not ticket.is_done


def test_the_queue_has_a_view_a_filter_and_a_bulk_choice(ticket, admin, browser_of):
    page = parse_page(browser_of(admin).get("/desk?view=escalated"))
    assert page.select_one("h1").text == "With engineering"
    assert page.select_one(f"#ticket-{ticket.number} .queue-status .tone-red")
    assert {view.key: view.count for view in agent_queue.list_views(admin)}["escalated"] == 1
    assert options(page.select_one(".filters"), "status")["escalated"] == "With engineering"
    assert options(page.select_one("#bulk"), "status")["escalated"] == "With engineering"
    assert parse_page(browser_of(admin).get("/desk?view=all&status=escalated")).select_one(f"#ticket-{ticket.number}")
    assert "With engineering" in browser_of(admin).get("/desk/export.csv?view=all").get_data(as_text=True)


def test_the_ticket_page_shows_and_offers_it(ticket, admin, browser_of):
    page = parse_page(browser_of(admin).get(f"/tickets/{ticket.number}"))
    assert page.select_one("#ticket-header .status.tone-red").text.strip() == "With engineering"
    assert page.select_one("#set-status option[selected]")["value"] == "escalated"
    assert options(page.select_one("#composer"), "status")["escalated"] == "ask engineering"
    assert "set the status to With engineering" in page.select_one("#conversation").text


def test_the_customer_reads_their_own_words(ticket, dana, browser_of):
    client = browser_of(dana)
    page = parse_page(client.get(f"/tickets/{ticket.number}"))
    assert page.select_one("#ticket-header .status").text.strip() == "With our specialists"
    assert "our specialists look into it" in page.select_one("#ticket-header").text
    assert "With our specialists" in parse_page(client.get("/tickets?status=active")).select_one("#ticket-list").text
    assert parse_page(client.get("/tickets?status=escalated&sort=status")).select_one(f"#ticket-{ticket.number}")
    assert "With our specialists" in client.get("/tickets.csv").get_data(as_text=True)
    assert customer_list.count_tickets(dana)["active"] == 1


def test_slack_shows_and_offers_it(ticket, session):
    channel = Channel(kind="slack", external_id="C0TRIAGE", name="triage", audience="team")
    thread = Thread(ticket=ticket, channel=channel)
    session.add_all([channel, thread])
    session.flush()
    _, content, attachments = blocks.card_message(web_api_calls.card_values(thread))
    assert attachments[0]["color"] == "#c92a2a"
    assert "◆ With engineering" in str((content, attachments))
    values = blocks.EditValues(
        1, "1", "escalated", tuple(labels.TEAM_STATUS_LABELS.items()), "low", tuple(labels.PRIORITY_LABELS.items())
    )
    assert blocks.edit_modal(values)["blocks"][0]["element"]["initial_option"]["text"]["text"] == "With engineering"
    row = blocks.ListRow(1, "S", "With engineering", "Globex", "https://x.example", status="escalated")
    assert "◆" in str(blocks.ticket_list("Title", (row,)))


def test_programs_read_and_set_it(ticket, session, admin, dana, make, browser_of):
    schemas = openapi.describe("http://localhost")["components"]["schemas"]
    assert "escalated" in schemas["Status"]["enum"]
    other = make.ticket(dana)
    _, secret = api_tokens.issue_token(name="Test", scopes=["tickets:read", "tickets:write"], user=admin)
    session.commit()
    ask = {"headers": {"Authorization": f"Bearer {secret}"}}
    answer = browser_of().patch(f"/api/tickets/{other.number}", json={"status": "escalated"}, **ask)
    assert (answer.status_code, answer.json["status"], answer.json["holder"]) == (200, "escalated", "third_party")
    assert len(browser_of().get("/api/tickets?status=escalated", **ask).json["data"]) == 2


def test_canned_replies_set_it(admin, session, browser_of):
    assert (
        options(parse_page(browser_of(admin).get("/settings/replies/new")), "status")["escalated"] == "With engineering"
    )
    reply = canned_replies.save_reply(
        None, title="To engineering", body="We ask them.", actor=admin, shared=True, status="escalated"
    )
    assert reply.status == "escalated"


def test_a_reply_moves_it_and_reports_count_it(ticket, session, dana, admin):
    tickets.reply(ticket, author=dana, body="Any news?")
    session.commit()
    assert ticket.status == "open"
    tickets.set_status(ticket, "escalated", actor=admin)
    tickets.solve(ticket, actor=admin)
    session.commit()
    period = date_ranges.find_range("this_week").period
    held = Series(period, waits=period).waited(period)
    assert set(held) == {"team", "customer", "third_party"} and held["third_party"] >= 0
    assert "escalated" in WAITING_ON and qa_reviews.list_waiting_on_team(admin) == []
    assert "escalated" in bulk_data.RECENT_STATUSES
