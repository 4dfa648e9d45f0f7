"""Every route, by the route map: security headers, CSRF tokens, and no changes by GET."""

import re

import pytest
from sqlalchemy import select

from helpdesk import extensions
from helpdesk.domain.monitoring.probes import PROBE_KEY
from tests.web.permissions_table import TABLE
from tests.web.route_world import World, csrf_of, routes

PEOPLE = ("stranger", "requester", "admin")
ICON = "/favicon.ico"  # the sandbox of a mail's preview has no origin; everybody may see the icon
PUBLICLY_KEPT = ("/static/", "/theme.css", "/logo", "/service-worker.js", "/manifest.webmanifest", ICON)
PROVEN_BY_A_TOKEN = ("/csp", "/sign-in/sso/<slug>/logout")  # of a provider, and reports of browsers
READ_MARKS = {"read_receipts", "sessions", "users"}  # what reading a page may write: that somebody was there


@pytest.fixture(params=["sqlite"])
def database_url(fresh_sqlite):
    return fresh_sqlite


@pytest.fixture
def settings():
    providers = {f"{name}_OAUTH_CLIENT_{what}": "x" for name in ("GOOGLE", "MICROSOFT") for what in ("ID", "SECRET")}
    return {**providers, "SLACK_SIGNING_SECRET": "s" * 32, "INBOUND_MAIL_SECRET": "i" * 32, "MAIL_SERVER": "127.0.0.1"}


def wrong_with(answer) -> list[str]:
    """What is missing on an answer."""
    headers, found = answer.headers, []
    policy = dict(part.strip().partition(" ")[::2] for part in headers.get("Content-Security-Policy", "").split(";"))
    if policy.get("default-src") != "'none'":
        found.append("no policy")
    if "sandbox" in policy and "script-src" not in policy:
        policy.pop("style-src", None)  # a mail is shown with its own styles, where no script runs
    if "unsafe" in str(policy) or "*" in policy.get("script-src", "") or "data:" in policy.get("script-src", ""):
        found.append("a policy with holes")
    if headers.get("X-Content-Type-Options") != "nosniff":
        found.append("may be sniffed")
    if headers.get("X-Frame-Options") != "DENY":
        found.append("may be framed")
    if "Access-Control-Allow-Origin" in headers:
        found.append("read from elsewhere")
    if headers.get("Cross-Origin-Resource-Policy") != "same-origin" and answer.request.path != ICON:
        found.append("embedded elsewhere")
    path = answer.request.path
    kept = headers.get("Cache-Control", "")
    if not path.startswith(PUBLICLY_KEPT):
        if "no-store" not in kept:  # a fragment stored earlier would have the tokens of a session that has ended
            found.append(f"kept: {kept!r}")
        if "cookie" not in headers.get("Vary", "").lower():
            found.append("the same for everybody")
    return found


def test_every_response_has_security_headers(app, browser_of, make, session):
    """Pages, fragments, files, redirects, refusals and errors alike."""
    wrong = {}
    world = World(make, session)
    for who in PEOPLE:
        client = browser_of(world.people[who])
        for route in routes(app):
            method, _, rule = route.partition(" ")
            answer = client.open(world.address(rule), method=method)  # without a token: unsafe ones are refused
            answer.close()
            if found := wrong_with(answer):
                wrong[f"{who} {route} {answer.status_code}"] = found
    assert wrong == {}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing/here", 404),
        ("GET", "/static/nothing.css", 404),
        ("GET", "/static/../config.py", 404),
        ("DELETE", "/sign-in", 405),
        ("OPTIONS", "/sign-in", 200),
        ("GET", "/api/nothing", 404),
        ("POST", "/hooks/slack/events", 401),
        ("GET", "/tickets/" + "9" * 30, 404),
        ("GET", "/tickets/%00", 404),
    ],
)
def test_every_error_response_has_security_headers(browser_of, make, method, path, status):
    answer = browser_of(make.agent()).open(path, method=method)
    assert answer.status_code == status
    assert [each for each in wrong_with(answer) if not path.startswith("/static")] == []


def test_unexpected_error_response_has_security_headers(app, browser_of, make, monkeypatch):
    """The page says a number to look for in the log, and not a word of what went wrong."""
    monkeypatch.setitem(app.view_functions, "ticket_list.show_list_fragment", lambda: 1 / 0)
    answer = browser_of(make.user(make.organization())).get("/tickets/list")
    assert answer.status_code == 500 and wrong_with(answer) == []
    assert "division" not in answer.text and "Traceback" not in answer.text


def test_unsafe_routes_need_a_csrf_token(app, browser_of, make, session):
    """But those that mail programs post to, whose address is the proof."""
    done = []
    world = World(make, session)
    client = browser_of(world.people["admin"])
    for route in routes(app):
        method, _, rule = route.partition(" ")
        if (
            method == "GET"
            or TABLE[route].startswith("proof")
            or rule in (*PROVEN_BY_A_TOKEN, "/unsubscribe/<int:thread_id>/<token>")
        ):
            continue
        answer = client.open(world.address(rule), method=method, data=world.form(route))
        if answer.status_code != 400:
            done.append(f"{route}: {answer.status_code}")
    assert done == []


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.test"}]
)
def test_unsafe_routes_refuse_other_origins_even_with_a_token(app, browser_of, make, session, headers):
    done = []
    world = World(make, session)
    client = browser_of(world.people["admin"])
    token = csrf_of(client)
    for route in routes(app):
        method, _, rule = route.partition(" ")
        if method == "GET" or TABLE[route].startswith("proof") or rule in PROVEN_BY_A_TOKEN:
            continue
        answer = client.open(
            world.address(rule), method=method, data={"csrf_token": token, **world.form(route)}, headers=headers
        )
        if answer.status_code != 403:
            done.append(f"{route}: {answer.status_code}")
    assert done == []


def test_reading_changes_nothing(app, browser_of, make, session):
    """Scanners, prefetchers and images on strange pages open addresses; none of that may do anything."""
    world = World(make, session)
    before = everything()
    for who in PEOPLE:
        client = browser_of(world.people[who])
        for route in routes(app):
            method, _, rule = route.partition(" ")
            if method == "GET":
                for method in ("HEAD", "GET"):
                    client.open(world.address(rule), method=method).close()
    after = everything()
    assert [name for name in before if before[name] != after[name] and name not in READ_MARKS] == []


def everything() -> dict[str, list]:
    """Every row of every table, except tickets' versions, which change when a customer reads, and the row that the
    probe of ``/readyz`` writes.
    """
    session = extensions.db.session
    session.rollback()
    tables = extensions.db.metadata.sorted_tables
    rows = {}
    for table in tables:
        columns = [column for column in table.columns if (table.name, column.name) != ("tickets", "version")]
        found = session.execute(select(*columns).order_by(*table.primary_key))
        rows[table.name] = [tuple(row) for row in found if (table.name, row[0]) != ("settings", PROBE_KEY)]
    session.rollback()
    return rows


def test_pages_load_no_script_or_style_from_other_sites(app, browser_of, make, session):
    """Nor a script of its own: the policy would refuse it, and somebody would be tempted to loosen the policy."""
    found = []
    world = World(make, session)
    for who in PEOPLE:
        client = browser_of(world.people[who])
        for route in routes(app):
            method, _, rule = route.partition(" ")
            if method != "GET" or "live" in rule or "previews" in rule:  # a mail's preview has the mail's own styles
                continue
            answer = client.get(world.address(rule))
            if answer.mimetype == "text/html":
                text = answer.text
                found += [
                    f"{route}: {tag}"
                    for tag in re.findall(r"<(?:script|link(?!\s+rel=\"icon\"))[^>]+(?:src|href)=\"(?!/)[^\"]*\"", text)
                ]
                found += [f"{route}: {tag}" for tag in re.findall(r"<script(?![^>]*src=)[^>]*>", text)]
                found += [f"{route}: {tag}" for tag in re.findall(r"<[^>]+\s(?:on[a-z]+|style|hx-on[^=]*)=\"", text)]
            answer.close()
    assert found == []
