"""The queue and the team's part of a ticket, as parsed HTML."""

import pytest
from sqlalchemy import select

from helpdesk.domain.sla import policies
from helpdesk.domain.tickets import canned_replies
from helpdesk.models.message import Message
from helpdesk.models.saved_view import SavedView
from helpdesk.models.ticket import Ticket
from helpdesk.models.ticket_link import TicketLink
from tests.web.pages import parse_page

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def agent(make):
    return make.agent("Maya Lind")


@pytest.fixture
def desk(browser_of, agent):
    return browser_of(agent)


@pytest.fixture
def filed_ticket(make):
    make.channel("C0TRIAGE")
    return make.ticket(make.user(make.organization("Globex"), "Dana Fields"), subject="The printer is on fire")


def send(client, path, expected=303, /, **data):
    page = parse_page(client.get("/desk"))
    data["csrf_token"] = page.find("meta", {"name": "csrf-token"})["content"]
    response = client.post(path, data=data)
    assert response.status_code == expected, (response.status_code, response.get_data(as_text=True)[:3000])
    return response


def test_the_queue_shows_rows_counts_and_keeps_its_filters_in_the_address(desk, filed_ticket, make):
    make.ticket(make.user(make.organization("Initech")))
    page = parse_page(desk.get("/desk?view=unassigned&organization=globex&sort=waiting"))
    assert page.h1.text == "Unassigned" and len(page.select("h1")) == 1
    assert [row["id"] for row in page.select(".queue-row")] == [f"ticket-{filed_ticket.number}"]
    assert page.select_one("#views [aria-current] .count").text == "1", "it follows the filters"
    assert page.select_one("select[name=organization] option[selected]").text == "Globex"
    assert "organization=globex" in page.select_one("#queue")["hx-get"]
    assert parse_page(desk.get("/desk/views")).select_one("#views")
    assert parse_page(desk.get("/desk/queue?view=mine")).select_one("#queue .empty")


def test_paging_goes_on_where_the_page_ended(desk, make, session):
    requester = make.user(make.organization())
    for _ in range(30):
        make.ticket(requester)
    first = parse_page(desk.get("/desk"))
    second = parse_page(desk.get(first.select_one("a[rel=next]")["href"]))
    seen = [row["id"] for page in (first, second) for row in page.select(".queue-row")]
    assert len(seen) == len(set(seen)) == 30
    assert second.select_one("a[rel=prev]") and not second.select_one("a[rel=next]")
    assert [page.select_one(".pager-place").text for page in (first, second)] == ["Page 1 of 2", "Page 2 of 2"]
    assert "page=2" in second.select_one("#queue")["hx-get"], "a refresh knows where it is"
    unknown = parse_page(desk.get(first.select_one("a[rel=next]")["href"].replace("page=2", "page=9")))
    assert unknown.select_one(".pager-place").text == "Page 9", "nothing is said that is not known"
    assert parse_page(desk.get("/desk?view=all")).select_one(".pager-place").text == "Page 1"


def test_columns_that_are_not_ticked_are_hidden_in_this_browser(desk, filed_ticket):
    page = parse_page(desk.get("/desk"))
    assert page.select_one("#queue")["data-hidden"] == "updated" and not page.select_one(".queue-updated").text
    shown = [box["value"] for box in page.select("[name=columns][checked]")]
    assert shown == ["people", "waiting", "due", "tags", "number", "priority", "assignee"]
    answer = send(desk, "/desk/columns", back="/desk?view=all", columns=["updated", "due"])
    assert answer.headers["Location"].endswith("/desk?view=all") and "HttpOnly" in answer.headers["Set-Cookie"]
    page = parse_page(desk.get("/desk/queue?view=all"))
    assert page.select_one("#queue")["data-hidden"] == "assignee number people priority tags waiting"
    assert page.select_one(".queue-updated").text
    everything = [*shown, "updated"]
    send(desk, "/desk/columns", back="https://elsewhere.example/", columns=everything)
    assert parse_page(desk.get("/desk")).select_one("#queue")["data-hidden"] == ""


def test_the_order_of_a_view_is_remembered_and_the_one_by_need_is_said(desk, filed_ticket):
    def order_of(path):
        page = parse_page(desk.get(path))
        said = page.select_one(".queue-order")
        return page.select_one("[name=sort] option[selected]").text, bool(said and "due comes first" in said.text)

    assert order_of("/desk?view=unassigned") == ("What needs us first", True)
    assert order_of("/desk?view=unassigned&sort=newest") == ("Filed last", False)
    assert order_of("/desk?view=unassigned") == ("Filed last", False)
    assert "sort=newest" in parse_page(desk.get("/desk?view=unassigned")).select_one("#queue")["hx-get"]
    beside = parse_page(desk.get(f"/tickets/{filed_ticket.number}?view=unassigned")).select_one(
        ".queue-column [hx-get]"
    )
    assert beside["hx-get"] == "/desk/queue?view=unassigned&sort=newest"
    assert order_of("/desk?view=open") == ("What needs us first", True)
    assert order_of("/desk?view=open&sort=activity")[0] == order_of("/desk?view=open")[0] == "Latest activity"
    assert order_of("/desk?view=unassigned&sort=") == ("What needs us first", True)
    assert order_of("/desk?view=unassigned") == ("What needs us first", True)
    assert order_of("/desk?view=all") == ("Latest activity", False)
    desk.set_cookie("queue_order", "open.<b>-gone.oldest-.-open")
    assert order_of("/desk?view=open") == ("What needs us first", True)


def test_a_search_goes_along_to_another_view_whose_count_follows_it(desk, filed_ticket, make):
    for subject in ("Zebra crossing", "Another", "A third"):
        make.ticket(filed_ticket.requester, subject=subject)
    for path in ("/desk?view=all&q=zebra&sort=oldest", "/desk/views?view=all&q=zebra"):
        views = parse_page(desk.get(path)).select_one("#views")
        link = views.select_one("a[href*='view=open']")
        assert link["href"] == "/desk?view=open&q=zebra" and link.select_one(".count").text == "1"
        assert "q=zebra" in views["hx-get"]
    plain = parse_page(desk.get("/desk?view=all&sort=oldest")).select_one("#views a[href*='view=open']")
    assert plain["href"] == "/desk?view=open" and plain.select_one(".count").text != "1"


def test_bulk_change_says_what_was_done(desk, filed_ticket, session):
    response = send(desk, "/desk/bulk", tickets=str(filed_ticket.number), status="pending", back="/desk?view=waiting")
    toast = parse_page(desk.get(response.location)).select_one("#undo-toast")
    assert "Changed 1 ticket." in toast.text
    assert session.get(Ticket, filed_ticket.id).status == "pending"
    assert send(desk, "/desk/bulk", status="open", back="https://evil.example/").location == "/desk"
    assert "Select at least one ticket." in parse_page(desk.get("/desk")).text
    fields = {each["name"]: each["value"] for each in toast.select("input[type=hidden]")}
    undone = send(desk, toast.form["action"], bulk=fields["bulk"], back=fields["back"])
    assert "1 ticket is as it was." in desk.get(undone.location).text
    session.expire_all()
    assert session.get(Ticket, filed_ticket.id).status == "open"


def test_a_view_is_saved_shown_and_deleted(desk, filed_ticket, session):
    answer = send(desk, "/desk/views", name="Fires", view="open", priority="urgent")
    view = session.scalar(select(SavedView))
    assert answer.location == f"/desk?view=open&priority=urgent&saved={view.id}"
    page = parse_page(desk.get(answer.location))
    assert page.h1.text == "Fires" and page.select_one("#views [aria-current]").text.strip() == "Fires"
    send(desk, f"/desk/views/{view.id}/delete")
    assert "Fires" not in parse_page(desk.get("/desk")).select_one("#views").text


def test_a_refused_view_keeps_what_was_typed(desk, filed_ticket, session):
    answer = send(desk, "/desk/views", name="Fires", view="open", tag="no-such-tag", shared="1")
    page = parse_page(desk.get(answer.location))
    assert "no-such-tag" in page.select_one(".notice-error, .notice").text
    form = page.select_one("details[open] form[action='/desk/views']")
    assert form.select_one("[name=name]")["value"] == "Fires" and form.select_one("[name=shared]").has_attr("checked")
    assert form.select_one("[name=tag]")["value"] == "no-such-tag" and session.scalar(select(SavedView)) is None


def test_customers_find_no_desk(filed_ticket, browser_of):
    client = browser_of(filed_ticket.requester)
    for path in (
        "/desk",
        "/desk/queue",
        "/desk/views",
        "/desk/export.csv",
        "/desk/remarks",
        "/review",
        f"/tickets/{filed_ticket.number}/merge",
        f"/tickets/{filed_ticket.number}/move",
        f"/tickets/{filed_ticket.number}/team-bar",
        f"/tickets/{filed_ticket.number}/team-tools",
    ):
        assert client.get(path).status_code == 404, path
    page = parse_page(client.get(f"/tickets/{filed_ticket.number}"))
    assert not page.select("#team-bar, #team-tools, #team-canned")


def test_the_queue_as_csv_has_no_formula(desk, make):
    make.ticket(make.user(make.organization()), subject="=HYPERLINK(1)")
    text = desk.get("/desk/export.csv").get_data(as_text=True)
    assert '"\'=HYPERLINK(1)"' in text


def test_a_macro_shows_what_it_sets_and_sending_does_it(desk, filed_ticket, make, session):
    lead = make.agent(role="lead")
    macro = canned_replies.save_reply(
        None, title="Take", body="On it.", actor=lead, shared=True, assignee="me", priority="high"
    )
    session.commit()
    path = f"/tickets/{filed_ticket.number}"
    entries = parse_page(desk.get("/desk/palette?q=ta", headers={"HX-Current-URL": f"https://x{path}?view=mine"}))
    assert entries.select_one("a")["href"] == f"{path}?macro={macro.id}"
    page = parse_page(desk.get(f"{path}?macro={macro.id}"))
    assert page.select_one("#composer textarea").text.strip() == "On it."
    assert [box["name"] for box in page.select(".composer-changes input:checked")] == ["assignee", "priority"]
    data = {
        name: page.select_one(f"#composer [name={name}]")["value"] for name in ("csrf_token", "form_token", "macro")
    }
    desk.post(f"{path}/replies", data=data | {"body": "On it now.", "assignee": "me", "priority": "high"})
    session.expire_all()
    assert (filed_ticket.assignee.name, filed_ticket.priority) == ("Maya Lind", "high")
    wordless = {"body": "", "assignee": "none", "priority": "", "form_token": "e" * 32}
    assert desk.post(f"{path}/replies", data=data | wordless).status_code == 303
    session.expire_all()
    assert filed_ticket.assignee is None and len(filed_ticket.messages) == 2
    data = {"csrf_token": data["csrf_token"], "form_token": "d" * 32, "tickets": filed_ticket.number, "macro": macro.id}
    assert "Changed 1 ticket" in desk.post("/desk/bulk", data=data, follow_redirects=True).text
    session.expire_all()
    assert filed_ticket.assignee is not None and len(filed_ticket.messages) == 3


def test_a_canned_reply_goes_below_what_was_typed_and_sends_nothing(desk, filed_ticket, make, session):
    lead = make.agent(role="lead")
    reply = canned_replies.save_reply(
        None, title="Hello", body="Dear {{first_name}}", actor=lead, shared=True, status="pending"
    )
    session.commit()
    page = parse_page(desk.get(f"/tickets/{filed_ticket.number}"))
    assert [option.text for option in page.select("#canned option")] == ["Choose one", "Hello"]
    token = page.find("meta", {"name": "csrf-token"})["content"]
    answer = parse_page(
        desk.post(
            f"/tickets/{filed_ticket.number}/canned",
            data={"canned": reply.id, "body": "Typed.", "form_token": "f" * 32},
            headers={"X-CSRFToken": token, "HX-Request": "true"},
        )
    )
    assert answer.select_one("#body-reply").text.strip() == "Typed.\n\nDear Dana"
    assert answer.select_one("select[name=status] option[selected]")["value"] == "pending"
    assert answer.select_one(".composer-reply [name=form_token]")["value"] == "f" * 32
    assert len(session.scalars(select(Message)).all()) == 1
    plain = parse_page(
        desk.post(f"/tickets/{filed_ticket.number}/canned", data={"canned": reply.id, "csrf_token": token})
    )
    assert plain.h1 and "Dear Dana" in plain.select_one("#body-reply").text


def test_clocks_and_who_else_is_here(desk, filed_ticket, make, session, browser_of):
    policies.set_policies({"normal-first_response": "1h"}, actor=make.agent(role="admin"))
    session.commit()
    other = make.ticket(filed_ticket.requester)
    page = parse_page(desk.get(f"/tickets/{other.number}"))
    assert "First response: due" in page.select_one("#team-bar").text
    jonas = browser_of(make.agent("Jonas Park"))
    parse_page(jonas.get(f"/tickets/{other.number}/present"))
    assert "Jonas Park is here too" in parse_page(desk.get(f"/tickets/{other.number}/present")).text
    token = parse_page(jonas.get("/desk")).find("meta", {"name": "csrf-token"})["content"]
    assert (
        jonas.post(
            f"/tickets/{other.number}/presence", headers={"X-CSRFToken": token, "HX-Request": "true"}
        ).status_code
        == 204
    )
    assert "Jonas Park is writing" in parse_page(desk.get(f"/tickets/{other.number}/present")).text
    assert "Maya Lind" not in parse_page(desk.get(f"/tickets/{other.number}/present")).text


def test_linking_merging_and_their_mistakes(desk, filed_ticket, make, session):
    twin, foreign = make.ticket(filed_ticket.requester, subject="Smoke"), make.ticket()
    path = f"/tickets/{filed_ticket.number}"
    send(desk, f"{path}/links", number=f"#{foreign.number}")
    assert session.scalar(select(TicketLink)) is not None
    assert f"#{foreign.number}" in parse_page(desk.get(path)).select_one("#team-tools").text
    page = parse_page(send(desk, f"{path}/links", 422, number="999999"), 422)
    assert page.select_one("#link-error").text == "There is no ticket with this number."
    assert page.select_one("#link-number")["value"] == "999999"
    page = parse_page(send(desk, f"{path}/merge", 422, into=str(foreign.number)), 422)
    assert "same organization" in page.select_one(".error-summary").text
    assert "Smoke" in parse_page(desk.get(f"{path}/merge?into={twin.number}")).select_one("main form").text
    assert send(desk, f"{path}/merge", into=str(twin.number)).location == f"/tickets/{twin.number}"
    assert "merged into" in parse_page(desk.get(path)).select_one("#ticket-header").text
    send(desk, f"{path}/links/{foreign.number}/delete")
    session.rollback()
    assert session.scalar(select(TicketLink)) is None


def test_moving_asks_with_what_it_exposes_and_needs_a_yes(desk, filed_ticket, make, session):
    initech = make.organization("Initech")
    bill = make.user(initech, "Bill")
    page = parse_page(desk.get(f"/tickets/{filed_ticket.number}/move?organization=initech"))
    assert "1 person of the new organization can then read" in page.select_one(".notice-warning").text
    page = parse_page(
        send(desk, f"/tickets/{filed_ticket.number}/move", 422, organization="initech", requester=str(bill.id)), 422
    )
    assert "Confirm" in page.select_one(".error-summary").text
    send(desk, f"/tickets/{filed_ticket.number}/move", organization="initech", requester=str(bill.id), understood="1")
    session.expire_all()
    assert session.get(Ticket, filed_ticket.id).organization_id == initech.id


def test_reply_and_status_in_one_step(desk, filed_ticket, session):
    send(desk, f"/tickets/{filed_ticket.number}/replies", body="Done", status="solved", form_token="a" * 32)
    session.expire_all()
    assert session.get(Ticket, filed_ticket.id).status == "solved"
