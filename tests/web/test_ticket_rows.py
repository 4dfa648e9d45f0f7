"""A row of a list is rendered once for what it shows, in the language and on the clock of its reader."""

import json

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


def test_a_refresh_of_the_queue_sends_only_the_rows_that_the_page_does_not_have(make, session, app):
    dana = make.user(make.organization("Globex"), "Dana Fields")
    scanner, _printer = make.ticket(dana, "The scanner beeps"), make.ticket(dana, "The printer smokes")
    session.commit()
    client = signed_in_client(app, make.agent("Maya"))

    def refresh(known, etag):
        answer = client.get("/desk/queue", headers={"Known-Rows": known, "If-None-Match": etag})
        rows = page_forms.parse(answer).select("#queue li")
        same = [row["id"] for row in rows if "data-same" in row.attrs and not row.text]
        return answer, [row["id"] for row in rows if row["id"] not in same], same

    def known_rows(answer):
        return json.loads(page_forms.parse(answer).select_one("#queue")["hx-headers"])["Known-Rows"]

    whole, sent, same = refresh("", "")
    assert len(sent) == 2 and not same and known_rows(whole) == known_rows(client.get("/desk"))
    answer, sent, same = refresh(known_rows(whole), "")
    assert len(same) == 2 and not sent and known_rows(answer) == known_rows(whole)
    assert answer.headers["ETag"] == whole.headers["ETag"], "what the page has is no part of the version"
    assert len(answer.data) < len(whole.data) / 2
    assert refresh(known_rows(whole), whole.headers["ETag"])[0].status_code == 304
    scanner.subject = "The scanner hums"
    session.commit()
    answer, sent, same = refresh(known_rows(whole), whole.headers["ETag"])
    assert (answer.status_code, sent, len(same)) == (200, [f"ticket-{scanner.number}"], 1)
    assert "The scanner hums" in answer.text


def test_the_views_are_not_sent_again_unchanged(make, session, app):
    dana = make.user(make.organization("Globex"), "Dana Fields")
    client = signed_in_client(app, make.agent("Maya"))
    seen = {"If-None-Match": client.get("/desk/views").headers["ETag"]}
    assert client.get("/desk/views", headers=seen).status_code == 304
    make.ticket(dana, "The scanner beeps")
    session.commit()
    assert client.get("/desk/views", headers=seen).status_code == 200
