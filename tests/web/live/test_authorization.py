"""Who is notified of what: streams of the served portal, and changes made by the domain's own functions."""

import pytest

from helpdesk.domain import tickets
from helpdesk.domain.colleagues import management
from helpdesk.domain.people import memberships, session_revocation, users
from tests.web.live.conftest import HELLO

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def names(stream, last: str) -> set[str]:
    """Everything a stream received until it received ``last``, without saying that only messages changed."""
    received = b""
    while not any(name.encode() in received for name in (last, last.replace("ticket:", "messages:"))):
        received += stream.until(b"\n\n")
    lines = received.decode().splitlines()
    names = [name for line in lines if line.startswith("data: ") for name in line.removeprefix("data: ").split()]
    return {name.replace("messages:", "ticket:") for name in names}


def say(session, ticket, author, body="Hello.", **values) -> None:
    tickets.reply(ticket, author=author, body=body, **values)
    session.commit()


def test_nobody_who_is_signed_out_hears(server):
    for path in ("/live", "/tickets/1/live"):
        assert b" 401 " in server.ask("none=none", path).until(b"\r\n\r\n")


def test_a_ticket_of_another_organization_is_not_there(server, make):
    theirs = make.ticket()
    cookie = server.cookie(make.user(make.organization()))
    assert b" 404 " in server.ask(cookie, f"/tickets/{theirs.number}/live").until(b"\r\n\r\n")


def test_a_customer_hears_of_their_organization_alone_and_of_no_note(server, make, session):
    dana, agent = make.user(make.organization()), make.agent()
    mine, theirs = make.ticket(dana), make.ticket()
    stream, desk = server.stream(server.cookie(dana)), server.stream(server.cookie(agent))
    tickets.add_note(mine, author=agent, body="Between us.")
    session.commit()
    assert names(desk, f"ticket:{mine.id}") >= {f"ticket:{mine.id}"}
    say(session, theirs, theirs.requester)
    assert names(desk, f"ticket:{theirs.id}") >= {f"ticket:{theirs.id}"}
    say(session, mine, agent)
    assert names(stream, f"ticket:{mine.id}") == {f"ticket:{mine.id}"}


def test_somebody_who_sees_only_their_own_hears_of_what_they_filed_or_follow(server, make, session):
    organization = make.organization()
    dana, oscar = make.user(organization, ticket_visibility="own"), make.user(organization)
    mine, followed, other = make.ticket(dana), make.ticket(oscar), make.ticket(oscar)
    tickets.add_follower(followed, dana, actor=make.agent())
    session.commit()
    stream = server.stream(server.cookie(dana))
    say(session, other, oscar)
    say(session, followed, oscar)
    assert names(stream, f"ticket:{followed.id}") == {f"ticket:{followed.id}"}
    say(session, mine, dana)
    assert names(stream, f"ticket:{mine.id}") == {f"ticket:{mine.id}"}


def test_one_ticket_has_a_stream_of_its_own(server, make, session):
    dana, agent = make.user(make.organization()), make.agent()
    first, second = make.ticket(dana), make.ticket(dana)
    stream, of_team = (server.stream(server.cookie(user), f"/tickets/{first.number}/live") for user in (dana, agent))
    say(session, second, dana)
    say(session, first, dana)
    for each in (stream, of_team):
        assert names(each, f"ticket:{first.id}") == {f"ticket:{first.id}"}


def test_a_withdrawn_session_hears_no_more(server, make, session):
    dana = make.user(make.organization())
    cookie = server.cookie(dana)
    stream = server.stream(cookie)
    session_revocation.revoke_user_sessions(dana)
    session.commit()
    assert stream.to_its_end().endswith(b"0\r\n\r\n")
    assert b" 401 " in server.ask(cookie).until(b"\r\n\r\n")


def test_a_removed_colleague_hears_nothing_more_at_once(server, make, session):
    organization = make.organization()
    ada, bob = make.user(organization), make.user(organization)
    memberships.set_admin(ada, organization, True, actor=make.agent(role="admin"))
    session.commit()
    cookie = server.cookie(bob)
    stream = server.stream(cookie)
    management.remove(bob.id, actor=ada)
    session.commit()
    assert stream.to_its_end().endswith(b"0\r\n\r\n")
    assert b" 401 " in server.ask(cookie).until(b"\r\n\r\n")


def test_a_change_of_what_somebody_sees_ends_the_stream_that_was_authorised_before(server, make, session):
    organization = make.organization()
    dana, oscar = make.user(organization), make.user(organization)
    cookie = server.cookie(dana)
    stream = server.stream(cookie)
    users.set_ticket_visibility(dana, organization, "own", actor=make.agent(role="admin"))
    session.commit()
    assert stream.to_its_end().endswith(b"0\r\n\r\n")
    stream, other = server.stream(cookie), make.ticket(oscar)
    say(session, other, oscar)
    mine = make.ticket(dana)
    assert names(stream, f"ticket:{mine.id}") == {f"ticket:{mine.id}"}


def test_under_a_plain_wsgi_server_pages_poll(browser_of, make):
    ticket = make.ticket()
    client = browser_of(ticket.requester)
    for path in ("/live", f"/tickets/{ticket.number}/live"):
        answer = client.get(path)
        assert (answer.status_code, answer.data) == (204, b"")
    page = client.get(f"/tickets/{ticket.number}").get_data(as_text=True)
    assert page.count('hx-trigger="live:changed, every 60s"') == 3
    assert HELLO.decode() not in page
