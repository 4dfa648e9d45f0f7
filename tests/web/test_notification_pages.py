"""The number of unread notifications, their list, and what somebody chooses on their account."""

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import select

from helpdesk.database import transactions
from helpdesk.domain import tickets
from helpdesk.domain.notifications import browsers, choices, inbox
from helpdesk.models.notification import Notification, NotificationKind
from helpdesk.models.user import User
from tests.web.pages import parse_page

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def maya(make):
    return make.agent("Maya Lind")


@pytest.fixture
def ticket(make, maya, session):
    ticket = make.ticket(make.user(make.organization("Globex"), "Dana Fields"), subject="Smoke")
    tickets.assign(ticket, maya, actor=make.agent("Jonas Park"))
    session.commit()
    return ticket


def count(client) -> str:
    found = parse_page(client.get("/desk")).select_one("#unread-notifications .unread-count")
    return found.text if found else ""


def token(client) -> str:
    return parse_page(client.get("/desk")).find("meta", {"name": "csrf-token"})["content"]


def test_the_count_shows_until_it_is_read(browser_of, maya, ticket):
    client = browser_of(maya)
    assert count(client) == "1"
    page = parse_page(client.get("/notifications?unread"))
    link = page.select_one(".notifications .row-link")
    assert "Jonas Park assigned" in link.text and "Smoke" in page.select_one(".notifications").text
    assert client.get(link["href"]).headers["Location"] == f"/tickets/{ticket.number}"
    assert count(client) == ""
    assert parse_page(client.get("/notifications?unread")).select_one(".empty")


def test_who_opens_the_ticket_has_read_it(browser_of, maya, ticket):
    client = browser_of(maya)
    client.get(f"/tickets/{ticket.number}")
    assert count(client) == ""


def test_more_than_99_are_not_counted_at_every_request(browser_of, maya, ticket, session):
    given = session.query(Notification).filter_by(user_id=maya.id).one()
    columns = ("user_id", "kind", "ticket_id", "is_listed", "created_at")
    values = {name: getattr(given, name) for name in columns}
    session.add_all(Notification(**values) for _ in range(150))
    session.commit()
    page = parse_page(browser_of(maya).get("/desk")).select_one("#unread-notifications")
    assert (page.text.strip(), page["aria-label"]) == ("99+", "Notifications, more than 99 unread")
    unread = session.scalar(select(inbox.UNREAD_COUNT).where(User.id == maya.id))
    assert unread == 100


def test_opening_one_succeeds_while_others_write(browser_of, maya, ticket, database_url, monkeypatch):
    """Another process writes between the reading and the writing of the request, as on a busy machine."""
    client, find = browser_of(maya), inbox.find_notification
    link = parse_page(client.get("/notifications?unread")).select_one(".notifications .row-link")

    def find_and_write(*args):
        found = find(*args)
        with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as other, other:
            other.execute("UPDATE users SET name = name")
        return found

    monkeypatch.setattr(inbox, "find_notification", find_and_write)
    assert client.get(link["href"]).headers.get("Location") == f"/tickets/{ticket.number}"
    assert count(client) == ""


def test_a_read_only_request_commits_nothing(session):
    with transactions.read_only(), pytest.raises(RuntimeError):
        session.commit()


def test_all_are_marked_as_read_and_nobody_opens_anothers(browser_of, maya, ticket, make):
    client, other = browser_of(maya), browser_of(make.agent())
    assert other.get("/notifications/1").status_code == 404
    first = client.get("/notifications/unread")
    unchanged = client.get("/notifications/unread", headers={"If-None-Match": first.headers["ETag"]})
    assert unchanged.status_code == 304
    client.post("/notifications/read", data={"csrf_token": token(client)})
    assert count(client) == ""


def test_what_came_after_the_page_was_loaded_is_not_marked_as_read(browser_of, maya, ticket, session, make):
    client = browser_of(maya)
    form = parse_page(client.get("/notifications")).select_one("form[action='/notifications/read']")
    shown = {field["name"]: field["value"] for field in form.select("input")}
    tickets.assign(make.ticket(subject="The roof leaks"), maya, actor=make.agent())
    session.commit()
    client.post("/notifications/read", data=shown)
    assert count(client) == "1"
    assert "The roof leaks" in parse_page(client.get("/notifications?unread")).text


def test_an_agent_chooses_by_kind_and_place(browser_of, maya, session):
    client = browser_of(maya)
    page = parse_page(client.get("/account"))
    shown = {box["value"] for box in page.select("input[name=notify-assigned][checked]")}
    assert shown == {str(each) for each in choices.channels_for(maya, NotificationKind.assigned)}
    data = {
        "csrf_token": token(client),
        "notify-assigned": ["mail"],
        "mail_rhythm": "daily",
        "chat_notifications": "thread",
        "quiet_from": "",
        "quiet_until": "",
    }
    assert client.post("/account/notifications", data=data).status_code == 303
    session.refresh(maya)
    assert choices.channels_for(maya, NotificationKind.assigned) == {"mail"}
    assert choices.channels_for(maya, NotificationKind.reply) == set() and maya.mail_rhythm == "daily"
    assert client.post("/account/notifications", data=data | {"mail_rhythm": "never"}).status_code == 422


def test_a_customer_adds_and_removes_a_browser(browser_of, make, session):
    ann = make.user(make.organization())
    client = browser_of(ann)
    page = parse_page(client.get("/account"))
    assert page.select_one("#browser-notices-add")["data-public-key"] == browsers.public_key()
    key = page.find("meta", {"name": "csrf-token"})["content"]
    data = {"csrf_token": key, "endpoint": "https://push.example/1", "auth": "MDEyMzQ1Njc4OWFiY2RlZg"}
    assert client.post("/account/browsers", data=data | {"p256dh": "x"}).status_code == 422
    assert client.post("/account/browsers", data=data | {"p256dh": browsers.public_key()}).status_code == 204
    [row] = browsers.list_browsers(ann)
    assert "This browser" in parse_page(client.get("/account")).select_one("#browsers-section").text
    assert browser_of(make.agent()).post(f"/account/browsers/{row.id}/delete").status_code in (400, 403, 404)
    assert client.post(f"/account/browsers/{row.id}/delete", data={"csrf_token": key}).status_code == 303
    assert browsers.list_browsers(ann) == []
    script = client.get("/service-worker.js")
    assert script.mimetype == "text/javascript" and "showNotification" in script.text
