"""A mail is in its reader's language, Slack and what is stored are in the team's."""

import pytest

from helpdesk.channels.email.render import reading_language
from helpdesk.channels.slack.render import blocks, web_api_calls
from helpdesk.domain import tickets
from helpdesk.domain.administration import settings as chosen
from helpdesk.domain.authentication import magic_links
from helpdesk.domain.people.reader_language import in_team_language, use_team_language
from helpdesk.models.delivery import Delivery, DeliveryKind
from helpdesk.models.thread import Thread
from helpdesk.translation import current_code, gettext, use_language
from tests.catalogues import write_catalogue  # noqa: F401, a fixture

GERMAN = """msgid "Open the ticket: %(address)s"
msgstr "Anfrage öffnen: %(address)s"

msgid "You filed this ticket."
msgstr "Sie haben diese Anfrage gestellt."

msgid "Take it"
msgstr "Übernehmen"
"""


@pytest.fixture
def database_url(fresh_sqlite):
    return fresh_sqlite


@pytest.fixture
def settings():
    return {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": 9}


@pytest.fixture(autouse=True)
def languages(write_catalogue):  # noqa: F811
    write_catalogue("de", GERMAN)
    write_catalogue("fr", "")


@pytest.fixture
def ticket(make, session):
    globex = make.organization("Globex", slack="C0GLOBEX")
    make.channel("C0TRIAGE")
    filed = make.ticket(make.user(globex, "Dana Fields"))
    tickets.reply(filed, author=make.agent("Maya"), body="Which printer?")
    session.commit()
    return filed


def mail_to_requester(session, ticket) -> Delivery:
    thread = session.query(Thread).filter_by(ticket_id=ticket.id, user_id=ticket.requester_id).one()
    return session.query(Delivery).filter_by(thread_id=thread.id, kind=DeliveryKind.message).one()


def test_person_then_organization_then_installation(ticket, session):
    mail = mail_to_requester(session, ticket)
    assert reading_language.find_language(mail) == "en"
    chosen.set("language", "fr")
    assert reading_language.find_language(mail) == "fr"
    ticket.organization.language = "de"
    assert reading_language.find_language(mail) == "de"
    ticket.requester.language = "en"
    assert reading_language.find_language(mail) == "en"


def test_a_mail_is_written_in_it(ticket, session):
    from email import message_from_bytes, policy

    from helpdesk.channels.email import render

    ticket.requester.language = "de"
    session.commit()
    with use_language("fr"):  # whatever the language of the worker
        content = render.render_mail(mail_to_requester(session, ticket)).content
    read = message_from_bytes(content, policy=policy.default)
    text, html = (read.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert "Anfrage öffnen: http" in text and "Sie haben diese Anfrage gestellt." in text
    assert '<html lang="de" dir="ltr">' in html


def test_a_sign_in_mail_is_in_the_language_of_the_page(ticket, session):
    with use_language("de"):
        magic_links.request_link(ticket.requester.email, browser_token="b" * 43)
    session.commit()
    mail = session.query(Delivery).filter_by(kind=DeliveryKind.sign_in).one()
    assert reading_language.find_language(mail) == "de"


def test_a_card_is_in_the_teams_language(ticket, session):
    chosen.set("language", "de")
    session.commit()
    card = session.query(Delivery).filter_by(kind=DeliveryKind.card).first()
    with use_team_language():
        shown = str(blocks.card_message(web_api_calls.card_values(session.get(Delivery, card.id).thread)))
    assert "Übernehmen" in shown
    with use_language("fr"):
        assert in_team_language(lambda: (current_code(), gettext("Take it")))() == ("de", "Übernehmen")
        assert current_code() == "fr"
