"""Messages and events of a conversation are rendered once, and never for somebody who should see something else."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from helpdesk import clock
from helpdesk.domain import tickets
from helpdesk.web.middleware import csrf
from helpdesk.web.templating import timeline_rows

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def nothing_kept():
    timeline_rows._render_message.cache_clear()
    timeline_rows._render_event.cache_clear()


@pytest.fixture
def dana(make):
    make.channel("C0TRIAGE")
    return make.user(make.organization("Globex", slack="C0GLOBEX"), "Dana Fields")


@pytest.fixture
def agent(make):
    return make.agent("Maya")


@pytest.fixture
def filed_ticket(make, dana, session):
    ticket = make.ticket(dana)
    session.commit()
    return ticket


def articles(client, ticket):
    page = BeautifulSoup(client.get(f"/tickets/{ticket.number}").text, "html.parser")
    return page, page.select("article.message")


def test_each_reader_gets_their_own_and_a_second_look_renders_nothing(filed_ticket, agent, dana, session, browser_of):
    tickets.reply(filed_ticket, author=agent, body="It is *repaired*.")
    tickets.add_note(filed_ticket, author=agent, body="Only for us.")
    session.commit()
    for _ in range(2):
        _, of_agent = articles(browser_of(agent), filed_ticket)
        _, of_dana = articles(browser_of(dana), filed_ticket)
        assert ["data-mine" in each.attrs for each in of_agent] == [False, True, True]
        assert ["data-mine" in each.attrs for each in of_dana] == [True, False]
        assert len(of_agent[0].select(".deliveries")) == 1 and not of_dana[0].select(".deliveries")
    info = timeline_rows._render_message.cache_info()
    assert (info.misses, info.hits) == (6, 4), "five, and one anew: by then Dana has seen it"


def test_kept_forms_carry_the_token_of_whoever_reads(filed_ticket, dana, browser_of):
    for client in (browser_of(dana), browser_of(dana)):
        for _ in range(2):
            page, (message,) = articles(client, filed_ticket)
            token = page.select_one("meta[name=csrf-token]")["content"]
            assert [each["value"] for each in message.select("[name=csrf_token]")] == [token]
            assert csrf.TO_FILL_IN not in str(page)
    assert timeline_rows._render_message.cache_info().misses == 1


def test_what_changes_is_rendered_again(filed_ticket, agent, dana, session, browser_of):
    reply = tickets.reply(
        filed_ticket, author=agent, body="First words.", release_at=clock.now() + timedelta(minutes=5)
    )
    session.commit()
    client = browser_of(dana)
    assert "First words" in articles(client, filed_ticket)[1][1].text
    tickets.edit_message(reply, editor=agent, body="Better words.")
    session.commit()
    assert "Better words" in (text := articles(client, filed_ticket)[1][1].text) and "edited" in text
    dana.time_zone = "Pacific/Auckland"
    session.commit()
    assert re.search("NZ[DS]T", str(articles(client, filed_ticket)[1][1].select_one("time")["title"]))
    tickets.delete_message(reply, editor=agent)
    session.commit()
    assert "was deleted" in articles(client, filed_ticket)[1][1].text


def test_templates_of_what_is_kept_name_nothing_else(app):
    folder = Path(app.root_path, app.template_folder, "tickets")
    for name in ("_message.html", "_event.html"):
        assert not re.search(r"current_user|request\b|session\b|\bnow\(|\bg\.|format_time", (folder / name).read_text())
