"""Filing a ticket: the form, what it refuses, and what it never loses."""

from io import BytesIO

import pytest
from sqlalchemy import func, select

from helpdesk.domain.tickets import stored_files
from helpdesk.models.attachment import Attachment
from helpdesk.models.form import Answer
from helpdesk.models.ticket import Ticket
from tests.web.pages import parse_page

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


def filled(page, **values):
    """The hidden inputs of the page's filing form, with ``values``."""
    form = page.select_one("#ticket-form")
    hidden = {field["name"]: field["value"] for field in form.select("input[type=hidden]")}
    return hidden | {"subject": "It broke", "body": "Yesterday."} | values


@pytest.fixture
def dana(make):
    return make.user(make.organization("Globex"), "Dana Kim")


@pytest.fixture
def client(dana, browser_of):
    return browser_of(dana)


def count(session, table):
    return session.scalar(select(func.count()).select_from(table))


def test_one_form_opens_at_once_and_several_show_a_choice(make, client):
    assert "no form for you yet" in parse_page(client.get("/tickets/new")).text
    make.form("general", name="General")
    assert parse_page(client.get("/tickets/new")).select_one("#ticket-form")
    make.form("hardware", name="Hardware")
    page = parse_page(client.get("/tickets/new"))
    assert not page.select_one("#ticket-form")
    assert [link["href"] for link in page.select(".form-choices a")] == [
        "/tickets/new?form=general",
        "/tickets/new?form=hardware",
    ]
    assert parse_page(client.get("/tickets/new?form=hardware")).select_one("input[name=form]")["value"] == "hardware"
    assert client.get("/tickets/new?form=secret").status_code == 404


def test_each_form_has_its_own_words_and_confirmation(session, make, client, browser_of):
    form = make.form("access", name="Access").form
    make.form("other", name="Other")
    admin = browser_of(make.agent(role="admin"))
    page = parse_page(admin.get(f"/settings/forms/{form.id}"))
    loaded = {field["name"]: field["value"] for field in page.select("input[type=hidden][value]") if field.get("name")}
    words = {"subject_label": "Which system?", "body_label": "Why?", "body_help": "A sentence is enough."}
    words["confirmation"] = "We answer by tomorrow."
    given = loaded | {"name": "Access", "for_all": "all"} | words
    assert admin.post(f"/settings/forms/{form.id}", data=given | {"body_help": "x" * 301}).status_code == 422
    assert admin.post(f"/settings/forms/{form.id}", data=given).status_code == 303
    page = parse_page(client.get("/tickets/new?form=access"))
    labels = [
        label.text.strip() for label in page.select("#ticket-form label[for=field-subject], label[for=field-body]")
    ]
    assert labels == ["Which system?", "Why?"] and page.select_one("#field-body-help").text == "A sentence is enough."
    assert "Description" in parse_page(client.get("/tickets/new?form=other")).select_one("label[for=field-body]").text
    filed = client.post("/tickets", data=filled(page))
    shown = parse_page(client.get(filed.headers["Location"])).select_one("#flash").text
    assert "is filed" in shown and "We answer by tomorrow." in shown


def test_an_address_fills_the_form_in_ahead(make, client):
    make.form(fields=({"key": "serial"}, {"key": "colour", "kind": "select", "options": ["red", "blue"]}))
    page = parse_page(client.get("/tickets/new?subject=Hello&field-serial=X1&field-colour=blue&body=%3Cb%3E"))
    assert page.select_one("[name=subject]")["value"] == "Hello"
    assert page.select_one("[name=field-serial]")["value"] == "X1"
    assert page.select_one("[name=field-colour] option[selected]").text == "blue"
    assert page.select_one("[name=body]").text.strip() == "<b>"


def test_a_filled_form_becomes_a_ticket_with_files_and_answers(session, make, client, dana):
    make.form(
        fields=(
            {"key": "serial", "required": True},
            {"key": "photo", "kind": "file"},
            {"key": "secret", "team_only": True},
        )
    )
    page = parse_page(client.get("/tickets/new"))
    data = filled(page, **{"field-serial": "X1", "field-secret": "forged"})
    data["files"] = [(BytesIO(b"log"), "a.log"), (BytesIO(b"more"), "b.log")]
    data["field-photo"] = (BytesIO(PNG), "p.png")
    answer = client.post("/tickets", data=data)
    assert answer.status_code == 303
    ticket = session.scalar(select(Ticket))
    assert answer.location == f"/tickets/{ticket.number}"
    kept = {row.field.key: row.text for row in session.scalars(select(Answer))}
    assert kept == {"serial": "X1", "photo": "p.png"}
    assert {file.name for file in ticket.messages[0].attachments} == {"a.log", "b.log", "p.png"}
    shown = parse_page(client.get(answer.location))
    assert "X1" in shown.select_one("#facts").text
    assert len(shown.select(".attachments a")) == 3 and len(shown.select(".attachments img")) == 1


def test_a_rejected_form_keeps_every_word_and_file(session, make, client):
    make.form(
        fields=(
            {"key": "serial", "required": True},
            {"key": "why", "kind": "long_text"},
            {"key": "photo", "kind": "file"},
        )
    )
    page = parse_page(client.get("/tickets/new"))
    data = filled(page, subject="", **{"field-why": "because & <so>"})
    data |= {"files": (BytesIO(b"log"), "a.log"), "field-photo": (BytesIO(PNG), "p.png")}
    page = parse_page(client.post("/tickets", data=data), 422)
    summary = page.select_one("[data-error-summary]")
    assert {link["href"] for link in summary.select("a")} == {"#field-subject", "#field-field-serial"}
    for link in summary.select("a"):
        assert page.select_one(link["href"])["aria-invalid"] == "true"
    assert page.select_one("[name=body]").text.strip() == "Yesterday."
    assert page.select_one("[name=field-why]").text.strip() == "because & <so>"
    kept = {box["name"]: box["value"] for box in page.select(".kept-uploads input")}
    assert set(kept) == {"uploads", "field-photo"}
    assert count(session, Ticket) == 0
    again = filled(page, **{"field-serial": "X1", "field-why": "x"}, **kept)
    assert client.post("/tickets", data=again).status_code == 303
    assert {file.name for file in session.scalars(select(Attachment)) if file.message_id} == {"a.log", "p.png"}


@pytest.mark.parametrize(
    ("subject", "body", "file", "wrong"),
    [
        ("", "", b"", {"#field-subject", "#field-body"}),
        ("s" * 1_000, "", b"", {"#field-subject", "#field-body"}),
        ("s" * 1_000, "b" * 60_000, b"", {"#field-subject", "#field-body"}),
        ("", "", b"log", {"#field-subject"}),
    ],
)
def test_all_that_is_wrong_with_subject_and_message_is_said_at_once(make, client, subject, body, file, wrong):
    """What a file says needs no words beside it."""
    make.form()
    data = filled(parse_page(client.get("/tickets/new")), subject=subject, body=body)
    page = parse_page(client.post("/tickets", data=data | ({"files": (BytesIO(file), "a.log")} if file else {})), 422)
    assert {link["href"] for link in page.select("[data-error-summary] a")} == wrong


def test_a_browser_with_a_script_gets_the_form_alone_and_keeps_its_files_itself(session, make, client):
    make.form(fields=())
    page = parse_page(client.get("/tickets/new"))
    data = filled(page, subject="") | {"files": (BytesIO(b"log"), "a.log")}
    answer = client.post("/tickets", data=data, headers={"HX-Request": "true"})
    fragment = parse_page(answer, 422)
    assert not fragment.select("html") and fragment.select_one("form#ticket-form")
    session.rollback()
    assert not fragment.select(".kept-uploads") and stored_files.delete_marked() == 1 and not count(session, Attachment)
    answer = client.post("/tickets", data=filled(page), headers={"HX-Request": "true"})
    assert answer.status_code == 204 and answer.headers["HX-Redirect"].startswith("/tickets/")


def test_the_same_form_twice_is_one_ticket(session, make, client):
    make.form(fields=())
    data = filled(parse_page(client.get("/tickets/new")))
    first = client.post("/tickets", data=data | {"files": (BytesIO(b"x"), "a.log")})
    second = client.post("/tickets", data=data | {"files": (BytesIO(b"x"), "a.log")})
    assert first.location == second.location
    assert count(session, Ticket) == 1 and count(session, Attachment) == 1


def test_who_goes_back_and_writes_other_words_files_another_ticket(session, make, client):
    """A browser's Back shows the form that was sent, with its token."""
    make.form(fields=())
    page = parse_page(client.get("/tickets/new"))
    first = client.post("/tickets", data=filled(page))
    second = client.post("/tickets", data=filled(page, subject="Another thing"))
    assert first.location != second.location and count(session, Ticket) == 2


def test_another_file_of_the_same_name_is_another_ticket(session, make, client):
    make.form(fields=())
    data = filled(parse_page(client.get("/tickets/new")))
    for content in (b"x", b"y", b"y"):
        assert client.post("/tickets", data=data | {"files": (BytesIO(content), "a.log")}).status_code == 303
    assert count(session, Ticket) == count(session, Attachment) == 2


def test_two_at_the_same_moment_are_one_ticket(app, session, make, dana):
    from concurrent.futures import ThreadPoolExecutor

    from tests.factories import signed_in_client

    make.form(fields=())
    clients = [signed_in_client(app, dana) for _ in range(4)]
    data = filled(parse_page(clients[0].get("/tickets/new")))
    tokens = [parse_page(client.get("/tickets/new")).select_one("[name=csrf_token]")["value"] for client in clients]
    session.remove()

    def send(client, token):
        with app.app_context():
            return client.post("/tickets", data=data | {"csrf_token": token})

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, clients, tokens))
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.location for answer in answers}) == 1
    assert count(session, Ticket) == 1


def test_too_many_or_too_large_files_are_refused_in_words(monkeypatch, session, make, client):
    from helpdesk.domain.tickets import attachments

    make.form(fields=())
    data = filled(parse_page(client.get("/tickets/new")))
    many = parse_page(
        client.post("/tickets", data=data | {"files": [(BytesIO(b"x"), f"{n}.txt") for n in range(11)]}), 422
    )
    assert "at most 10 files" in many.select_one("[data-error-summary]").text
    monkeypatch.setattr(attachments, "MAX_BYTES", 10)
    large = parse_page(client.post("/tickets", data=data | {"files": (BytesIO(b"x" * 11), "large.txt")}), 422)
    assert "large.txt is larger" in large.select_one("[data-error-summary]").text
    assert count(session, Ticket) == 0


def test_a_file_of_somebody_else_cannot_be_claimed(session, make, client, dana, browser_of):
    make.form(fields=({"key": "photo", "kind": "file"},))
    other = browser_of(make.user(make.organization("Initech")))
    token = parse_page(other.get("/tickets/new")).select_one("[name=csrf_token]")["value"]
    key = other.post("/files", data={"file": (BytesIO(b"theirs"), "x.txt"), "csrf_token": token}).json["key"]
    page = parse_page(client.get("/tickets/new"))
    for name in ("uploads", "field-photo"):
        answer = parse_page(client.post("/tickets", data=filled(page, **{name: key})), 422)
        assert "no longer there" in answer.text
    assert client.get(f"/files/{key}").status_code == 404
    assert other.get(f"/files/{key}").status_code == 200
    client.post(f"/files/{key}/delete", data={"csrf_token": page.select_one("[name=csrf_token]")["value"]})
    assert other.get(f"/files/{key}").status_code == 200


def test_similar_tickets_of_ones_own_are_shown_while_typing(make, client, dana):
    make.ticket(dana, "VPN drops every morning")
    make.ticket(make.user(make.organization("Initech")), "VPN drops in secret")
    page = parse_page(client.get("/tickets/similar?subject=my+vpn+drops"))
    assert len(page.select("#similar a")) == 1 and "morning" in page.text
    assert not parse_page(client.get("/tickets/similar?subject=")).select("a")


def test_a_preview_is_what_a_message_will_be(make, client):
    make.form(fields=())
    token = parse_page(client.get("/tickets/new")).select_one("[name=csrf_token]")["value"]
    page = parse_page(client.post("/previews", data={"body": "**Hi** <script>alert(1)</script>", "csrf_token": token}))
    assert page.select_one("#preview strong").text == "Hi" and not page.select("script")


def test_the_team_files_for_a_customer_and_is_asked_everything(session, make, dana, browser_of):
    make.form(fields=({"key": "serial"}, {"key": "secret", "team_only": True}))
    agent = browser_of(make.agent("Maya"))
    assert parse_page(agent.get("/tickets/new")).select_one("[name=for]")
    assert "No customer has this address" in parse_page(agent.get("/tickets/new?for=nobody@globex.example")).text
    page = parse_page(agent.get(f"/tickets/new?for={dana.email}"))
    answer = agent.post("/tickets", data=filled(page, **{"field-secret": "thin"}))
    ticket = session.scalar(select(Ticket))
    assert answer.location == f"/tickets/{ticket.number}" and ticket.requester_id == dana.id
    assert session.scalar(select(Answer)).text == "thin"
    assert not ticket.messages[0].from_team
    client = browser_of(dana)
    assert "thin" not in client.get(f"/tickets/{ticket.number}").get_data(as_text=True)
    session.expire_all()
    assert (
        client.post(
            "/tickets", data=filled(parse_page(client.get("/tickets/new")), **{"for": "x@y.example"})
        ).status_code
        == 303
    )
