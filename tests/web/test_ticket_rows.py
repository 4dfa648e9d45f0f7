"""A row of a list is rendered once for what it shows, in the language and on the clock of its reader."""

import pytest

from helpdesk.web.templating import ticket_rows
from tests.factories import signed_in_client
from tests.web import page_forms

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
GERMAN = """
msgctxt "ticket status"
msgid "Received"
msgstr "Eingegangen"

msgid "Open"
msgstr "Offen"

msgid "Nobody"
msgstr "Niemand"
"""


def test_each_reader_has_rows_in_their_language(make, session, app, write_catalogue):
    write_catalogue("de", GERMAN)
    globex = make.organization("Globex")
    dana, otto = make.user(globex, "Dana Fields"), make.user(globex, "Otto Blum", language="de")
    agent, agent_in_german = make.agent("Maya"), make.agent("Nora", language="de")
    make.ticket(dana, "The scanner beeps")
    session.commit()
    for person, sentence in ((dana, "Received"), (otto, "Eingegangen"), (dana, "Received")):
        rows = signed_in_client(app, person).get("/tickets/list").text
        assert f"</svg>{sentence}</span>" in rows
    for person, sentence in ((agent, "Nobody"), (agent_in_german, "Niemand"), (agent, "Nobody")):
        rows = signed_in_client(app, person).get("/desk/queue?view=all").text
        assert f'title="{sentence}"' in rows


def test_a_row_is_rendered_again_only_when_it_shows_something_else(make, session, app):
    dana = make.user(make.organization("Globex"), "Dana Fields")
    ticket = make.ticket(dana, "The scanner beeps")
    make.ticket(dana, "The printer smokes")
    session.commit()
    client = signed_in_client(app, dana)
    client.get("/tickets/list")
    before = ticket_rows._render_list_row.cache_info().misses
    assert "The scanner beeps" in client.get("/tickets/list").text
    assert ticket_rows._render_list_row.cache_info().misses == before
    ticket.subject = "The scanner <b>hums</b>"  # though its version stays
    dana.name = "Dana Meadows"
    session.commit()
    page = client.get("/tickets/list").text
    assert "The scanner &lt;b&gt;hums&lt;/b&gt;" in page and "The scanner beeps" not in page
    assert page.count("<bdi>Dana Meadows</bdi>") == 2


def test_the_icons_of_other_tickets_are_in_each_readers_language(make, session, app, write_catalogue):
    write_catalogue("de", 'msgctxt "ticket status"\nmsgid "Open"\nmsgstr "Offen"\n')
    dana = make.user(make.organization("Globex"), "Dana Fields")
    make.ticket(dana, "The printer smokes")
    ticket = make.ticket(dana, "The scanner beeps")
    agent, agent_in_german = make.agent("Maya"), make.agent("Nora", language="de")
    session.commit()
    for person, label in ((agent, "Open"), (agent_in_german, "Offen"), (agent, "Open")):
        page = page_forms.parse(signed_in_client(app, person).get(f"/tickets/{ticket.number}"))
        assert page.select_one("#facts .other-tickets .status")["title"] == label
