"""A request is answered in the person's language, else the browser's, the organization's, the installation's."""

import pytest

from helpdesk import translation
from helpdesk.domain.administration import settings
from helpdesk.domain.people.reader_language import get_reader_language
from tests.factories import signed_in_client

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def languages(write_catalogue):
    for code in ("de", "fr", "ar"):
        write_catalogue(code, "")


def language_of(client, **headers) -> str:
    html = client.get("/account", headers={name.replace("_", "-"): text for name, text in headers.items()}).text
    return " ".join(html.split("<html", 1)[1].split(">")[0].split()).removeprefix('lang="')


def test_person_then_browser_then_organization_then_installation(languages, make, session, app):
    globex = make.organization("Globex")
    dana = make.user(globex, "Dana Fields")
    session.commit()
    client = signed_in_client(app, dana)
    assert language_of(client) == 'en" dir="ltr"'
    settings.set("language", "ar")
    session.commit()
    assert language_of(client) == 'ar" dir="rtl"'
    globex.language = "fr"
    session.commit()
    assert language_of(client) == 'fr" dir="ltr"'
    assert get_reader_language(dana) == "fr"
    assert language_of(client, Accept_Language="ja, de-AT;q=0.8, en;q=0.5") == 'de" dir="ltr"'
    dana.language = "ar"
    session.commit()
    assert language_of(client, Accept_Language="de") == 'ar" dir="rtl"'
    dana.language = "ja"  # whose catalogue has been taken away
    session.commit()
    assert language_of(client, Accept_Language="de") == 'de" dir="ltr"'
    assert translation.current_code() == "en", "the language of a request ends with it"


def test_a_visitor_chooses_at_the_foot_of_the_page_and_a_person_on_the_account_page(languages, make, session, app):
    visitor = signed_in_client(app)
    page = visitor.get("/sign-in", headers={"Accept-Language": "de"}).text
    assert 'lang="de"' in page and "العربية" in page
    token = page.split('name="csrf_token" value="', 1)[1].split('"')[0]
    chosen = visitor.post("/language", data={"language": "ar", "next": "/sign-in", "csrf_token": token})
    assert chosen.status_code == 303
    assert 'dir="rtl"' in visitor.get("/sign-in", headers={"Accept-Language": "de"}).text

    dana = make.user(make.organization("Globex"), "Dana Fields")
    client = signed_in_client(app, dana)
    page = client.get("/account").text
    assert "Français" in page
    token = page.split('name="csrf_token" value="', 1)[1].split('"')[0]
    client.post("/account", data={"name": "Dana Fields", "language": "fr", "csrf_token": token})
    session.expire_all()
    assert dana.language == "fr"
    assert language_of(client, Accept_Language="de") == 'fr" dir="ltr"'
