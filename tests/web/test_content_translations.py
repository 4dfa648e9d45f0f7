"""Settings, Translations: what is missing, saving, and what customers read then."""

import pytest

from helpdesk.domain.administration import settings
from helpdesk.domain.content_translation import texts
from helpdesk.domain.tickets import canned_replies
from tests.factories import signed_in_client
from tests.web import page_forms

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def admin(make):
    return make.agent("Ada", role="admin")


@pytest.fixture
def client(app, admin):
    return signed_in_client(app, admin)


@pytest.fixture
def form(make):
    field = {"key": "area", "kind": "select", "label": "Which area?", "options": ["Printing"], "help": "One is enough."}
    return make.form("hardware", (field,), name="Hardware", description="For all devices.")


def open_texts(client, path: str) -> page_forms.PageForm:
    page = page_forms.parse(client.get(path))
    return next(form for form in page_forms.forms_of(page, path) if form.action.startswith("/settings/translations"))


def test_a_form_is_translated_and_read_by_a_customer(app, client, form, make, session):
    make.form("other")
    overview = client.get(f"/settings/translations?of=form-{form.form_id}").text
    assert "0 of 5" in overview and "5 texts are missing" in overview
    path = f"/settings/translations/de?of=form-{form.form_id}"
    given = {text.key: f"{text.source} auf Deutsch" for group in texts.list_groups()[:1] for text in group.texts}
    sent = open_texts(client, path)
    assert page_forms.submit(client, sent, sent.sent_values() | given).status_code == 303
    assert "5 of 5" in client.get(f"/settings/translations?of=form-{form.form_id}").text
    preview = client.get(f"/settings/forms/{form.form_id}/preview?language=de").text
    assert "For all devices. auf Deutsch" in preview and "Printing auf Deutsch" in preview

    dana = signed_in_client(app, make.user(make.organization(), language="de"))
    assert "Hardware auf Deutsch" in dana.get("/tickets/new").text
    page = dana.get("/tickets/new?form=hardware")
    for text in given.values():
        assert text in page.text
    assert 'value="Printing">Printing auf Deutsch' in page.text  # the value is the same in every language
    filing = next(
        each for each in page_forms.forms_of(page_forms.parse(page), "/tickets/new") if each.action == "/tickets"
    )
    values = {"subject": "A", "body": "B", "field-area": "Printing"}
    filed = page_forms.submit(dana, filing, filing.sent_values() | values)
    ticket = dana.get(filed.location).text
    assert "Which area? auf Deutsch" in ticket and "Printing auf Deutsch" in ticket


def test_what_somebody_else_saved_is_not_overwritten(client, app, form, make):
    path = "/settings/translations/de"
    key = texts.list_groups()[0].texts[0].key
    other = signed_in_client(app, make.agent(role="admin"))
    first, second = open_texts(client, path), open_texts(other, path)
    assert page_forms.submit(client, first, first.sent_values() | {key: "Geräte"}).status_code == 303
    refused = page_forms.submit(other, second, second.sent_values() | {key: "Maschinen"})
    assert refused.status_code == 409 and "Maschinen" in refused.text


def test_a_wrong_translation_is_refused_with_everything_typed(client, admin, session):
    canned_replies.save_reply(None, title="Hi", body="Hello {{first_name}}", actor=admin, shared=True)
    session.commit()
    title, body = texts.list_groups()[0].texts
    sent = open_texts(client, "/settings/translations/fr?of=replies")
    refused = page_forms.submit(client, sent, sent.sent_values() | {title.key: "Salut", body.key: "Salut {{prenom}}"})
    assert refused.status_code == 422
    assert "prenom" in refused.text and 'value="Salut"' in refused.text


def test_long_lists_have_pages_and_only_missing_ones_can_be_shown(client, make):
    options = [f"Option {number}" for number in range(60)]
    make.form("long", ({"key": "area", "kind": "select", "label": "Area", "options": options},))
    first = client.get("/settings/translations/de")
    assert "Option 10" in first.text and "Option 59" not in first.text and "from=50" in first.text
    last = client.get("/settings/translations/de?from=50&missing=1")
    assert "Option 59" in last.text and "Option 10<" not in last.text
    assert client.get("/settings/translations/en").status_code == 404  # the language of the originals


def test_the_welcome_is_shown_to_everybody_in_their_language(app, client, make, session):
    settings.set("welcome_text", "Welcome to **Acme**. [Status](https://status.example)")
    session.commit()
    page = app.test_client().get("/sign-in").text
    assert "Welcome to <strong>Acme</strong>" in page and 'href="https://status.example"' in page
    sent = open_texts(client, "/settings/translations/ar?of=sentences")
    (text,) = texts.list_groups()[0].texts
    assert page_forms.submit(client, sent, sent.sent_values() | {text.key: "أهلا"}).status_code == 303
    assert "أهلا" in app.test_client().get("/sign-in", headers={"Accept-Language": "ar"}).text


def test_an_announcement_is_read_in_the_language_of_each_customer(app, client, make, session, browser_of):
    settings.set("announcement", "Slow today")
    session.commit()
    sent = open_texts(client, "/settings/translations/de?of=sentences")
    (text,) = texts.list_groups()[0].texts
    assert page_forms.submit(client, sent, sent.sent_values() | {text.key: "Heute langsam"}).status_code == 303
    customer = browser_of(make.user(make.organization()))
    assert "Heute langsam" in customer.get("/tickets", headers={"Accept-Language": "de"}).text
    assert "Slow today" in customer.get("/tickets", headers={"Accept-Language": "en"}).text
