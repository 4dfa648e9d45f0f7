"""Every button pressed and every form sent, of every page, as everybody: no answer is a 5xx.

The crawl opens each page it can reach and sends each form with what the page holds, with valid, empty and hostile
values. The random walk is the same with a seed; RANDOM_WALK_REQUESTS=10000 makes it long.
"""

import io
import os
import random
import re
from collections.abc import Callable

import pytest

from helpdesk import clock
from helpdesk.domain import tickets
from helpdesk.domain.integrations import api_tokens, webhooks
from helpdesk.domain.ticket_lists import saved_views
from helpdesk.domain.tickets import canned_replies
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.sign_in_connection import ConnectionDomain, SignInConnection
from helpdesk.models.user import Membership
from helpdesk.web.middleware import personal_limits
from tests.factories import signed_in_client
from tests.web import page_forms

ROLES = ("nobody", "customer", "agent", "lead", "admin")
WALK_REQUESTS = int(os.environ.get("RANDOM_WALK_REQUESTS", "150"))
PAGES_OF_ONE_KIND = 3  # addresses that differ in numbers or in the query only
FORMS_OF_ONE_KIND = 1
LEAVE_ALONE = re.compile(
    r"/sign-out|/account/sessions|/deactivation|/erase$|/second-factor|/account/viewing/delete|/check$"
    r"|/settings/maintenance$"  # every later answer would be 503
)
HOSTILE = (
    "\x00",
    "-1",
    "9" * 40,
    "²",
    "٣",
    "x" * 70_000,
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    "{{ 7 * 7 }}",
    "../../etc/passwd",
    "\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
    "\u202e\u0000\ufeff",
    "=cmd|' /C calc'!A1",
    "a@b@c",
    "0000-00-00",
    "2026-02-30",
    "1e309",
    "[" * 3_000,
    "%00%0d%0a",
    "\r\nX: y",
    "🏳️‍🌈" * 300,
)


@pytest.fixture(autouse=True)
def no_personal_limits(monkeypatch):
    limits = {name: personal_limits.Limit(limit.what, 10**9, 99) for name, limit in personal_limits.LIMITS.items()}
    monkeypatch.setattr(personal_limits, "LIMITS", limits)


@pytest.fixture
def settings():
    return {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": 9, "INBOUND_MAIL_SECRET": "s" * 20}


@pytest.fixture
def people(make, session):
    """A portal with something of everything, and one person of each role."""
    globex = make.organization("Globex", slack="C0GLOBEX")
    make.channel("C0TRIAGE")
    dana = make.user(globex, "Dana Fields")
    make.user(globex, "Erin Wolf")
    agent, lead, admin = (
        make.agent(name, role=role) for name, role in (("Maya", "agent"), ("Lee", "lead"), ("Ada", "admin"))
    )
    kinds = ("short_text", "long_text", "number", "date", "select", "multi_select", "checkbox", "url", "person", "file")
    form = make.form("everything", tuple({"key": kind, "kind": kind, "options": ["Red", "Blue"]} for kind in kinds))
    first = make.ticket(dana, form=form)
    second = make.ticket(dana, "Another printer")
    solved = make.ticket(dana, "A solved printer")
    tickets.reply(first, author=agent, body="Which printer?")
    tickets.add_note(first, author=agent, body="The old one.")
    tickets.solve(solved, actor=agent)
    tickets.assign(second, agent, actor=agent)
    canned_replies.save_reply(None, title="Hello", body="Hello {{first_name}}", actor=lead, shared=True)
    saved_views.save_view("Mine", {"q": "printer"}, owner=agent, shared=True)
    webhooks.save_webhook(
        None, name="Hook", url="https://hooks.example/x", events=["ticket.filed"], is_active=True, actor=admin
    )
    api_tokens.issue_token(name="Token", scopes=["tickets:read"], user=admin)
    session.add(Membership(user_id=dana.id, organization_id=globex.id, ticket_visibility="organization", is_admin=True))
    connection = SignInConnection(
        organization_id=globex.id,
        name="Okta",
        issuer="https://x.invalid",
        client_id="x",
        role_rules=[],
        is_active=False,
    )
    connection.domains = [ConnectionDomain(domain="globex.invalid")]
    session.add(connection)
    session.add(
        InboundEvent(
            source="email", external_id="m1", payload={}, raw=b"From: a@b.example\r\n\r\nHello", received_at=clock.now()
        )
    )
    session.commit()
    return {"nobody": None, "customer": dana, "agent": agent, "lead": lead, "admin": admin}


class Crawler:
    """One person's browser: opens pages, sends forms, and keeps every answer that is a 5xx."""

    def __init__(self, app, user):
        self.app, self.user = app, user
        self.client = signed_in_client(app, user)
        self.failures: list[str] = []
        self.requests = 0

    def open(self, path: str):
        return self._judge(self.client.get(path), "GET " + path)

    def send(self, form: page_forms.PageForm, values: dict, token: str, **options):
        return self._judge(
            page_forms.submit(self.client, form, values, token, **options), f"{form.label} {str(values)[:300]}"
        )

    def _judge(self, answer, what: str):
        self.requests += 1
        answer.get_data()  # to its end: an export is made while it is read
        answer.close()
        if answer.status_code >= 500:
            self.failures.append(f"{answer.status_code} {what}")
        if (
            answer.status_code in (302, 303)
            and (answer.location or "").startswith("/sign-in")
            and self.user is not None
        ):
            self.client = signed_in_client(self.app, self.user)  # an earlier form has signed this person out
        return answer


def kind_of(path: str) -> str:
    return re.sub(r"\d+", "N", path.partition("?")[0]) + ("?" if "?" in path else "")


def valid_values(form: page_forms.PageForm) -> dict:
    """What somebody would fill in."""
    values: dict = {name: list(given) for name, given in form.sent_values().items()}
    for control in form.controls:
        offered = [value for value in control.offered if value]
        if control.kind == "file":
            values[control.name] = (io.BytesIO(b"Name,Domains\nInitech,initech.example\n"), "list.csv")
        elif offered:
            values[control.name] = offered[-1:]
        elif control.kind in ("text", "textarea", "email", "search", "number", "date", "url") and not any(
            control.values
        ):
            values[control.name] = {
                "email": "new.person@globex.example",
                "number": "12",
                "date": "2026-12-24",
                "url": "https://docs.example/x",
            }.get(control.kind, "Some words")
    return values


def empty_values(form: page_forms.PageForm) -> dict:
    return {control.name: "" for control in form.controls if control.kind not in ("file",)}


def hostile_values(form: page_forms.PageForm, choose: random.Random) -> dict:
    """Nonsense in one control or in all; hidden ones included."""
    values: dict = {name: list(given) for name, given in form.sent_values().items() if name != "csrf_token"}
    names = [control.name for control in form.controls if control.name != "csrf_token"]
    for name in choose.sample(names, choose.randint(1, len(names))) if names else ():
        values[name] = choose.choice(HOSTILE)
    if any(control.kind == "file" for control in form.controls):
        name = next(control.name for control in form.controls if control.kind == "file")
        values[name] = (io.BytesIO(os.urandom(300)), choose.choice(HOSTILE)[:200] or "x")
    return values


def crawl(crawler: Crawler, starts: tuple[str, ...], choose: random.Random, limit: int = 100_000) -> None:
    """Open every page of a new kind, and send every form of a new kind three times."""
    waiting, pages, forms = list(starts), {}, {}
    while waiting and crawler.requests < limit:
        path = waiting.pop(0)
        if pages.setdefault(kind_of(path), 0) >= PAGES_OF_ONE_KIND:
            continue
        pages[kind_of(path)] += 1
        answer = crawler.open(path)
        if answer.mimetype != "text/html" or answer.status_code >= 400:
            continue
        page = page_forms.parse(answer)
        token = page_forms.csrf_token(page)
        waiting += page_forms.links_of(page, path)
        for form in page_forms.forms_of(page, path):
            key = (kind_of(form.label), tuple(control.name for control in form.controls))
            if forms.setdefault(key, 0) >= FORMS_OF_ONE_KIND or LEAVE_ALONE.search(form.action):
                continue
            forms[key] += 1
            for values in (empty_values(form), hostile_values(form, choose), valid_values(form)):
                values.pop("csrf_token", None)
                found = crawler.send(
                    form, values, token, headers={"HX-Request": "true"} if choose.random() < 0.3 else {}
                )
                if found.location:
                    waiting.append(found.location.removeprefix("http://localhost"))


STARTS = {
    "nobody": ("/", "/sign-in", "/sign-in/code", "/tickets"),
    "customer": ("/tickets", "/tickets/new", "/tickets/1", "/account", "/account/organization", "/desk", "/colleagues"),
}
TEAM_STARTS = (
    "/desk",
    "/tickets/1",
    "/tickets/2",
    "/review",
    "/settings",
    "/settings/replies",
    "/account",
    "/tickets/new",
)


@pytest.mark.parametrize("role", ROLES)
def test_no_button_or_form_of_any_page_is_a_5xx(role, people, app):
    crawler = Crawler(app, people[role])
    crawl(crawler, STARTS.get(role, TEAM_STARTS), random.Random(7))
    assert crawler.failures == [], "\n".join(crawler.failures)
    assert crawler.requests > (20 if role == "nobody" else 60)


def change_path(path: str, choose: random.Random) -> str:
    """The same path with another number, or with a hostile query."""
    if choose.random() < 0.5:
        return re.sub(r"\d+", lambda _: choose.choice(("0", "1", "2", "999", "9" * 19, "9" * 40)), path)
    names = (
        "q",
        "after",
        "before",
        "view",
        "status",
        "sort",
        "from",
        "to",
        "organization",
        "saved",
        "form",
        "for",
        "next",
    )
    from urllib.parse import quote

    return path.partition("?")[0] + f"?{choose.choice(names)}={quote(choose.choice(HOSTILE)[:2000])}"


def walk(people: dict, app, choose: random.Random, requests: int) -> list[str]:
    """Press, follow and send at random as everybody in turn; the failures."""
    crawlers = {role: Crawler(app, user) for role, user in people.items()}
    paths = {role: list(STARTS.get(role, TEAM_STARTS)) for role in people}
    make_values: tuple[Callable, ...] = (
        valid_values,
        lambda form: hostile_values(form, choose),
        lambda form: hostile_values(form, choose),
        empty_values,
    )
    while sum(crawler.requests for crawler in crawlers.values()) < requests:
        role = choose.choice(ROLES)
        crawler, path = crawlers[role], choose.choice(paths[role])
        if choose.random() < 0.3:
            crawler.open(change_path(path, choose))
            continue
        answer = crawler.open(path)
        if answer.mimetype != "text/html" or answer.status_code >= 400:
            paths[role] = [kept for kept in paths[role] if kept != path] or list(STARTS.get(role, TEAM_STARTS))
            continue
        page = page_forms.parse(answer)
        paths[role] = (paths[role] + page_forms.links_of(page, path))[-400:]
        forms = [form for form in page_forms.forms_of(page, path) if not LEAVE_ALONE.search(form.action)]
        for form in choose.sample(forms, min(2, len(forms))):
            values = choose.choice(make_values)(form)
            values.pop("csrf_token", None)
            crawler.send(form, values, page_forms.csrf_token(page))
    return [f"{role}: {failure}" for role, crawler in crawlers.items() for failure in crawler.failures]


def test_a_random_walk_meets_no_5xx(people, app):
    seed = int(os.environ.get("RANDOM_WALK_SEED", "13"))
    failures = walk(people, app, random.Random(seed), WALK_REQUESTS)
    assert failures == [], f"seed {seed}:\n" + "\n".join(failures)
