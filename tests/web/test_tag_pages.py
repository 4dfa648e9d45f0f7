"""Tags on the pages: beside a ticket, in the queue, for many tickets at once, in files, figures and the settings."""

import csv
import re

import pytest

from helpdesk.domain import tickets
from helpdesk.domain.tickets import tag_list, tags
from helpdesk.models.saved_view import SavedView
from tests.web.pages import parse_page
from tests.web.test_desk_pages import send

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def admin(make):
    return make.agent("Ada", role="admin")


@pytest.fixture
def desk(browser_of, admin):
    return browser_of(admin)


@pytest.fixture
def dana(make):
    return make.user(make.organization("Globex"), "Dana Fields")


def names(page) -> list[str]:
    return [each.text.strip() for each in page.select(".tags .tag a")]


def test_tags_are_added_and_removed_beside_a_ticket(desk, dana, make, session):
    ticket = make.ticket(dana)
    printed = ".sidebar-section:not(.controls) > #tags-title"  # an empty heading is not
    assert not parse_page(desk.get(f"/tickets/{ticket.number}")).select(printed)
    send(desk, f"/tickets/{ticket.number}/tags", tags="Refund, needs call")
    page = parse_page(desk.get(f"/tickets/{ticket.number}"))
    assert names(page) == ["needs-call", "refund"] and page.select(printed)
    assert page.select_one(".tags .tag a")["href"] == "/desk?view=all&tag=needs-call"
    assert "Ada tagged this needs-call and refund" in page.select_one("[data-kind=tagged]").text
    send(desk, f"/tickets/{ticket.number}/tags/delete", tag="refund")
    assert names(parse_page(desk.get(f"/tickets/{ticket.number}"))) == ["needs-call"]
    response = send(desk, f"/tickets/{ticket.number}/tags", 422, tags='say "hi"')
    page = parse_page(response, 422)
    assert page.select_one("#add-tags")["value"] == 'say "hi"' and "has no quotes" in page.select_one("#tag-error").text
    assert [each["value"] for each in parse_page(desk.get("/desk/tags")).select("#tag-names option")] == [
        "needs-call",
        "refund",
    ]


def test_a_customer_reads_no_tag_anywhere(desk, dana, make, browser_of, session, admin):
    ticket = make.ticket(dana)
    tags.set_tags(ticket, ["zanzibar"], actor=admin)
    tickets.reply(ticket, author=admin, body="Hello.")
    session.commit()
    client = browser_of(dana)
    for path in ("/tickets", "/tickets.csv", f"/tickets/{ticket.number}", f"/tickets/{ticket.number}/facts"):
        response = client.get(path)
        assert response.status_code == 200 and "zanzibar" not in response.text, path
    assert "zanzibar" in desk.get(f"/tickets/{ticket.number}").text


def test_the_queue_shows_and_filters_tags_and_keeps_the_filter_in_the_address_and_in_a_view(
    desk, dana, make, session, admin
):
    tagged, _ = make.ticket(dana), make.ticket(dana)
    tags.set_tags(tagged, ["refund", "vip"], actor=admin)
    session.commit()
    page = parse_page(desk.get("/desk?view=all&tag=refund"))
    assert [row["id"] for row in page.select(".queue-row")] == [f"ticket-{tagged.number}"]
    assert [tag.text for tag in page.select(".queue-tags .tag")] == ["refund", "vip"]
    assert page.select_one("select[name=tag] option[selected]").text == "refund"
    assert "tag=refund" in page.select_one("#queue")["hx-get"]
    unknown = parse_page(desk.get("/desk?view=all&tag=nothing"))
    assert unknown.select_one("#queue .empty") and unknown.select_one("select[name=tag] option[selected]").text
    send(desk, "/desk/views", name="Refunds", view="all", tag="refund")
    tag_list.rename_tag(tag_list.find_by_name("refund"), "money-back", actor=admin)
    session.commit()
    assert session.query(SavedView).one().filters["tag"] == "money-back"


def test_many_tickets_get_and_lose_tags_and_it_can_be_undone(desk, dana, make, session, admin):
    filed = [make.ticket(dana) for _ in range(3)]
    tags.set_tags(filed[0], ["old"], actor=admin)
    session.commit()
    numbers = [ticket.number for ticket in filed[:2]]
    back = "/desk?view=all&tag=old"
    response = send(desk, "/desk/bulk", tickets=numbers, add_tags="New One", remove_tags="old", back=back)
    assert response.location.startswith("/desk?view=all&tag=old&changed=")
    session.expire_all()
    assert [ticket.tags for ticket in filed] == [("new-one",), ("new-one",), ()]
    toast = parse_page(desk.get(response.location)).select_one("#undo-toast")
    assert "Changed 2 tickets." in toast.text
    fields = {each["name"]: each["value"] for each in toast.select("input[type=hidden]")}
    response = send(desk, toast.form["action"], bulk=fields["bulk"], back=fields["back"])
    assert response.location == "/desk?tag=old&view=all" or response.location == back
    session.expire_all()
    assert [ticket.tags for ticket in filed] == [("old",), (), ()]
    assert "nothing to undo" in desk.get(send(desk, "/desk/bulk/undo", bulk=fields["bulk"]).location).text


def test_files_for_spreadsheets_have_tags_for_the_team(desk, dana, make, session, admin):
    tags.set_tags(make.ticket(dana), ["refund", "vip"], actor=admin)
    session.commit()
    text = desk.get("/desk/export.csv?view=all").get_data(as_text=True).removeprefix("\ufeff")
    rows = list(csv.DictReader(text.splitlines()))
    assert [row["Tags"] for row in rows] == ["refund, vip"]


def test_figures_are_counted_by_tag_and_for_one_tag(desk, dana, make, session, admin):
    one, two, three = (make.ticket(dana) for _ in range(3))
    tags.set_tags(one, ["refund", "vip"], actor=admin)
    tags.set_tags(two, ["refund"], actor=admin)
    for ticket in (one, two, three):
        tickets.assign(ticket, make.agent(), actor=admin)
    tickets.solve(one, actor=admin)
    session.commit()

    def table(path):
        text = desk.get(path).get_data(as_text=True).removeprefix("\ufeff")
        return {row[0]: row[1:3] for row in list(csv.reader(text.splitlines()))[1:]}

    by_tag = table("/review/export.csv?by=tag")
    assert by_tag == {"refund": ["2", "1"], "vip": ["1", "1"], "No tag": ["1", "0"]}
    assert table("/review/export.csv?by=organization&tag=refund") == {"Globex": ["2", "1"]}
    page = parse_page(desk.get("/review?tag=refund&by=week"))
    assert page.select_one("#tag option[selected]").text == "refund"
    assert [each.text.strip() for each in page.select("dl.grid dd > a")][:3] == ["2", "1", "1"]
    assert len(parse_page(desk.get("/review/promises?tag=refund")).select("tbody tr")) == 1
    assert len(parse_page(desk.get("/review/promises")).select("tbody tr")) == 2
    assert len(parse_page(desk.get("/review/reading?tag=vip")).select("tbody tr")) == 1
    assert not parse_page(desk.get("/review/reading?tag=other")).select("tbody tr")


def test_admins_rename_merge_and_remove_tags(desk, dana, make, session, admin):
    one, two = make.ticket(dana), make.ticket(dana)
    tags.set_tags(one, ["refnd", "spam"], actor=admin)
    tags.set_tags(two, ["refund"], actor=admin)
    session.commit()
    page = parse_page(desk.get("/settings/tags"))
    rows = [[cell.text.strip() for cell in row.select("th, td")][:3] for row in page.select("tbody tr")]
    assert rows == [["refnd", "1", "1"], ["refund", "1", "1"], ["spam", "1", "1"]]
    wrong, right, spam = (tag_list.find_by_name(name) for name in ("refnd", "refund", "spam"))
    response = send(desk, f"/settings/tags/{wrong.id}", 409, name="Refund")
    question = parse_page(response, 409)
    assert "There is a tag refund already" in question.text and question.select_one(f'input[value="{right.id}"]')
    send(desk, f"/settings/tags/{wrong.id}/merge", into=right.id)
    send(desk, f"/settings/tags/{spam.id}/delete")
    send(desk, f"/settings/tags/{right.id}", name="money back")
    send(desk, f"/settings/tags/{right.id}", 422, name="x" * 41)
    for tag in (wrong, spam, right):
        while tag_list.apply_change(tag.id):
            pass
    session.commit()
    assert one.tags == two.tags == ("money-back",)
    assert desk.get(f"/settings/tags/{wrong.id}").status_code == 404
    log = desk.get("/settings/audit").text
    assert all(re.search(action, log) for action in ("merged a tag", "removed a tag", "renamed a tag"))
