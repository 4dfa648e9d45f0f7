"""Drafts over HTTP: whose page it is, what another tab saved, and what sending does."""

import io
import json
import re
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import update

from helpdesk import clock
from helpdesk.domain import tickets
from helpdesk.domain.administration import settings
from helpdesk.domain.people import drafts
from helpdesk.domain.tickets import attachments
from helpdesk.models.attachment import Attachment
from tests.factories import signed_in_client

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
NOTE = json.dumps({"body": "Between us", "written_as": "note"})


@pytest.fixture
def desk(app, make):
    maya, theo, ann = make.agent(), make.agent(), make.user(make.organization())
    return maya, theo, ann, make.ticket(ann), lambda user: signed_in_client(app, user)


def token(client) -> str:
    return re.search(r'name="csrf-token" content="([^"]+)"', client.get("/account").text)[1]


def post(client, path, **body):
    return client.post(path, headers={"X-CSRFToken": token(client)}, **body)


def save(client, user, ticket, content=NOTE, revision="revision1", **more):
    typed = {"user": str(user.id), "content": content, "revision": revision, **more}
    return post(client, f"/drafts/message-{ticket.id}", json=typed)


def shown(client, user, ticket):
    return client.get(f"/drafts/message-{ticket.id}?user={user.id}")


def test_only_the_writer_gets_it_back(desk):
    maya, theo, ann, ticket, sign_in = desk
    assert save(sign_in(maya), maya, ticket).status_code == 204
    assert shown(sign_in(maya), maya, ticket).json == {"content": NOTE, "revision": "revision1"}
    for other in (theo, ann):
        assert shown(sign_in(other), other, ticket).status_code == 204


def test_a_page_of_somebody_who_signed_out_meanwhile_saves_and_shows_nothing(desk):
    maya, theo, ann, ticket, sign_in = desk
    save(sign_in(theo), theo, ticket)
    client = sign_in(theo)
    assert save(client, maya, ticket, revision="revision2", continues="revision1").status_code == 400
    assert shown(client, maya, ticket).status_code == 204
    assert shown(client, theo, ticket).json["revision"] == "revision1"


def test_a_page_left_before_an_answer_is_no_other_place(desk):
    maya, theo, ann, ticket, sign_in = desk
    client = sign_in(maya)
    save(client, maya, ticket)
    for unanswered in ("revision1", [["revision1"]], [""], ["revision9"]):
        assert save(client, maya, ticket, revision="revision2", unanswered=unanswered).status_code == 409
    assert save(client, maya, ticket, revision="revision2", unanswered=["revision0", "revision1"]).status_code == 204
    assert shown(client, maya, ticket).json["revision"] == "revision2"


def test_what_was_saved_elsewhere_is_in_the_answer(desk):
    maya, theo, ann, ticket, sign_in = desk
    client = sign_in(maya)
    save(client, maya, ticket)
    refused = save(client, maya, ticket, content='{"body":"other"}', revision="revision2")
    assert refused.status_code == 409 and refused.json == {"content": NOTE, "revision": "revision1"}


@pytest.mark.parametrize(("kind", "sent"), [("replies", True), ("notes", True), ("replies", False)])
def test_sending_empties_it_and_a_refusal_keeps_it(desk, kind, sent):
    maya, theo, ann, ticket, sign_in = desk
    client = sign_in(maya)
    save(client, maya, ticket)
    form = {"body": "Between us" if sent else "", "draft": "revision1", "form_token": "a" * 32}
    answer = post(client, f"/tickets/{ticket.id}/{kind}", data=form)
    assert answer.status_code == (303 if sent else 422)
    assert bool(shown(client, maya, ticket).json["content"]) is not sent


def test_filing_empties_it(app, make, session):
    globex = make.organization()
    ann, form = make.user(globex), make.form("default")
    client = signed_in_client(app, ann)
    drafts.save_draft(ann, f"ticket-{form.form.slug}", '{"subject":"x"}', revision="revision1")
    session.commit()
    name = f"ticket-{form.form.slug}"
    filed = {"form": form.form.slug, "subject": "A", "body": "B", "draft": "revision1", "draft_name": name}
    assert post(client, "/tickets", data=filed).status_code == 303
    session.expire_all()
    assert drafts.find_draft(ann, f"ticket-{form.form.slug}").content == ""


def test_any_other_form_that_is_accepted_empties_its_draft(app, make, session):
    lead = make.agent(role="lead")
    client = signed_in_client(app, lead)
    drafts.save_draft(lead, "canned-new", '{"title":"x"}', revision="revision1")
    session.commit()
    form = {"title": "", "body": "Words", "draft": "revision1", "draft_name": "canned-new"}
    said = 'data-sent-draft="canned-new"'  # the browser deletes its own copy where a page says so, and only there
    assert post(client, "/settings/replies", data=form).status_code == 422
    assert drafts.find_draft(lead, "canned-new").content and said not in client.get("/settings/replies").text
    assert post(client, "/settings/replies", data=form | {"title": "Words"}).status_code == 303
    session.expire_all()
    assert drafts.find_draft(lead, "canned-new").content == ""
    assert said in client.get("/settings/replies").text and said not in client.get("/settings/replies").text


def test_who_is_asked_for_a_second_factor_meanwhile_keeps_the_draft(app, make, session):
    lead = make.agent(role="lead")
    client = signed_in_client(app, lead)
    drafts.save_draft(lead, "canned-new", '{"title":"x"}', revision="revision1")
    session.commit()
    headers = {"X-CSRFToken": token(client)}
    settings.set("second_factor_for", "team")
    session.commit()
    form = {"title": "Words", "body": "Words", "draft": "revision1", "draft_name": "canned-new"}
    answer = client.post("/settings/replies", data=form, headers=headers)
    assert (answer.status_code, answer.location) == (303, "/account/second-factor")
    session.expire_all()
    assert drafts.find_draft(lead, "canned-new").content == '{"title":"x"}'


def test_a_draft_of_an_edit_is_its_authors_and_one_of_a_note_stays_with_the_team(desk, session):
    maya, theo, ann, ticket, sign_in = desk
    note, reply = (tickets.add_note if kind else tickets.reply for kind in (1, 0))
    edited, answer = note(ticket, author=maya, body="Between us"), reply(ticket, author=maya, body="Hello")
    session.commit()
    client = sign_in(maya)
    page = BeautifulSoup(client.get(f"/tickets/{ticket.id}/messages/{edited.id}/edit").text, "html.parser")
    assert page.select_one(f"form[data-draft='edit-{edited.id}'][data-draft-of-changes] textarea").text.strip()
    typed = {"user": str(maya.id), "content": '{"body":"Between us two"}', "revision": "revision1"}
    for message, is_note in ((edited, True), (answer, False)):
        assert post(client, f"/drafts/edit-{message.id}", json=typed).status_code == 204
        assert drafts.find_draft(maya, f"edit-{message.id}").is_note == is_note
    for other in (theo, ann):
        sent = typed | {"user": str(other.id)}
        assert post(sign_in(other), f"/drafts/edit-{edited.id}", json=sent).status_code == 404
    form = {"body": "Between us two", "draft": "revision1", "draft_name": f"edit-{edited.id}"}
    form |= {"loaded": page.select_one("[name=loaded]")["value"]}
    assert post(client, f"/tickets/{ticket.id}/messages/{edited.id}", data=form).status_code == 303
    session.expire_all()
    assert drafts.find_draft(maya, f"edit-{edited.id}").content == ""


def test_files_of_a_draft_stay_until_it_is_sent_or_emptied(desk, session):
    maya, theo, ann, ticket, sign_in = desk
    client = sign_in(maya)
    kept, left = (
        post(client, "/files", data={"file": (io.BytesIO(PNG), f"{name}.png", "image/png")}).json["key"]
        for name in ("kept", "left")
    )
    content = json.dumps({"written_as": "note", "uploaded": json.dumps([[kept, "kept.png", "1 KB"]])})
    assert save(client, maya, ticket, content=content).status_code == 204
    session.execute(update(Attachment).values(created_at=clock.now() - timedelta(days=3)))
    session.commit()
    assert attachments.delete_expired_uploads() == 1 and attachments.pending_uploads([left], maya) == []
    session.commit()
    for other in (theo, ann):
        assert sign_in(other).get(f"/files/{kept}").status_code == 404
    note = {"body": "See ![kept.png](attachment:kept.png)", "uploads": [kept, kept], "form_token": "a" * 32}
    assert post(client, f"/tickets/{ticket.id}/notes", data=note | {"draft": "revision1"}).status_code == 303
    page = BeautifulSoup(client.get(f"/tickets/{ticket.id}").text, "html.parser")
    assert page.select_one(f".message-note .prose a.placed-picture[href='/files/{kept}'] img[alt='kept.png']")
    assert not page.select_one(".message-note .attachments")
    copied = {"body": note["body"], "form_token": "b" * 32}
    assert post(client, f"/tickets/{ticket.id}/replies", data=copied).status_code == 303
    assert "(picture: kept.png)" in sign_in(ann).get(f"/tickets/{ticket.id}").text
    assert kept not in sign_in(ann).get(f"/tickets/{ticket.id}").text
    assert sign_in(ann).get(f"/files/{kept}").status_code == 404


def composer(client, ticket, query):
    page = BeautifulSoup(client.get(f"/tickets/{ticket.id}?{query}").text, "html.parser")
    kind = page.select_one("[name=compose][checked]")
    return page.select_one("#composer textarea").text.strip(), kind and kind["value"]


def test_a_quoted_message_is_added_to_the_draft_and_a_note_stays_a_note(desk, session):
    maya, theo, ann, ticket, sign_in = desk
    client, first = sign_in(maya), ticket.messages[0]
    note = tickets.add_note(ticket, author=theo, body="Hm.\nWell.")
    session.commit()
    assert composer(client, ticket, f"quote={first.id}") == ("> It really is.", "reply")
    assert composer(client, ticket, f"quote={note.id}") == ("> Hm.\n> Well.", "note")
    save(client, maya, ticket)
    assert composer(client, ticket, f"quote={first.id}") == ("Between us\n\n> It really is.", "note")
    assert composer(sign_in(ann), ticket, f"quote={note.id}") == ("", None)
    save(client, maya, ticket, content='{"body":"> It really is."}', revision="revision2", continues="revision1")
    assert composer(client, ticket, f"quote={first.id}") == ("> It really is.", "reply")
