"""The team files tickets for customers, also for those who never signed in, and adds people."""

import pytest
from sqlalchemy import select

from helpdesk.domain.people import admission, own_domains
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from tests.web.pages import parse_page


@pytest.fixture
def globex(make):
    make.channel("C0TRIAGE")
    make.form("incident")
    make.form("request")
    return make.organization("Globex", domain="globex.example")


@pytest.fixture
def desk(globex, make, browser_of):
    return browser_of(make.agent("Maya"))


def send(client, path, **data):
    token = parse_page(client.get("/desk")).find("meta", {"name": "csrf-token"})["content"]
    return client.post(path, data=data | {"csrf_token": token})


def test_the_customer_stays_chosen_when_there_are_several_forms(desk, globex, make, session):
    dana = make.user(globex, "Dana Fields")
    chooser = parse_page(desk.get(f"/tickets/new?for={dana.email}"))
    assert "Dana Fields" in chooser.select_one("main").text
    links = [link["href"] for link in chooser.select(".form-choices a")]
    assert len(links) == 2
    form = parse_page(desk.get(links[0]))
    assert form.select_one("#ticket-form [name=for]")["value"] == dana.email
    answer = send(
        desk,
        "/tickets",
        form=form.select_one("#ticket-form [name=form]")["value"],
        subject="Filed for you",
        body="words",
        **{"for": dana.email},
    )
    assert answer.status_code == 303
    assert session.scalars(select(Ticket)).one().requester_id == dana.id


def test_a_customer_is_found_by_a_part_of_the_name(desk, globex, make):
    make.user(globex, "Dana Fields")
    page = parse_page(desk.get("/tickets/new?for=fiel"))
    assert "Dana Fields" in page.select_one("#person-matches").text
    assert "Nobody has this name" in parse_page(desk.get("/tickets/new?for=zzz")).text


def test_somebody_who_never_signed_in_is_added_and_gets_a_ticket(desk, globex, session):
    page = parse_page(desk.get("/tickets/new?for=ann@globex.example"))
    assert "No customer has this address yet" in page.text
    add = parse_page(desk.get("/desk/people/new?then=ticket&email=ann@globex.example"))
    assert add.select_one("#field-organization option[selected]")["value"] == globex.slug
    answer = send(
        desk, "/desk/people", email="ann@globex.example", name="Ann Lee", organization=globex.slug, then="ticket"
    )
    assert answer.location == "/tickets/new?for=ann%40globex.example"
    ann = session.scalars(select(User).where(User.email == "ann@globex.example")).one()
    assert (ann.name, ann.organization_id, ann.ticket_visibility) == ("Ann Lee", globex.id, "organization")
    assert parse_page(desk.get(answer.location)).select(".form-choices a")


def test_an_address_that_no_rule_admits_is_listed_and_sees_only_its_own_tickets(desk, globex, session):
    send(desk, "/desk/people", email="ann@mail.example", name="Ann", organization=globex.slug)
    ann = session.scalars(select(User).where(User.email == "ann@mail.example")).one()
    assert ann.ticket_visibility == "own"
    assert [each.id for each in admission.admitting_organizations("ann@mail.example")] == [globex.id]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"email": "nonsense"}, "address"),
        ({"email": "ann@globex.example", "organization": ""}, "Choose the organization"),
        ({"email": "tom@support.example"}, "of our own"),
    ],
)
def test_what_cannot_be_added_is_said_beside_the_field(desk, globex, session, values, sentence):
    answer = send(desk, "/desk/people", **({"organization": globex.slug, "name": "Ann"} | values))
    page = parse_page(answer, 422)
    assert sentence in page.select_one("main").text
    assert page.select_one("#field-name")["value"] == "Ann"
    assert session.scalars(select(User).where(User.name == "Ann")).all() == []


def test_somebody_known_elsewhere_is_not_moved(desk, globex, make):
    other = make.user(make.organization("Initech"), "Peter")
    page = parse_page(send(desk, "/desk/people", email=other.email, name="Peter", organization=globex.slug), 422)
    assert "at Initech" in page.text


def test_a_person_and_their_organization_have_pages(desk, globex, make):
    dana = make.user(globex, "Dana Fields")
    ticket = make.ticket(dana, subject="The printer is on fire")
    person = parse_page(desk.get(f"/desk/people/{dana.id}")).select_one("main")
    assert "The printer is on fire" in person.text and "lets in everybody" in person.text
    organization = parse_page(desk.get(f"/desk/people/organizations/{globex.slug}")).select_one("main")
    assert "Dana Fields" in organization.text and ticket.subject in organization.text
    assert "Dana Fields" in parse_page(desk.get("/desk/people?q=fields")).text
    assert parse_page(desk.get(f"/desk?view=all&requester={dana.id}")).select(f"#ticket-{ticket.number}")
    assert not parse_page(desk.get(f"/desk?view=all&requester={dana.id + 1}")).select(f"#ticket-{ticket.number}")


def test_organizations_of_their_own_domains_are_never_customers(globex):
    assert "support.example" in own_domains.list_own_domains()
