"""Cookies and sessions as a browser, a thief and an admin meet them."""

import pytest

from helpdesk import config
from helpdesk.domain.people import users
from helpdesk.models.session import Session
from helpdesk.web import cookies
from helpdesk.web.middleware import authentication
from tests.web.sign_in.conftest import csrf


@pytest.fixture
def dana(make):
    return make.user(make.organization("Globex", domain="globex.example"), "Dana", email="dana@globex.example")


def test_over_https_cookies_are_tied_to_this_host():
    https = config.Config({"SECRET_KEY": "x" * 40, "PORTAL_BASE_URL": "https://help.example"})
    made = authentication.build_cookie_settings(https)
    assert made["SESSION_COOKIE_NAME"] == "__Host-session" and cookies.get_cookie_name("ml", https) == "__Host-ml"
    assert (
        made["SESSION_COOKIE_SECURE"] and made["SESSION_COOKIE_HTTPONLY"] and made["SESSION_COOKIE_SAMESITE"] == "Lax"
    )
    assert made["SESSION_COOKIE_DOMAIN"] is None and made["SESSION_COOKIE_PATH"] == "/"


def test_a_cookie_copied_before_signing_out_is_worth_nothing_afterwards(app, browser_of, dana):
    client = browser_of(dana)
    copied = client.get_cookie("session").value
    token = csrf(client.get("/account"))
    stolen = client.get_cookie("session").value
    out = client.post("/sign-out", data={"csrf_token": token})
    assert out.status_code == 303 and out.headers["Clear-Site-Data"] == '"cache", "storage"'
    for value in (copied, stolen):
        thief = app.test_client()
        thief.set_cookie("session", value)
        assert thief.get("/account").status_code == 302


def test_signing_in_forgets_whatever_the_browser_held_and_takes_a_new_token(app, dana, browser_of, session):
    from helpdesk.domain.authentication import sessions

    client = browser_of(dana)
    with client.session_transaction() as cookie:
        cookie["planted"] = "by somebody"
        before = cookie["_user_id"]
    with app.test_request_context():
        pass
    from helpdesk.domain.authentication import invitations, signed_links

    _, link = invitations.invite_agent("maya@support.example", "Maya", "agent")
    session.commit()
    path = f"/sign-in/link/{signed_links.link_token(link)}"
    client.post(path, data={"csrf_token": csrf(client.get(path))})
    with client.session_transaction() as cookie:
        assert "planted" not in cookie and cookie["_user_id"] != before
    session.rollback()
    assert sessions.load_session(before) is None, "the session that was there before has ended"


def test_the_list_of_browsers_signs_out_one_or_all(browser_of, dana, make, session):
    here, there, elsewhere = browser_of(dana), browser_of(dana), browser_of(dana)
    page = here.get("/account")
    assert page.text.count("This browser") == 1 and page.text.count("/account/sessions/") == 4
    other = session.query(Session).order_by(Session.id).all()[1].id
    token = csrf(page)
    assert here.post(f"/account/sessions/{other}/delete", data={"csrf_token": token}).status_code == 303
    assert there.get("/account").status_code == 302 and elsewhere.get("/account").status_code == 200
    here.post("/account/sessions/delete", data={"csrf_token": token})
    assert elsewhere.get("/account").status_code == 302 and here.get("/account").status_code == 200
    other_person = browser_of(make.user(make.organization()))
    mine = session.query(Session).order_by(Session.id).first().id
    answer = other_person.post(
        f"/account/sessions/{mine}/delete", data={"csrf_token": csrf(other_person.get("/account"))}
    )
    assert answer.status_code == 404 and here.get("/account").status_code == 200


def test_a_deactivated_person_is_out_at_the_next_request(browser_of, dana, session):
    client = browser_of(dana)
    assert client.get("/account").status_code == 200
    users.deactivate_user(dana, actor=None)
    session.commit()
    assert client.get("/account").status_code == 302


def test_a_signed_out_fragment_says_where_to_go(client):
    answer = client.get(
        "/tickets/list", headers={"HX-Request": "true", "HX-Current-URL": "http://localhost/tickets?q=x"}
    )
    assert answer.status_code == 401 and answer.headers["HX-Redirect"] == "/sign-in?next=%2Ftickets%3Fq%3Dx"
    stream = client.get("/live", headers={"Accept": "text/event-stream"})
    assert stream.status_code == 401


def test_one_query_a_page_for_knowing_who_asks(app, browser_of, dana):
    from sqlalchemy import event

    from helpdesk import extensions

    client = browser_of(dana)
    client.get("/account/organization")
    statements = []
    note = lambda *a: statements.append(a[2])  # noqa: E731
    event.listen(extensions.db.engine, "before_cursor_execute", note)
    client.get("/account/organization")
    event.remove(extensions.db.engine, "before_cursor_execute", note)
    about_me = [s for s in statements if s.startswith("SELECT") and "sessions" in s]
    assert len(about_me) == 1 and not [s for s in statements if s.startswith(("UPDATE", "INSERT"))]


def test_being_seen_is_noted_by_people_not_by_open_pages(browser_of, dana, session, monkeypatch):
    from datetime import timedelta

    from helpdesk import clock

    client = browser_of(dana)
    row = session.query(Session).one()
    row.last_seen_at = long_ago = clock.now() - timedelta(hours=2)
    session.commit()
    client.get("/account/organization", headers={"HX-Request": "true"})
    session.expire_all()
    assert row.last_seen_at == long_ago
    client.get("/account/organization")
    session.expire_all()
    assert clock.now() - row.last_seen_at < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 303),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.test"}, 403),
        ({"Origin": "http://localhost"}, 303),
    ],
)
def test_a_form_elsewhere_changes_nothing_even_with_a_token(browser_of, dana, headers, status):
    client = browser_of(dana)
    token = csrf(client.get("/account"))
    assert client.post("/account/sessions/delete", data={"csrf_token": token}, headers=headers).status_code == status


def test_without_a_token_nothing_changes(browser_of, dana):
    client = browser_of(dana)
    assert client.post("/account/sessions/delete").status_code == 400
    assert client.post("/sign-out").status_code == 400 and client.get("/account").status_code == 200
    assert client.get("/sign-out").status_code == 405


def test_preferences(browser_of, dana, session):
    client = browser_of(dana)
    token = csrf(client.get("/account"))
    wrong = client.post("/account", data={"csrf_token": token, "name": "", "time_zone": "Mars"})
    assert wrong.status_code == 422 and "Choose a time zone" in wrong.text
    saved = client.post("/account", data={"csrf_token": token, "name": "Dana Kim", "time_zone": "Asia/Tokyo"})
    session.refresh(dana)
    assert saved.status_code == 303 and (dana.name, dana.time_zone, dana.mail_replies) == (
        "Dana Kim",
        "Asia/Tokyo",
        False,
    )


def test_a_closed_portal_is_kind_and_the_team_goes_on(browser_of, dana, make):
    from helpdesk.domain.administration import settings as chosen
    from helpdesk.extensions import db

    client, team = browser_of(dana), browser_of(make.agent())
    assert client.get("/tickets").status_code == 200
    chosen.set("portal_edition", "internal_helpdesk")
    db.session.commit()
    closed = client.get("/tickets")
    assert closed.status_code == 403 and "closed at the moment" in closed.text
    assert team.get("/tickets").status_code == 302 and client.get("/account").status_code == 200
