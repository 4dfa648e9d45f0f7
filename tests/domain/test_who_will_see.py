"""The sentence about who will read a reply asks what the delivery asks, and a skipped delivery says why."""

import pytest
from sqlalchemy import literal, select

from helpdesk import clock
from helpdesk.channels.slack import visibility
from helpdesk.domain import labels, tickets
from helpdesk.domain.people import admission, organizations
from helpdesk.domain.tickets import delivery_status, followers
from helpdesk.models.delivery import Delivery
from helpdesk.models.user import User
from helpdesk.translation import use_language
from tests.factories import signed_in_client


def audience(ticket, reader) -> str:
    ticket.__dict__.pop("delivery_status_read", None)
    threads = [each for each in delivery_status.delivery_threads(ticket) if each.ended_at is None]
    return labels.describe_audience(ticket, threads, reader)


@pytest.fixture
def wanda(make):
    globex = make.organization("Globex")
    wanda, bo, maya = make.user(globex, "Wanda"), make.user(globex, "Bo"), make.agent("Maya")
    ticket = make.ticket(wanda)
    followers.add_follower(ticket, bo, actor=wanda)
    make.session.commit()
    return globex, wanda, bo, maya, ticket


def leave(how: str, globex, person) -> None:
    if how == "deactivated":
        person.deactivated_at = clock.now()
    elif how == "domain":
        organizations.update_organization(globex, version=globex.version, actor=None, domains=[])
    elif how == "unlisted":
        globex.allowlist_only = True
    else:
        globex.portal_enabled = False


@pytest.mark.parametrize("how", ["deactivated", "domain", "unlisted", "portal"])
def test_who_may_no_longer_see_it_is_not_among_the_readers(how, session, wanda):
    globex, requester, bo, maya, ticket = wanda
    assert audience(ticket, maya).startswith("Wanda, Bo and everybody at Globex")
    leave(how, globex, requester)
    session.commit()
    text = audience(ticket, maya)
    assert text.endswith("but not Wanda, who may no longer see this ticket")
    assert ("Bo" in text) == (how == "deactivated")  # the others concern everybody of the company
    assert "but not Wanda" in visibility._describe_portal(ticket)


def test_the_condition_is_the_rule_of_the_delivery(session, wanda, make):
    globex, requester, bo, maya, ticket = wanda
    initech = make.organization("Initech", "initech.example")
    own = make.user(globex, "Own", ticket_visibility="own")
    people = [requester, bo, maya, own, make.user(initech), make.user(globex, "Gone", deactivated_at=clock.now())]
    people.append(make.user(globex, "Elsewhere", email="elsewhere@initech.example"))
    listed = make.user(globex, "Listed", email="listed@gmail.com")
    organizations.update_organization(globex, version=globex.version, actor=None, addresses=[listed.email, own.email])
    for only_listed in (False, True):
        globex.allowlist_only = only_listed
        session.commit()
        rule = admission.can_receive_mail_condition(literal(ticket.organization_id), literal(ticket.id))
        found = set(session.scalars(select(User.id).where(rule)))
        assert found == {each.id for each in [*people, listed] if admission.can_receive_mail(each, ticket)}
        assert len(found) == (2 if only_listed else 4)


def test_a_skipped_delivery_says_why_on_the_ticket(app, session, wanda):
    _, requester, _, maya, ticket = wanda
    message = tickets.reply(ticket, author=maya, body="Here you are")
    for delivery in session.scalars(select(Delivery).where(Delivery.message_id == message.id)):
        delivery.state, delivery.reason = "cancelled", f"{delivery.thread.user.display_name} may no longer see this."
    session.commit()
    page = signed_in_client(app, maya).get(f"/tickets/{ticket.id}").text
    assert "skipped" in page and "Wanda may no longer see this." in page


def test_names_of_another_direction_do_not_reorder_the_sentence(wanda, session):
    _, person, _, maya, ticket = wanda
    assert "\u2068" not in audience(ticket, maya)
    with use_language("ar"):
        assert "\u2068Wanda\u2069" in audience(ticket, maya) and "\u2068Globex\u2069" in audience(ticket, person)
    person.name = "\u0648\u0646\u062f\u0627"
    session.commit()
    assert f"\u2068{person.name}\u2069" in audience(ticket, maya)
