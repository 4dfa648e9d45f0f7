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
