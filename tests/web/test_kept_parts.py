"""What is kept of a page is found by everything that it shows: each reader gets their own."""

import pytest
from bs4 import BeautifulSoup
from markupsafe import Markup

from helpdesk.domain import tickets
from helpdesk.domain.administration import settings
from helpdesk.domain.ticket_lists import saved_views
from helpdesk.domain.tickets import tags as ticket_tags
from helpdesk.domain.tickets.status import set_status
from helpdesk.domain.tickets.subject import change_subject
from helpdesk.web.middleware import csrf
from helpdesk.web.templating import kept_parts

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def nothing_kept():
    kept_parts._render.cache_clear()


def header(client, address):
    page = BeautifulSoup(client.get(address).text, "html.parser")
    return page, page.select_one(".site-header")


def test_each_reader_has_their_own_header_with_their_own_token(make, session, browser_of):
    globex = make.organization("Globex")
    people = [make.user(globex, "Dana Fields"), make.user(globex, "Sam Hill"), make.agent("Maya")]
    session.commit()
    for _ in range(2):
        for person in people:
            page, shown = header(browser_of(person), "/tickets/new")
            token = page.select_one("meta[name=csrf-token]")["content"]
            assert person.email in shown.text and person.display_name in shown.text
            assert not [other for other in people if other is not person and other.email in shown.text]
            assert {each["value"] for each in shown.select("[name=csrf_token]")} == {token}
            assert bool(shown.select(".site-search")) is person.is_team
            assert csrf.TO_FILL_IN not in str(page)
    assert kept_parts._render.cache_info().hits >= len(people)


def test_a_changed_setting_shows_at_once(make, session, browser_of):
    dana = make.user(make.organization("Globex"), "Dana Fields")
    session.commit()
    client = browser_of(dana)
    before = header(client, "/tickets")[1].select_one(".site-name").text
    settings.set("portal_name", "Care & Repair")
    session.commit()
    assert "Care & Repair" in header(client, "/tickets")[1].select_one(".site-name").text != before


@pytest.mark.parametrize(
    ("address", "current", "value"),
    [("/tickets", "/tickets", "page"), ("/tickets/new", "/tickets/new", "page"), ("/account", None, None)],
)
def test_the_header_names_the_page_of_a_customer(make, session, browser_of, address, current, value):
    dana = make.user(make.organization("Globex"), "Dana Fields")
    session.commit()
    links = header(browser_of(dana), address)[1].select("[aria-current]")
    assert [(link["href"], link["aria-current"]) for link in links] == ([(current, value)] if current else [])


def test_the_place_of_a_page(app):
    places = {
        ("/desk", True): ("/desk", True),
        ("/tickets/3", True): ("/desk", False),
        ("/desk/people/3", True): ("/desk/people", False),
        ("/settings/replies", True): ("/settings", False),
        ("/tickets/3", False): ("/tickets", False),
        ("/articles", False): ("/articles", True),
        ("/account", True): ("", False),
    }
    assert {asked: kept_parts._find_place(*asked) for asked in places} == places


def test_a_text_never_gets_what_was_kept_of_markup(app):
    with app.test_request_context("/"):
        values = {"logo_url": None, "logo_dark_url": None, "role": "", "is_team": False}
        kept_parts.render_part("site_header.html", portal_name=Markup("<b>Help</b>"), **values)
        assert "<b>" not in kept_parts.render_part("site_header.html", portal_name="<b>Help</b>", **values)


def test_two_of_the_team_have_their_own_views_and_macros(make, session, browser_of):
    maya, noor = make.agent("Maya"), make.agent("Noor")
    for agent in (maya, noor):
        filters = {"view": "all", "q": f"words of {agent.name}"}
        saved_views.save_view(f"View of {agent.name}", filters, owner=agent, shared=False)
    session.commit()
    for _ in range(2):
        for agent, other in ((maya, noor), (noor, maya)):
            text = browser_of(agent).get("/desk").text
            assert f"View of {agent.name}" in text and f"words+of+{agent.name}" in text
            assert f"View of {other.name}" not in text
            page = BeautifulSoup(browser_of(agent).get(f"/desk?view=all&q=only+{agent.name}").text, "html.parser")
            assert page.select_one("#queue-search")["value"] == f"only {agent.name}"
            token = page.select_one("meta[name=csrf-token]")["content"]
            assert {each["value"] for each in page.select("[name=csrf_token]")} == {token}


def test_each_reader_of_a_ticket_has_their_own_sidebar(make, session, browser_of):
    globex = make.organization("Globex")
    dana, sam = make.user(globex, "Dana Fields"), make.user(globex, "Sam Hill")
    maya, noor = make.agent("Maya"), make.agent("Noor")
    ticket = make.ticket(dana)
    ticket_tags.change_tags(ticket, add=["fragile"], actor=maya)
    session.commit()
    for _ in range(2):
        for reader in (maya, dana, noor, sam):
            page = BeautifulSoup(browser_of(reader).get(f"/tickets/{ticket.number}").text, "html.parser")
            facts = page.select_one("#facts")
            token = page.select_one("meta[name=csrf-token]")["content"]
            assert {each["value"] for each in facts.select("[name=csrf_token]")} == {token}
            assert ("fragile" in facts.text) is bool(facts.select(".controls")) is reader.is_team
            assert [each["value"] for each in facts.select("input[name=assignee]")] == [str(reader.id)] * reader.is_team
            follow = [str(sam.id)] if reader is sam else []
            assert [each["value"] for each in facts.select("input[name=user]")] == follow
    tickets.assign(ticket, maya, actor=maya)
    session.commit()
    facts = BeautifulSoup(browser_of(maya).get(f"/tickets/{ticket.number}/facts").text, "html.parser")
    assert not facts.select("input[name=assignee]")
    assert facts.select_one("#set-assignee option[selected]")["value"] == str(maya.id)


def test_each_composer_is_of_its_reader_and_has_a_token_of_its_own(make, session, browser_of):
    dana = make.user(make.organization("Globex"), "Dana Fields")
    other, maya = make.user(make.organization("Initech"), "Ola"), make.agent("Maya")
    first, second = make.ticket(dana), make.ticket(other)
    session.commit()
    shown = {}
    for reader, ticket in ((dana, first), (maya, first), (other, second), (dana, first), (maya, second)):
        page = BeautifulSoup(browser_of(reader).get(f"/tickets/{ticket.number}").text, "html.parser")
        composer = page.select_one("#composer")
        shown[composer.select_one("[name=form_token]")["value"]] = composer
        assert composer.form["action"] == f"/tickets/{ticket.number}/replies"
        assert composer.select_one("[name=csrf_token]")["value"] == page.select_one("[name=csrf-token]")["content"]
        assert bool(composer.select("[data-send=note]")) is reader.is_team
        assert not [sign for sign in kept_parts.SIGNS.values() if sign in str(page)]
        assert ("Globex" in composer.text) is (ticket is first) and ("Initech" in composer.text) is (ticket is second)
    assert len(shown) == 5 and not set(kept_parts.SIGNS.values()) & set(shown)


def test_what_is_written_into_a_composer_is_not_kept(make, session, browser_of):
    dana = make.user(make.organization("Globex"), "Dana Fields")
    ticket = make.ticket(dana, body="It really is on fire.")
    session.commit()
    client, address = browser_of(dana), f"/tickets/{ticket.number}"
    for asked, typed in (("", ""), (f"?quote={ticket.messages[0].id}", "> It really is on fire."), ("", "")):
        page = BeautifulSoup(client.get(address + asked).text, "html.parser")
        assert page.select_one("#composer textarea").text.strip() == typed


def test_the_header_of_a_ticket_shows_each_change(make, session, browser_of):
    dana, maya = make.user(make.organization("Globex"), "Dana Fields"), make.agent("Maya")
    ticket = make.ticket(dana, "Scanner")
    session.commit()
    readers = {person: browser_of(person) for person in (dana, maya)}

    def heads() -> list[str]:
        pages = (client.get(f"/tickets/{ticket.number}").text for client in readers.values())
        return [BeautifulSoup(page, "html.parser").select_one("#ticket-header").text for page in pages]

    before = heads()
    assert before == heads() and all("Scanner" in head for head in before)
    change_subject(ticket, "Printer & label", actor=maya, shown="Scanner")
    set_status(ticket, "solved", actor=maya)
    session.commit()
    assert all("Printer & label" in head and "Reopen" in head and "Scanner" not in head for head in heads())


def test_each_list_has_its_own_filters(make, session, browser_of):
    globex = make.organization("Globex")
    dana, lee = make.user(globex, "Dana Fields"), make.user(globex, "Lee", ticket_visibility="own")
    make.ticket(dana, "Scanner")
    session.commit()
    for _ in range(2):
        for reader, own in ((dana, False), (lee, True)):
            page = BeautifulSoup(browser_of(reader).get("/tickets?q=beeps").text, "html.parser")
            assert (
                page.select_one("[name=q]")["value"] == "beeps"
                and bool(page.select("#ticket-list .segmented")) is not own
            )
            page = BeautifulSoup(browser_of(reader).get("/tickets").text, "html.parser")
            assert not page.select_one("[name=q]")["value"]
            assert bool(page.select("#filter-requester")) is not own
    wrong = BeautifulSoup(browser_of(dana).get("/tickets?from=yesterday").text, "html.parser")
    assert wrong.select_one("#filter-from-error") and wrong.select_one("[name=from]")["value"] == "yesterday"
