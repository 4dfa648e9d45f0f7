"""Another user's ids in every field that takes one (insecure direct object references)."""

from io import BytesIO

import pytest
from sqlalchemy import select

from helpdesk.domain import tickets
from helpdesk.domain.authentication import signed_links
from helpdesk.domain.tickets import attachments
from helpdesk.extensions import db
from helpdesk.models.attachment import Attachment
from helpdesk.models.message import Message
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from tests.web.route_world import csrf_of


@pytest.fixture(params=["sqlite"])
def database_url(fresh_sqlite):
    return fresh_sqlite


class Two:
    """Dana of Globex, who attacks, and Uma of Umbra, whose things she names."""

    def __init__(self, make, browser_of):
        self.globex, self.umbra = make.organization("Globex"), make.organization("Umbra")
        self.dana, self.uma = make.user(self.globex, "Dana Kim"), make.user(self.umbra, "Uma Secret")
        self.hers, self.other = (
            make.ticket(self.dana, subject="Ours"),
            make.ticket(self.uma, subject="Umbra merges", body="Hush."),
        )
        self.client = browser_of(self.dana)
        self.token = csrf_of(self.client)

    def post(self, path: str, **form):
        return self.client.post(path, data={"csrf_token": self.token, **form})


@pytest.fixture
def two(make, browser_of):
    return Two(make, browser_of)


def draft_of(user) -> str:
    key = attachments.store_upload(BytesIO(b"secret"), "secret.txt", "text/plain", user).key
    db.session.commit()
    return key


def test_another_users_draft_upload_cannot_be_attached(two, session, make):
    colleague = make.user(two.globex)
    for owner in (two.uma, colleague):
        key = draft_of(owner)
        assert two.post(f"/tickets/{two.hers.number}/replies", body="x", uploads=key).status_code == 422
        assert two.post("/tickets", subject="x", body="x", form="default", uploads=key).status_code == 422
        assert two.post(f"/files/{key}/delete").status_code == 204
        session.rollback()
        kept = session.scalar(select(Attachment).where(Attachment.key == key))
        assert kept is not None and kept.message_id is None
        assert two.client.get(f"/files/{key}").status_code == 404


def test_another_users_draft_upload_cannot_answer_a_field(two, make, session):
    make.form("papers", ({"key": "paper", "kind": "file"}, {"key": "who", "kind": "person"}))
    key = draft_of(two.uma)
    answer = two.post("/tickets", subject="x", body="x", form="papers", **{"field-paper": key})
    assert answer.status_code == 422 and "no longer there" in answer.text
    answer = two.post("/tickets", subject="x", body="x", form="papers", **{"field-who": two.uma.id})
    assert answer.status_code == 422 and "Uma Secret" not in answer.text


def test_attached_file_cannot_be_attached_again(two, session):
    """Zammad CVE-2026-13229: cloning an attachment by naming it in a new form."""
    key = draft_of(two.dana)
    assert two.post(f"/tickets/{two.hers.number}/replies", body="x", uploads=key).status_code == 303
    assert two.post(f"/tickets/{two.hers.number}/replies", body="y", uploads=key).status_code == 422


def test_message_of_another_ticket_is_not_found(two, session):
    message = session.scalar(select(Message.id).where(Message.ticket_id == two.other.id))
    own = f"/tickets/{two.hers.number}/messages/{message}"
    assert two.client.get(f"{own}/edit").status_code == 404
    assert two.post(own, body="mine now").status_code == 404
    assert two.post(f"{own}/delete").status_code == 404
    session.rollback()
    assert session.get(Message, message).body == "Hush."


def test_filing_for_others_or_with_others_forms_is_refused(two, make, session):
    """Mass assignment: what the form does not ask has no effect (FreeScout CVE-2026-40569)."""
    make.form("default")
    secret = make.form("secret", for_all=False, name="Umbra's own form")
    assert two.client.get("/tickets/new", query_string={"form": "secret"}).status_code == 404
    assert two.post("/tickets", subject="x", body="x", form="secret").status_code == 422
    given = {
        "for": two.uma.email,
        "requester": two.uma.id,
        "requester_id": two.uma.id,
        "organization_id": two.umbra.id,
        "organization": "umbra",
        "status": "closed",
        "priority": "urgent",
        "assignee": two.uma.id,
        "kind": "note",
        "from_team": "1",
        "follows_id": two.other.id,
        "merged_into_id": two.other.id,
        "id": "77",
        "filed_by": "1",
    }
    assert two.post("/tickets", subject="Mine", body="x", form="default", **given).status_code == 303
    session.rollback()
    filed = session.scalar(select(Ticket).where(Ticket.subject == "Mine"))
    assert (filed.requester_id, filed.organization_id, filed.status, filed.priority) == (
        two.dana.id,
        two.globex.id,
        "open",
        "normal",
    )
    assert (filed.assignee_id, filed.follows_id, filed.merged_into_id) == (None, None, None) and filed.id != 77
    assert secret.form_id != filed.form_version_id
    said = session.scalar(select(Message).where(Message.ticket_id == filed.id))
    assert (said.kind, said.from_team, said.author_id) == ("reply", False, two.dana.id)


def test_customer_reply_sets_no_other_field(two, session):
    given = {"kind": "note", "status": "closed", "from_team": "1", "author_id": two.uma.id, "created_at": "2001-01-01"}
    assert two.post(f"/tickets/{two.hers.number}/replies", body="Hello", **given).status_code == 303
    session.rollback()
    said = session.scalars(select(Message).where(Message.ticket_id == two.hers.id).order_by(Message.id.desc())).first()
    assert (said.kind, said.from_team, said.author_id) == ("reply", False, two.dana.id)
    assert session.get(Ticket, two.hers.id).status == "open"


def test_preferences_set_no_role_and_no_organization(two, session):
    given = {
        "role": "admin",
        "organization_id": two.umbra.id,
        "ticket_visibility": "organization",
        "email": "root@umbra.example",
        "email_verified_at": "x",
    }
    assert two.post("/account", name="Dana", **given).status_code == 303
    session.rollback()
    session.refresh(two.dana)
    assert (two.dana.role, two.dana.organization_id, two.dana.name) == ("requester", two.globex.id, "Dana")
    assert two.dana.email.endswith("@globex.example")


@pytest.mark.parametrize(
    "text", ["Umbra merges", "Hush", "merges hush", "Uma", "#2", "2", "o2", "scope:o2", '" OR scope:o2 OR "']
)
def test_search_does_not_find_team_only_text(two, text):
    for address in ("/tickets", "/tickets/list", "/tickets.csv", "/tickets/similar"):
        page = two.client.get(address, query_string={"q": text, "subject": text, "requester": two.uma.id}).text
        assert "Umbra" not in page.replace(f'value="{text}"', "") or "Umbra merges" == text
        assert "Hush." not in page and "Uma Secret" not in page and f'/tickets/{two.other.number}"' not in page


def test_unsubscribe_token_is_valid_for_one_ticket(two, session):
    threads = {thread.user_id: thread for thread in session.scalars(select(Thread).where(Thread.user_id.is_not(None)))}
    hers = signed_links.unsubscribe_token(threads[two.dana.id])
    assert two.client.get(f"/unsubscribe/{threads[two.uma.id].id}/{hers}").status_code == 404
    assert two.post(f"/unsubscribe/{threads[two.uma.id].id}/{hers}").status_code == 404
    assert two.client.get(f"/unsubscribe/{threads[two.dana.id].id}/{hers}").status_code == 200


def test_requester_of_own_tickets_only_sees_no_colleagues_ticket(make, browser_of, two):
    eve = make.user(two.globex, "Eve Own", ticket_visibility="own")
    client = browser_of(eve)
    for path in ("", "/conversation", "/earlier", "/facts", "/header", "/rating", "/live"):
        assert client.get(f"/tickets/{two.hers.number}{path}").status_code == 404
    for address in ("/tickets", "/tickets.csv"):
        assert "Ours" not in client.get(address, query_string={"requester": two.dana.id}).text
    assert "Dana Kim" not in client.get("/tickets").text


def test_internal_notes_reach_no_customer(two, make, session, browser_of):
    """A note, its file, a reply taken back, its file, and the file of a reply that was deleted."""
    maya = make.agent("Maya Lind")
    noted, deleted = (
        attachments.store_upload(BytesIO(b"inside"), f"{name}.txt", "text/plain", maya) for name in ("noted", "deleted")
    )
    ticket = session.get(Ticket, two.hers.id)
    tickets.add_note(ticket, author=maya, body="They are impossibleword", attachments=[noted])
    gone = tickets.reply(ticket, author=maya, body="Sorry, wrongword", attachments=[deleted])
    session.commit()
    before = two.client.get(f"/tickets/{ticket.number}").text
    assert "wrongword" in before and "impossibleword" not in before and "noted.txt" not in before
    tickets.delete_message(gone, editor=maya)
    session.commit()
    for path in ("", "/conversation", "/earlier", "/facts", "/header"):
        page = two.client.get(f"/tickets/{ticket.number}{path}").text
        assert not [word for word in ("impossibleword", "wrongword", "noted.txt", "deleted.txt") if word in page]
    for address in ("/tickets", "/tickets/list", "/tickets.csv"):
        assert "word" not in two.client.get(address).text.replace("words", "").replace("password", "")
    for word in ("impossibleword", "wrongword"):
        assert "Ours" not in two.client.get("/tickets/list", query_string={"q": word}).text
        assert "Ours" not in two.client.get("/tickets/similar", query_string={"subject": word}).text
    assert (
        two.client.get(f"/files/{noted.key}").status_code == two.client.get(f"/files/{deleted.key}").status_code == 404
    )
    assert browser_of(maya).get(f"/files/{deleted.key}").status_code == 200
