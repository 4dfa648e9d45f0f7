"""The customer's list, files, followers, ratings and one's own words, as parsed HTML."""

import csv
from io import BytesIO

import pytest
from sqlalchemy import event, select

from helpdesk.domain import tickets
from helpdesk.domain.administration import settings
from helpdesk.domain.tickets import attachments
from helpdesk.models.follower import Follower
from helpdesk.models.rating import Rating
from tests.web import pages
from tests.web.pages import parse_page

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


@pytest.fixture
def globex(make):
    return make.organization("Globex")


@pytest.fixture
def dana(make, globex):
    return make.user(globex, "Dana Kim")


@pytest.fixture
def client(dana, browser_of):
    return browser_of(dana)


@pytest.fixture
def post(client):
    """``post(path, **data)`` as a form of a page does."""

    def post(path, by=client, headers=None, **data):
        token = parse_page(by.get("/account")).select_one("[name=csrf_token]")["value"]
        return by.post(path, data={"csrf_token": token} | data, headers=headers)

    return post


def numbers(page):
    return [int(row["id"].removeprefix("ticket-")) for row in page.select("li[id^=ticket-]")]


def test_an_empty_list_teaches(client):
    assert "File your first ticket" in parse_page(client.get("/tickets")).text


def test_everything_the_list_shows_stands_in_its_address(session, make, client, dana):
    made = [make.ticket(dana, f"Printer {number}", "words") for number in range(30)]
    made[3].status = "pending"
    session.commit()
    page = parse_page(client.get("/tickets"))
    assert len(numbers(page)) == 25 and not page.select("[rel=prev]")
    second = parse_page(client.get(page.select_one("[rel=next]")["href"]))
    assert len(numbers(second)) == 5 and not set(numbers(page)) & set(numbers(second))
    assert numbers(parse_page(client.get(second.select_one("[rel=prev]")["href"]))) == numbers(page)
    assert numbers(parse_page(client.get("/tickets?status=pending"))) == [made[3].number]
    hit = parse_page(client.get("/tickets?q=printer+7&status=active&sort=oldest"))
    assert numbers(hit) == [made[7].number] and hit.select_one("mark").text == "Printer"
    live = hit.select_one("#ticket-list")["hx-get"]
    assert live.startswith("/tickets/list?") and all(
        part in live for part in ("q=printer", "status=active", "sort=oldest")
    )
    assert parse_page(client.get(live)).select_one("#ticket-list") and not parse_page(client.get(live)).select("html")
    assert "year-month-day" in parse_page(client.get("/tickets?from=yesterday")).text
    assert "Nothing matches" in parse_page(client.get("/tickets?q=zebra")).text


def test_unread_tickets_are_marked_until_they_are_opened(session, make, client, dana):
    ticket = make.ticket(dana)
    client.get(f"/tickets/{ticket.number}")
    assert not parse_page(client.get("/tickets")).select(".row-unread")
    tickets.reply(ticket, author=make.agent(), body="Try turning it off")
    session.commit()
    assert len(parse_page(client.get("/tickets")).select(".row-unread")) == 1
    client.get(f"/tickets/{ticket.number}/conversation")
    assert not parse_page(client.get("/tickets")).select(".row-unread")


def test_the_export_has_what_the_list_has(make, client, dana, browser_of):
    make.ticket(dana, "=1+1")
    make.ticket(make.user(make.organization("Initech")), "Not yours")
    answer = client.get("/tickets.csv")
    assert answer.mimetype == "text/csv" and "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.reader(answer.get_data(as_text=True).removeprefix("\ufeff").splitlines()))
    assert [row[1] for row in rows] == ["Subject", "'=1+1"]
    assert len(client.get("/tickets.csv?q=nothing").get_data(as_text=True).splitlines()) == 1


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/tickets", 9), ("/tickets?q=words&status=active", 11), ("/tickets/list", 5), ("/tickets/{number}", 17)],
)
def test_a_page_needs_the_same_queries_however_much_there_is(session, make, client, dana, path, allowed):
    make.form(fields=())
    agent = make.agent()

    def grow(number):
        for _ in range(number):
            ticket = make.ticket(make.user(dana.organization), "Printer", "words")
            tickets.reply(ticket, author=agent, body="words")
            tickets.add_follower(ticket, make.user(dana.organization), actor=agent)
        session.commit()
        return ticket

    def queries(ticket):
        address, seen = path.format(number=ticket.number), []
        client.get(address)

        def count(_connection, _cursor, statement, *_rest):
            seen.append(statement)

        engine = session.get_bind()
        event.listen(engine, "before_cursor_execute", count)
        settings.invalidate_cache()
        assert client.get(address).status_code == 200
        event.remove(engine, "before_cursor_execute", count)
        return [statement for statement in seen if statement.lstrip().startswith("SELECT")]

    few = queries(grow(2))
    ticket = grow(20)
    for _ in range(10):
        tickets.reply(ticket, author=agent, body="more words")
    session.commit()
    many = queries(ticket)
    assert len(few) == len(many) <= allowed, "\n".join(many)


def test_a_file_is_given_with_headers_that_keep_it_from_doing_anything(session, make, client, dana):
    drafts = [
        attachments.store_upload(BytesIO(data), name, media_type, dana)
        for data, name, media_type in (
            (PNG, 'é"\r\n;x.png', "image/png"),
            (b"<script>alert(1)</script>", "evil.html", "text/html"),
            (b"<svg onload=alert(1)>", "evil.svg", "image/svg+xml"),
            (b"<script>alert(1)</script>", "evil.png", "image/png"),
        )
    ]
    make.ticket(dana, attachments=drafts)
    for draft in drafts:
        answer = client.get(f"/files/{draft.key}")
        assert answer.status_code == 200 and int(answer.headers["Content-Length"]) == draft.size == len(answer.data)
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "private, no-store"
        shown = draft is drafts[0]
        assert answer.headers["Content-Disposition"].startswith("inline" if shown else "attachment")
        assert answer.mimetype == ("image/png" if shown else "application/octet-stream")
    assert (
        client.get(f"/files/{drafts[0].key}")
        .headers["Content-Disposition"]
        .endswith("filename*=UTF-8''%C3%A9%22%20%3Bx.png")
    )


def test_nobody_else_gets_the_file_nor_learns_that_it_is_there(session, make, client, dana, browser_of):
    note_file = attachments.store_upload(BytesIO(b"secret"), "n.txt", None, make.agent("Maya"))
    public = attachments.store_upload(BytesIO(b"words"), "p.txt", None, dana)
    ticket = make.ticket(dana, attachments=[public])
    tickets.add_note(ticket, author=session.get(type(dana), note_file.uploader_id), body="x", attachments=[note_file])
    session.commit()
    other_customer = browser_of(make.user(make.organization("Initech")))
    missing = other_customer.get("/files/" + "x" * 43)
    for key, who in (
        (public.key, other_customer),
        (note_file.key, client),
        ("../../etc/passwd", client),
        ("x", client),
    ):
        answer = who.get(f"/files/{key}")
        assert answer.status_code == 404
        if who is other_customer:
            assert pages.without_tokens(answer) == pages.without_tokens(missing)
    assert browser_of().get(f"/files/{public.key}").status_code == 302


def test_a_file_that_the_store_lost_is_missing_not_an_error(make, client, dana):
    from helpdesk import storage

    draft = attachments.store_upload(BytesIO(b"words"), "p.txt", None, dana)
    make.ticket(dana, attachments=[draft])
    storage.delete(draft.key)
    assert client.get(f"/files/{draft.key}").status_code == 404


def test_colleagues_follow_and_leave(session, make, client, dana, post):
    ticket, colleague = make.ticket(dana), make.user(dana.organization, "Kim Colleague")
    other_customer = make.user(make.organization("Initech"))
    assert post(f"/tickets/{ticket.number}/followers", user=str(colleague.id)).status_code == 303
    assert "Kim Colleague" in parse_page(client.get(f"/tickets/{ticket.number}")).select_one("#facts").text
    for bad in (str(other_customer.id), "999999", "x", ""):
        assert post(f"/tickets/{ticket.number}/followers", user=bad).status_code == 422
    assert post(f"/tickets/{ticket.number}/followers/{colleague.id}/delete").status_code == 303
    assert session.scalar(select(Follower)) is None


def test_one_who_stops_following_what_they_saw_by_following_is_sent_to_the_list(session, make, dana, browser_of, post):
    ticket, own = make.ticket(dana), make.user(dana.organization, ticket_visibility="own")
    tickets.add_follower(ticket, own, actor=dana)
    session.commit()
    other = browser_of(own)
    assert other.get(f"/tickets/{ticket.number}").status_code == 200
    assert post(f"/tickets/{ticket.number}/followers/{own.id}/delete", by=other).location == "/tickets"
    assert other.get(f"/tickets/{ticket.number}").status_code == 404


def test_a_solved_ticket_is_rated_once_by_post_only(session, make, client, dana, post, browser_of):
    ticket = make.ticket(dana)
    assert not parse_page(client.get(f"/tickets/{ticket.number}")).select("#rating form")
    assert post(f"/tickets/{ticket.number}/rating", score="5").status_code == 422
    tickets.solve(ticket, actor=dana)
    session.commit()
    assert len(parse_page(client.get(f"/tickets/{ticket.number}")).select("#rating input[type=radio]")) == 5
    assert client.get(f"/tickets/{ticket.number}/rating?score=1").status_code == 200
    rejected = parse_page(post(f"/tickets/{ticket.number}/rating", score="9", comment="still here"), 422)
    assert rejected.select_one("#rating-comment")["value"] == "still here"
    assert session.scalar(select(Rating)) is None
    answer = parse_page(
        post(f"/tickets/{ticket.number}/rating", score="4", comment="Quick", headers={"HX-Request": "true"})
    )
    assert "4 out of 5" in answer.select_one("#rating").text
    assert not parse_page(client.get(f"/tickets/{ticket.number}")).select("#rating form")
    assert "4 out of 5" in parse_page(browser_of(make.agent()).get(f"/tickets/{ticket.number}")).text


def test_one_changes_and_deletes_ones_own_words_and_the_team_reads_the_trail(
    session, make, client, dana, post, browser_of
):
    agent = make.agent("Maya")
    ticket = make.ticket(dana)
    mine = tickets.reply(ticket, author=dana, body="First words")
    theirs = tickets.reply(ticket, author=agent, body="Team words")
    session.commit()
    path = f"/tickets/{ticket.number}/messages"
    assert parse_page(client.get(f"{path}/{mine.id}/edit")).select_one("textarea").text.strip() == "First words"
    assert client.get(f"{path}/{theirs.id}/edit").status_code == 404
    assert post(f"{path}/{theirs.id}", body="forged").status_code == 404
    assert post(f"{path}/{theirs.id}/delete").status_code == 404
    assert "Write a message" in parse_page(post(f"{path}/{mine.id}", body=" "), 422).text
    assert post(f"{path}/{mine.id}", body="Second words").status_code == 303
    page = parse_page(client.get(f"/tickets/{ticket.number}")).select_one(f"#message-{mine.id}")
    assert "Second words" in page.text and "edited" in page.text and "First words" not in page.text
    team = browser_of(agent)
    assert "First words" in parse_page(team.get(f"{path}/{mine.id}/revisions")).text
    assert client.get(f"{path}/{mine.id}/revisions").status_code == 404
    assert post(f"{path}/{mine.id}/delete").status_code == 303
    page = parse_page(client.get(f"/tickets/{ticket.number}")).select_one(f"#message-{mine.id}")
    assert "deleted" in page.text and "Second words" not in page.text


def test_the_team_changes_an_answer(session, make, dana, client, post, browser_of):
    form = make.form(fields=({"key": "serial"}, {"key": "number", "kind": "number", "team_only": True}))
    ticket = make.ticket(dana, form=form, answers={"serial": "X1"})
    team = browser_of(make.agent())
    path = f"/tickets/{ticket.number}/answers"
    assert parse_page(team.get(path)).select_one("[name=field-serial]")["value"] == "X1"
    assert post(f"{path}/serial", by=team, **{"field-serial": "X2"}).status_code == 303
    assert "X2" in parse_page(team.get(f"/tickets/{ticket.number}")).select_one("#facts").text
    wrong = parse_page(post(f"{path}/number", by=team, **{"field-number": "many"}), 422)
    assert wrong.select_one("[name=field-number]")["value"] == "many"
    assert "is a number" in wrong.select_one("[data-error-summary]").text
    assert post(f"{path}/number", by=team, **{"field-number": "7"}).status_code == 303
    seen = client.get(f"/tickets/{ticket.number}").get_data(as_text=True)
    assert "changed Serial to X2" in seen and "changed Number" not in seen and "Change answers" not in seen
    assert post(f"{path}/nothing", by=team).status_code == 404
    assert post(f"{path}/serial", **{"field-serial": "X3"}).status_code == 404
    assert client.get(path).status_code == 404
