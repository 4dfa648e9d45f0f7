"""Tickets that belong together, and tickets that were somebody else's all along."""

import pytest
from sqlalchemy import select

from helpdesk.domain import tickets
from helpdesk.domain.errors import ConflictError, PermissionDenied, ValidationError
from helpdesk.domain.people import permissions
from helpdesk.domain.tickets import links, merging, transfer
from helpdesk.models.delivery import Delivery
from helpdesk.models.form import Answer
from helpdesk.models.message import Message
from helpdesk.models.rating import Rating
from helpdesk.models.thread import Thread


@pytest.fixture
def agent(make):
    return make.agent("Maya Lind")


def test_a_merged_ticket_is_closed_and_what_is_said_to_it_is_said_to_the_other(session, make, agent):
    globex = make.organization("Globex")
    ann, bo = make.user(globex, ticket_visibility="own"), make.user(globex, ticket_visibility="own")
    source, target = make.ticket(ann), make.ticket(bo)
    merging.merge_tickets(source, target, actor=agent)
    session.commit()
    assert (source.status, source.merged_into_id) == ("closed", target.id)
    assert permissions.can_see(ann, target), "who filed the merged one follows the other"
    message = tickets.reply(source, author=ann, body="Any news?")
    session.commit()
    assert message.ticket_id == target.id
    assert tickets.create_follow_up(source, requester=ann, body="Hello?") is target
    assert links.list_linked_tickets(target, agent) == [source]
    assert links.describe_link(target, source) == "merged here"


def test_only_one_organizations_open_tickets_are_merged(session, make, agent):
    one, other = make.ticket(), make.ticket()
    with pytest.raises(ValidationError):
        merging.merge_tickets(one, other, actor=agent)
    with pytest.raises(ValidationError):
        merging.merge_tickets(one, one, actor=agent)
    with pytest.raises(PermissionDenied):
        merging.merge_tickets(one, make.ticket(one.requester), actor=one.requester)
    closed = make.ticket(one.requester)
    tickets.set_status(closed, "closed", actor=agent)
    with pytest.raises(ConflictError):
        merging.merge_tickets(one, closed, actor=agent)


def test_a_merged_ticket_whose_goal_moved_away_leads_nobody_there(session, make, agent):
    requester = make.user(make.organization())
    source, target = make.ticket(requester), make.ticket(requester)
    merging.merge_tickets(source, target, actor=agent)
    elsewhere = make.organization()
    transfer.transfer_ticket(target, elsewhere, requester=make.user(elsewhere), actor=agent)
    session.commit()
    with pytest.raises(ConflictError):
        tickets.reply(source, author=requester, body="Secret of the first organization")
    assert not permissions.can_see(requester, target)


def test_links_are_one_row_and_seen_from_both_sides_by_the_team_only(session, make, agent):
    one, other = make.ticket(), make.ticket()
    links.link_tickets(other, one, actor=agent)
    links.link_tickets(one, other, actor=agent)
    session.commit()
    assert links.list_linked_tickets(one, agent) == [other] and links.list_linked_tickets(other, agent) == [one]
    assert links.list_linked_tickets(one, one.requester) == []
    links.unlink_tickets(one, other, actor=agent)
    session.commit()
    assert links.list_linked_tickets(one, agent) == []
    with pytest.raises(PermissionDenied):
        links.link_tickets(one, other, actor=one.requester)


def test_moving_says_beforehand_what_it_exposes(session, make, agent):
    globex, initech = make.organization("Globex", slack="CGLOBEX"), make.organization("Initech", slack="CINITECH")
    ann, bill = make.user(globex, "Ann Ambrose"), make.user(initech, "Bill")
    make.user(initech, ticket_visibility="own")
    ticket = make.ticket(ann)
    tickets.add_note(ticket, author=agent, body="Not for them")
    session.commit()
    found = transfer.preview_transfer(ticket, initech)
    assert (found.replies, found.readers, found.channels, found.losers) == (1, 1, ["#cinitech"], ["Ann Ambrose"])
    assert any("Ann Ambrose can no longer open it" in sentence for sentence in found.sentences)
    with pytest.raises(ValidationError):
        transfer.transfer_ticket(ticket, initech, requester=ann, actor=agent)
    with pytest.raises(PermissionDenied):
        transfer.transfer_ticket(ticket, initech, requester=bill, actor=ann)


def test_moving_says_that_answers_and_the_comment_of_the_rating_go_with_it(session, make, agent):
    globex, initech = make.organization("Globex"), make.organization("Initech")
    fields = ({"key": "room"}, {"key": "code", "team_only": True})
    ticket = make.ticket(make.user(globex, "Ann"), form=make.form("asset", fields=fields))
    for field in ticket.form_version.fields:
        session.add(
            Answer(ticket_id=ticket.id, organization_id=globex.id, field_id=field.id, value="North 4", text="North 4")
        )
    session.add(Rating(ticket_id=ticket.id, user_id=ticket.requester_id, score=5, comment=""))
    session.commit()
    found = transfer.preview_transfer(ticket, initech)
    assert (found.answers, found.has_comment) == (1, False), "answers for the team only stay with the team"
    session.query(Rating).update({"comment": "Ann's own words"})
    session.commit()
    sentences = " ".join(transfer.preview_transfer(ticket, initech).sentences)
    assert "1 answer in its form" in sentences and "comment with which the former requester rated it" in sentences


def test_a_moved_ticket_is_the_new_organizations_alone_with_everything_in_it(session, make, agent):
    make.channel("TRIAGE")
    globex, initech = make.organization("Globex", slack="CGLOBEX"), make.organization("Initech", slack="CINITECH")
    ann, bill = make.user(globex), make.user(initech)
    ticket = make.ticket(ann)
    tickets.reply(ticket, author=agent, body="Hello Ann")
    session.commit()
    transfer.transfer_ticket(ticket, initech, requester=bill, actor=agent)
    session.commit()
    assert permissions.can_see(bill, ticket) and not permissions.can_see(ann, ticket)
    assert {m.organization_id for m in session.scalars(select(Message).where(Message.ticket_id == ticket.id))} == {
        initech.id
    }
    assert [entry.kind for entry in tickets.load_timeline(ticket, agent)][-1] == "moved"
    assert "moved" not in [entry.kind for entry in tickets.load_timeline(ticket, bill)], (
        "where it came from is nobody's business"
    )
    living = {t.channel.external_id for t in session.scalars(select(Thread).where(Thread.ended_at.is_(None)))}
    assert living == {"TRIAGE", "CINITECH", "mail"}
    reply = tickets.reply(ticket, author=agent, body="Hello Bill")
    session.commit()
    places = {
        d.thread.channel.external_id for d in session.scalars(select(Delivery).where(Delivery.message_id == reply.id))
    }
    assert places == {"TRIAGE", "CINITECH", "mail"}
    mail = session.scalar(select(Delivery).where(Delivery.message_id == reply.id, Delivery.thread.has(user_id=bill.id)))
    assert mail is not None
    unsent = session.scalars(select(Delivery).join(Thread).where(Thread.user_id == ann.id)).all()
    assert {d.state for d in unsent} == {"cancelled"}
