"""Every route of the app, walked by everybody, against one table. ``tests/web/permissions_table.py`` is the table."""

import re

import pytest
from sqlalchemy import update

from helpdesk.models.session import Session
from helpdesk.models.webhook import Webhook
from tests.web.permissions_table import TABLE
from tests.web.route_world import World, csrf_of, routes

WHO = ("stranger", "outsider", "requester", "agent", "lead", "admin")


@pytest.fixture(params=["sqlite"])
def database_url(fresh_sqlite):
    return fresh_sqlite


@pytest.fixture
def settings():
    providers = {f"{name}_OAUTH_CLIENT_{what}": "x" for name in ("GOOGLE", "MICROSOFT") for what in ("ID", "SECRET")}
    return {**providers, "SLACK_SIGNING_SECRET": "s" * 32, "INBOUND_MAIL_SECRET": "i" * 32, "MAIL_SERVER": "127.0.0.1"}


@pytest.fixture
def world(make, session):
    return World(make, session)


def send_request(browser_of, world, who: str, route: str):
    """What ``who`` is answered at ``route``."""
    method, _, rule = route.partition(" ")
    client = browser_of(world.people[who])
    form = {"csrf_token": csrf_of(client), **world.form(route)} if method != "GET" else None
    answer = client.open(world.address(rule), method=method, data=form)
    answer.close()
    return answer


def word(answer) -> str:
    """What an answer means, in the table's terms."""
    if answer.status_code >= 500:
        return str(answer.status_code)
    if answer.status_code in (302, 303) and answer.headers["Location"].partition("?")[0] == "/sign-in":
        return "in" if answer.request.path in ("/", "/sign-out") else "sign-in"
    return {401: "proof", 403: "refused", 404: "hidden"}.get(answer.status_code, "in")


def test_every_route_is_in_the_table_and_every_row_has_a_route(app):
    there = set(routes(app))
    assert sorted(there - set(TABLE)) == [], "add a row for each to tests/web/permissions_table.py"
    assert sorted(set(TABLE) - there) == [], "rows without a route"


def test_everybody_gets_what_the_table_says(browser_of, make, session):
    wrong = {}
    reading = World(make, session)
    for route, words in TABLE.items():
        world = reading
        if not route.startswith("GET "):
            # The webhooks of earlier worlds would be notified of every later ticket.
            session.execute(update(Webhook).values(is_active=False))
            world = World(make, session)  # what one route changes, the next must not meet
        expected = dict(zip(WHO, words.split(), strict=True))
        found = {who: word(send_request(browser_of, world, who, route)) for who in WHO}
        if found != expected:
            wrong[route] = {who: f"{found[who]}, not {expected[who]}" for who in WHO if found[who] != expected[who]}
    assert wrong == {}


def test_somebody_looking_as_a_customer_changes_nothing(app, browser_of, world, session):
    """Read-only means every unsafe route, also those that are written tomorrow."""
    may = {"POST /account/viewing/delete", "POST /sign-out"}
    for route in routes(app):
        method, _, rule = route.partition(" ")
        if method == "GET" or route in may or TABLE.get(route, "").startswith("proof") or rule == "/csp":
            continue
        client = browser_of(world.people["admin"])
        row = session.query(Session).filter_by(user_id=world.people["admin"].id).order_by(Session.id.desc()).first()
        row.impersonated_organization_id = world.parameters["organization_id"]
        session.commit()
        token = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/tickets").text)[1]
        answer = client.open(world.address(rule), method=method, data={"csrf_token": token, **world.form(route)})
        assert answer.status_code in (403, 404), (route, answer.status_code)


def test_a_strange_tickets_page_is_the_page_of_a_ticket_that_never_was(browser_of, world):
    client = browser_of(world.people["outsider"])
    number = world.parameters["number"]
    client.get("/account")  # the first page of all sets the cookie
    there, never = client.get(f"/tickets/{number}"), client.get(f"/tickets/{number + 1000}")
    plain = [re.sub(r'(csrf-token" content|csrf_token" value)="[^"]+"', "", answer.text) for answer in (there, never)]
    assert there.status_code == never.status_code == 404 and plain[0] == plain[1]
    assert sorted(there.headers.keys()) == sorted(never.headers.keys())
