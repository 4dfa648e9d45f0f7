"""Lists of names are in the order that people expect, with É beside E and in any case, on both databases."""

from contextlib import contextmanager

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import event, text
from sqlalchemy.engine import Engine

from helpdesk.domain.people import organizations, users
from helpdesk.domain.ticket_lists import saved_views
from helpdesk.domain.tickets import canned_replies, tags
from helpdesk.markup.name_order import name_key
from helpdesk.models.article import Article

IN_ORDER = [
    "alpha",
    "Ändern",
    "Beta",
    "Elan",
    "Émile",
    "emir",
    "Łódź",
    "Oslo",
    "Øster",
    "Zeta",
    "Борис",
    "яна",
    "さくら",
]
GIVEN = sorted(IN_ORDER)


def listed(html: str, selector: str) -> list[str]:
    """The names of IN_ORDER among the elements, in their order."""
    found = [each.get_text(" ", strip=True) for each in BeautifulSoup(html, "html.parser").select(selector)]
    return [name for each in found for name in IN_ORDER if each == name or each.startswith(f"{name} ")]


@contextmanager
def recorded():
    """The statements that are executed in the block, with their values."""
    found = []

    def note(_connection, _cursor, statement, values, _context, _many):
        if statement.startswith("SELECT"):
            found.append((statement, values))

    event.listen(Engine, "before_cursor_execute", note)
    yield found
    event.remove(Engine, "before_cursor_execute", note)


@pytest.fixture
def admin(make):
    return make.agent("Zoe", role="admin")


def test_names_are_compared_as_people_read_them():
    assert sorted(GIVEN, key=name_key) == IN_ORDER
    assert sorted(["b", "a b", "A", "á", "a"], key=name_key) == ["A", "a", "á", "a b", "b"]


def test_organizations_are_listed_by_name(make, session, admin, browser_of):
    made = {name: make.organization(name, f"o{place}.example") for place, name in enumerate(GIVEN)}
    session.commit()
    assert [each.name for each in organizations.search_organizations()] == IN_ORDER
    pages, after = [], 0
    while found := organizations.search_organizations(after=after, size=4):
        pages += [each.name for each in found]
        after = found[-1].id
    assert pages == IN_ORDER
    client, ticket = browser_of(admin), make.ticket(make.user(make.organization("Home"), "Kim"))
    session.commit()
    for address, selector in (
        ("/settings/organizations", "th a"),
        ("/settings/portal", "select option"),
        ("/settings/service-levels", "select option"),
        ("/desk", "select[name=organization] option"),
        (f"/tickets/{ticket.number}/move", "select option"),
        (f"/settings/organizations/{made['Zeta'].id}/merge", "select option"),
    ):
        shown = listed(client.get(address).text, selector)
        wanted = [name for name in IN_ORDER if name != "Zeta" or "merge" not in address]
        assert shown[: len(wanted)] == wanted, address


def test_an_index_has_the_order_of_organizations(make, session):
    found = [make.organization(f"Company {number:03}") for number in range(60)]
    session.commit()
    for after in (0, found[30].id):
        with recorded() as statements:
            organizations.search_organizations(after=after, size=5)
        assert len(statements) == 2, "and that of their domains"
        session.rollback()
        is_postgresql = session.get_bind().dialect.name == "postgresql"
        if is_postgresql:
            session.execute(text("SET LOCAL enable_seqscan = off"))
            session.execute(text("SET LOCAL enable_sort = off"))
        explain = "EXPLAIN" if is_postgresql else "EXPLAIN QUERY PLAN"
        statement, values = statements[0]
        plan = str(session.connection().exec_driver_sql(f"{explain} {statement}", values).all())
        assert "ix_organizations_by_name" in plan and "TEMP B-TREE" not in plan, plan
        session.rollback()


def test_the_pages_of_the_list_go_on_where_the_last_ended(make, session, admin, browser_of):
    names = [f"{sign}{number:02}" for number in range(20) for sign in ("é", "f", "Ö", "z")]
    for place, name in enumerate(names):
        make.organization(name, f"p{place}.example")
    session.commit()
    client, found, address = browser_of(admin), [], "/settings/organizations"
    while address:
        page = BeautifulSoup(client.get(address).text, "html.parser")
        found += [each.get_text(strip=True) for each in page.select("th a[href^='/settings/organizations/']")]
        more = page.select_one("a[href*='after=']")
        address = more and more["href"]
    assert [name for name in found if name in names] == sorted(names, key=name_key)


def test_people_are_listed_by_name(make, session, admin, browser_of):
    globex = make.organization("Globex", "globex.example")
    for place, name in enumerate(GIVEN):
        make.user(globex, name, email=f"u{99 - place}@globex.example")
        make.agent(name, email=f"a{99 - place}@us.example")
    ticket = make.ticket(make.user(globex, "Kim"))
    session.commit()
    assert [each.name for each in users.list_members(globex) if each.name != "Kim"] == IN_ORDER
    client = browser_of(admin)
    for address, selector in (
        ("/settings/team", "li a .bold"),
        (f"/settings/organizations/{globex.id}", "li a .bold"),
        ("/desk", "select[name=assignee] option"),
        (f"/tickets/{ticket.number}", "select[name=assignee] option"),
        (f"/tickets/{ticket.number}/requester", "select option"),
        ("/review", "select[name=assignee] option"),
    ):
        shown = listed(client.get(address).text, selector)
        assert shown[: len(IN_ORDER)] == IN_ORDER, address
    kim = browser_of(ticket.requester)
    assert listed(kim.get("/tickets").text, "select[name=requester] option") == IN_ORDER
    assert listed(kim.get(f"/tickets/{ticket.number}").text, "select option") == IN_ORDER


def test_tags_macros_views_and_articles_are_listed_by_name(make, session, admin, browser_of):
    ticket = make.ticket(make.user(make.organization("Globex")))
    tags.change_tags(ticket, actor=admin, add=[name.lower() for name in GIVEN])
    for place, name in enumerate(GIVEN):
        canned_replies.save_reply(None, actor=admin, title=name, body="Hello.", shared=True)
        saved_views.save_view(name, {"status": "open", "q": str(place)}, owner=admin)
        session.add(Article(title=name, body="Words.", category="", language="en", published_at=ticket.created_at))
    session.commit()
    client, lower = browser_of(admin), [name.lower() for name in IN_ORDER]
    for address, selector, wanted in (
        ("/settings/tags", "th a", lower),
        ("/desk", "select[name=tag] option", lower),
        ("/desk", "nav a", IN_ORDER),
        (f"/tickets/{ticket.number}", "select option", IN_ORDER),
        ("/settings/articles", "th a", IN_ORDER),
        ("/articles", "li a", IN_ORDER),
    ):
        page = BeautifulSoup(client.get(address).text, "html.parser")
        shown = [name for each in page.select(selector) if (name := each.get_text(" ", strip=True)) in wanted]
        assert shown[: len(wanted)] == wanted, address
