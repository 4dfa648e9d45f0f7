"""Pages that are rendered in pieces, and what keeps their text narrow."""

import pytest
from flask import render_template

from helpdesk.domain.tickets import reactions
from helpdesk.web.templating import page_rendering

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WORDS = "Søren’s 👍"


def test_a_rendered_page_is_the_encoded_text_of_its_template(app):
    with app.test_request_context("/articles"):
        page = page_rendering.render_page("portal/articles.html", articles=[], words=WORDS)
        text = render_template("portal/articles.html", articles=[], words=WORDS)
    assert page.decode() == text
    assert WORDS in text


def test_the_offered_reactions_make_no_page_wider(make, session, browser_of):
    dana = make.user(make.organization("Globex"), "Dana Fields")
    ticket = make.ticket(dana, "Scanner")
    session.commit()
    page = browser_of(dana).get(f"/tickets/{ticket.number}").text
    assert max(page) <= "\uffff"
    assert f'value="&#{ord(reactions.CHOICES[0])};"' in page
