"""A form that makes something makes one thing, also if it is sent twice: without scripts a double click does that."""

import re

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import func, select

from helpdesk.domain.authentication import signed_links
from helpdesk.extensions import Base
from helpdesk.models.sign_in_link import SignInLink
from tests.web.route_world import World, routes

PAGES = re.compile(r"^/(settings|desk/people|desk/views|desk$|colleagues|account|review)\b(?!.*\.csv$)")
LEAVES = re.compile(
    r"/(delete|viewing|erase|deactivation|revocation|merge|second-factor)\b"
)  # nothing is made after them
# What is no thing that somebody made: traces, mails, what jobs have to do.
TRACES = {
    "access_checks",
    "audit_entries",
    "background_jobs",
    "drafts",
    "deliveries",
    "inbound_events",
    "operations",
    "sessions",
    "settings",
    "sign_in_requests",
}
CHOSEN = {
    "/settings/connections": {"issuer": "https://login.example.com", "client_secret": "secret"},
    "/settings/rules": {"assign": "", "reply_id": "", "reply_author_id": ""},
    "/settings/team/invitations": {"email": "colleague@support.example"},
}
TYPED = {"url": "https://example.com/hook", "email": "new@customer.example", "number": "5", "date": "2030-01-01"}


@pytest.fixture(params=["sqlite"])
def database_url(fresh_sqlite):
    return fresh_sqlite


def count_rows(session) -> dict[str, int]:
    session.rollback()
    tables = [table for table in Base.metadata.sorted_tables if table.name not in TRACES]
    counted = {table.name: session.scalar(select(func.count()).select_from(table)) for table in tables}
    session.rollback()
    return counted


def parse(answer) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html.parser")


def fill(form) -> dict[str, list[str]]:
    """The form's fields as somebody might fill them in who wants it to be accepted."""
    data: dict[str, list[str]] = {}
    for field in form.select("input[name], textarea[name], select[name]"):
        name, kind = field["name"], field.get("type", "text")
        if field.name == "select":
            values = [each.get("value", each.text) for each in field.select("option")]
            chosen = [each.get("value", each.text) for each in field.select("option[selected]")]
            data[name] = [value for value in chosen if value] or [value for value in values if value][:1] or [""]
        elif kind in ("checkbox", "radio"):
            if field.has_attr("checked") or (kind == "radio" and name not in data) or name in ("scopes", "events"):
                data[name] = [*([] if kind == "radio" else data.get(name, [])), field.get("value", "on")]
        elif kind == "hidden" or field.get("value"):
            data[name] = [field.get("value", "")]
        elif field.has_attr("required") or name in ("name", "title", "label", "url", "organization"):
            data[name] = [TYPED.get(kind, "made-twice")]
    return data


def find_forms(client, world, app):
    """Each form of the pages once, with its fields."""
    seen = set()
    for route in routes(app):
        method, _, rule = route.partition(" ")
        if method != "GET" or not PAGES.search(rule):
            continue
        answer = client.get(world.address(rule))
        if answer.status_code != 200 or not answer.mimetype.startswith("text/html"):
            continue
        page = parse(answer)
        token = page.select_one('meta[name="csrf-token"]')
        for form in page.select("form[method=post]"):
            action = form.get("action") or world.address(rule)
            if action not in seen and PAGES.search(action) and not LEAVES.search(action):
                seen.add(action)
                yield (
                    world.address(rule),
                    action,
                    fill(form) | CHOSEN.get(action, {}) | ({"csrf_token": [token["content"]]} if token else {}),
                )


def test_a_form_sent_twice_makes_one_thing(app, browser_of, make, session):
    world = World(make, session)
    session.commit()
    client = browser_of(world.people["admin"])
    makers, doubled, showing = set(), [], set()
    for page, action, data in list(find_forms(client, world, app)):
        before = count_rows(session)
        headers = {"Referer": f"http://localhost{page}"}
        first = client.post(action, data=data, headers=headers)
        between = count_rows(session)
        made = {name for name, number in between.items() if number > before[name]}
        if not made or first.status_code >= 400:
            continue
        makers.add(action)
        second = client.post(action, data=data, headers=headers)
        after = count_rows(session)
        if any(after[name] > between[name] for name in made):
            doubled.append(f"{action}: {sorted(made)}")
        elif secrets := [each.text for each in parse(first).select("pre.copy[id]:not([id=webhook-secret])")]:
            showing.add(action)
            assert [each.text for each in parse(second).select("pre.copy[id]:not([id=webhook-secret])")] == secrets, (
                action
            )
        elif "sent_once" in data:
            assert second.status_code in (204, 303) and client.get(second.location).status_code == 200, action
    assert doubled == []
    # The answer is the only one that the browser shows, and the secret stands in it this once.
    assert showing == {"/settings/api-tokens", "/settings/connections/1/tokens"}
    assert makers >= {
        "/desk/people",
        "/review/reports",
        "/review/scorecard",
        "/settings/api-tokens",
        "/settings/articles",
        "/settings/connections",
        "/settings/connections/1/tokens",
        "/settings/forms",
        "/settings/forms/1/fields",
        "/settings/organizations",
        "/settings/replies",
        "/settings/rules",
        "/settings/service-levels/holidays",
        "/settings/team/invitations",
        "/settings/webhooks",
    }


def test_an_invitation_that_is_sent_twice_shows_the_same_link_while_no_mail_can_be_sent(browser_of, make, session):
    client = browser_of(make.agent(role="admin"))
    [form] = parse(client.get("/settings/team")).select("form[action='/settings/team/invitations']")
    data = fill(form) | {"email": ["colleague@support.example"]}
    first, second = (parse(client.post(form["action"], data=data)).select_one("#invitation-link") for _ in range(2))
    assert first.text == second.text
    links = session.scalars(select(SignInLink)).all()
    assert len(links) == 1 and first.text.endswith(signed_links.link_token(links[0]))
    session.rollback()
    data["name"] = ["Colleague"]  # who went back and changed their words sends another invitation
    assert parse(client.post(form["action"], data=data)).select_one("#invitation-link").text != first.text
