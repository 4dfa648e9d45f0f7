"""What admins wrote, in the reader's language: forms, options, canned replies and automatic sentences."""

import pytest
from sqlalchemy import event, select

from helpdesk import extensions
from helpdesk.channels.email.render import compose, reading_language, ticket_messages
from helpdesk.channels.slack.handlers import create_ticket_modal
from helpdesk.channels.slack.render import web_api_calls
from helpdesk.domain import forms, labels, tickets
from helpdesk.domain.administration import settings
from helpdesk.domain.content_translation import editing, lookup, texts
from helpdesk.domain.content_translation.lookup import Part, translate_content
from helpdesk.domain.errors import PermissionDenied, ValidationError
from helpdesk.domain.forms import builder
from helpdesk.domain.people.reader_language import use_team_language
from helpdesk.domain.tickets import canned_replies
from helpdesk.models.delivery import Delivery, DeliveryKind
from helpdesk.models.event import Event
from helpdesk.models.form import Answer
from helpdesk.models.thread import Thread
from helpdesk.translation import use_language

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
FIELDS = (
    {"key": "area", "kind": "select", "label": "Which area?", "options": ["Printing", "Network"]},
    {
        "key": "tools",
        "kind": "multi_select",
        "label": "Tools",
        "options": ["Hammer", "Saw, small"],
        "help": "All of them",
    },
    {"key": "agreed", "kind": "checkbox", "label": "I agree"},
)
GERMAN = {
    "Hardware": "Geräte",
    "Which area?": "Welcher Bereich?",
    "Printing": "Drucken",
    "Network": "Netz",
    "Tools": "Werkzeuge",
    "Hammer": "Hammer (Werkzeug)",
    "Saw, small": "Säge, klein",
    "All of them": "Alle davon",
    "I agree": "Ich bin einverstanden",
}


@pytest.fixture
def admin(make):
    return make.agent("Ada", role="admin")


@pytest.fixture
def form(make):
    return make.form("hardware", FIELDS, name="Hardware")


@pytest.fixture
def translate(session, admin):
    """Store translations of texts into a language, wherever they are used."""

    def store(language: str, words: dict[str, str]) -> int:
        changed = 0
        for group in texts.list_groups():
            given = {text.key: words[text.source] for text in group.texts if text.source in words}
            changed += editing.save_translations(language, group, given, admin)
        session.commit()
        return changed

    return store


@pytest.fixture
def ticket(make, session, form):
    globex = make.organization("Globex", slack="C0GLOBEX", language="de")
    make.channel("C0TRIAGE")
    answers = {"area": "Printing", "tools": ["Hammer", "Saw, small"], "agreed": True}
    return make.ticket(make.user(globex, "Dana Fields"), form=form, answers=answers)


def test_readers_have_their_language_and_others_the_original(form, translate):
    assert translate("de", GERMAN) == len(GERMAN)
    assert translate("de", GERMAN) == 0
    with use_language("de"):
        assert translate_content("Hardware", Part.form) == "Geräte"
        assert translate_content("Hardware", Part.option) == "Hardware"
        assert forms.choices_for(form.fields, None)["area"] == [("Printing", "Drucken"), ("Network", "Netz")]
    with use_language("fr"):
        assert translate_content("Hardware", Part.form) == "Hardware"
    assert translate_content("Hardware", Part.form) == "Hardware"


def test_a_changed_text_is_missing_again_and_an_empty_translation_is_none(form, session, translate):
    translate("de", GERMAN)
    assert {each.language.code: each.missing for each in editing.count_progress(texts.list_groups())}["de"] == 0
    form.form.name = "Devices"
    session.commit()
    group = texts.list_groups()[0]
    assert [text.source for text in editing.list_missing(group, lookup.load_texts("de"))] == ["Devices"]
    translate("de", {"Tools": ""})
    with use_language("de"):
        assert translate_content("Tools", Part.field) == "Tools"
    progress = {each.language.code: each for each in editing.count_progress(texts.list_groups())}
    assert (progress["de"].missing, progress["fr"].translated) == (2, 0)
    assert "en" not in progress


def test_a_new_version_of_a_form_keeps_its_translations(form, session, admin, translate):
    translate("de", GERMAN)
    draft = builder.get_or_create_draft(form.form)
    builder.publish_form(form.form, admin)
    session.commit()
    with use_language("de"):
        assert forms.read_label(draft.fields[0]) == "Welcher Bereich?"
    assert editing.list_missing(texts.list_groups()[0], lookup.load_texts("de")) == []


def test_stored_answers_say_what_the_form_says(form, make, session, translate):
    translate("de", GERMAN)
    dana = make.user(make.organization("Globex"))
    with use_language("de"):
        filed = make.ticket(dana, form=form, answers={"area": "Network", "agreed": True})
        shown = [forms.translate_answer(answer) for answer in filed.answers]
    stored = {answer.field.key: (answer.value, answer.text) for answer in session.scalars(select(Answer))}
    assert stored == {"area": ("Network", "Network"), "agreed": (True, "Yes")}
    assert shown == [("Welcher Bereich?", "Netz"), ("Ich bin einverstanden", "Ja")]


def test_errors_name_the_question_as_its_reader_knows_it(form, make, translate):
    translate("de", GERMAN)
    form.fields[0].required = True
    asker = make.user(make.organization())
    with use_language("de"):
        _, errors = forms.parse_answers(form, forms.JsonValues(form, {}), False, asker=asker)
        assert "Welcher Bereich?" in errors["field-area"]
        _, errors = forms.parse_answers(form, forms.JsonValues(form, {"area": "Drucken"}), False, asker=asker)
    assert "Welcher Bereich?" in errors["field-area"]  # the value is the option, whatever the reader's language


def test_a_changed_answer_is_shown_in_the_readers_language(ticket, admin, session, translate):
    translate("de", GERMAN)
    field = ticket.form_version.fields[1]
    tickets.change_answer(ticket, field, ["Saw, small", "Hammer"], admin)
    tickets.change_answer(ticket, ticket.form_version.fields[0], ["Network"], admin)
    session.commit()
    events = session.scalars(select(Event).where(Event.kind == "answered").order_by(Event.id)).all()
    with use_language("de"):
        assert labels.describe_event(events[-1]).startswith("Ada hat") and "Netz" in labels.describe_event(events[-1])
    assert "Network" in labels.describe_event(events[-1])


def test_mails_are_in_the_readers_language_with_the_installations_own_sentence(ticket, session, translate):
    settings.set("received_text", "We answer **on weekdays**.")
    session.commit()
    translate("de", GERMAN | {"We answer **on weekdays**.": "Wir antworten **werktags**."})
    thread = session.query(Thread).filter_by(ticket_id=ticket.id, user_id=ticket.requester_id).one()
    mail = session.query(Delivery).filter_by(thread_id=thread.id, kind=DeliveryKind.received).one()
    with use_language(reading_language.find_language(mail)):
        shown = compose.build_preview(ticket_messages._render_received(mail))
    assert "Welcher Bereich?: Drucken" in shown.text and "Hammer (Werkzeug), Säge, klein" in shown.text
    assert "Wir antworten werktags." in shown.text or "Wir antworten *werktags*." in shown.text
    assert "<strong>werktags</strong>" in shown.html.replace(' style=""', "")
    assert "on weekdays" not in shown.html + shown.text


def test_slack_is_in_the_teams_language(ticket, form, make, admin, session, translate):
    make.form("other")
    with use_team_language():
        assert ("Which area?", "Printing") in web_api_calls.ticket_card_values(ticket).answers
    translate("fr", {"Which area?": "Quel domaine ?", "Printing": "Impression", "Hardware": "Matériel"})
    settings.set("language", "fr")
    session.commit()
    with use_team_language():
        assert ("Quel domaine ?", "Impression") in web_api_calls.ticket_card_values(ticket).answers
        modal = str(create_ticket_modal.render_modal(create_ticket_modal.TicketDraft(ticket.organization_id), admin))
    assert "Quel domaine ?" in modal and "Impression" in modal and "Matériel" in modal
    assert "Which area?" not in modal


def test_a_canned_reply_is_inserted_in_the_requesters_language(ticket, admin, session, translate):
    canned = canned_replies.save_reply(None, title="Hi", body="Hello {{first_name}}", actor=admin, shared=True)
    session.commit()
    translate("de", {"Hello {{first_name}}": "Guten Tag, {{first_name}}", "Hi": "Gruß"})
    assert canned_replies.fill_variables(canned, ticket, admin) == "Guten Tag, Dana"
    assert canned_replies.list_titles(admin) == [(canned.id, "Hi")]
    with pytest.raises(ValidationError) as refused:
        translate("de", {"Hello {{first_name}}": "Guten Tag, {{vorname}}"})
    assert "vorname" in str(refused.value.errors)


def test_only_admins_translate_and_only_into_what_is_offered(form, make):
    group = texts.list_groups()[0]
    with pytest.raises(PermissionDenied):
        editing.save_translations("de", group, {group.texts[0].key: "x"}, make.agent(role="lead"))
    for language in ("en", "xx"):
        with pytest.raises(ValidationError):
            editing.save_translations(language, group, {}, make.agent(role="admin"))


def test_looking_a_text_up_costs_no_statement(form, translate):
    translate("de", GERMAN)
    statements = []
    with use_language("de"):
        translate_content("Hardware", Part.form)
        event.listen(extensions.db.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
        assert [translate_content(text, Part.field) for text in ("Tools", "Which area?")] == [
            "Werkzeuge",
            "Welcher Bereich?",
        ]
    assert statements == []
