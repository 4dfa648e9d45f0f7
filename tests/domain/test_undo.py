"""What the team did on a page can be undone until it leaves, on both databases."""

import pytest
from sqlalchemy import select

from helpdesk.domain import tickets
from helpdesk.domain.administration import settings as chosen
from helpdesk.domain.errors import ConflictError, PermissionDenied
from helpdesk.models.attachment import Attachment
from helpdesk.models.delivery import Delivery
from helpdesk.models.event import Event
from helpdesk.models.message import Message
from helpdesk.models.ticket import Ticket
from helpdesk.models.webhook import Webhook
from tests import time_travel


@pytest.fixture
def filed_ticket(make):
    """A ticket of Globex with a triage channel and its own channel."""
    make.channel("C0TRIAGE")
    return make.ticket(make.user(make.organization("Globex", slack="C0GLOBEX"), "Dana"))


@pytest.fixture
def agent(make):
    return make.agent("Maya")


def reply(session, ticket, agent, body="We look into it.", **more):
    message = tickets.reply(ticket, author=agent, body=body, release_at=tickets.window_end(), **more)
    session.commit()
    return message


def copies(session, message_id):
    return list(session.scalars(select(Delivery).where(Delivery.message_id == message_id)))


def test_no_copy_of_a_reply_is_due_before_the_window_ends(filed_ticket, agent, session):
    message = reply(session, filed_ticket, agent)
    rows = copies(session, message.id)
    assert {row.thread.channel.kind for row in rows} == {"slack", "email"}
    assert {row.due_at for row in rows} == {message.release_at}


def test_a_reply_taken_back_leaves_no_trace(filed_ticket, agent, session):
    before = (filed_ticket.status, filed_ticket.turn_since, filed_ticket.excerpt, filed_ticket.last_public_seq)
    message_id = reply(session, filed_ticket, agent).id
    assert filed_ticket.status == "in_progress" and filed_ticket.assignee is agent
    tickets.take_back_reply(session.get(Message, message_id), editor=agent)
    session.commit()
    ticket = session.get(Ticket, filed_ticket.id)
    assert (ticket.status, ticket.turn_since, ticket.excerpt, ticket.last_public_seq) == before
    assert ticket.assignee is None and ticket.first_response_at is None
    assert session.get(Message, message_id) is None and copies(session, message_id) == []
    assert list(session.scalars(select(Event.kind).where(Event.ticket_id == ticket.id))) == []


def test_a_reply_that_solved_the_ticket_does_not_leave_it_solved(filed_ticket, agent, session):
    tickets.set_status(filed_ticket, "on_hold", actor=agent)
    message = reply(session, filed_ticket, agent)
    tickets.set_status(filed_ticket, "solved", actor=agent, release_at=message.release_at)
    session.commit()
    solved = session.scalars(select(Delivery).where(Delivery.kind == "solved")).one()
    assert solved.due_at == message.release_at
    tickets.take_back_reply(message, editor=agent)
    session.commit()
    ticket = session.get(Ticket, filed_ticket.id)
    assert (ticket.status, ticket.solved_at) == ("on_hold", None)
    assert session.scalars(select(Delivery).where(Delivery.kind == "solved")).all() == []


def test_what_others_did_since_stays(filed_ticket, agent, session, make):
    message = reply(session, filed_ticket, agent)
    tickets.set_status(filed_ticket, "on_hold", actor=make.agent("Tomas"))
    session.commit()
    tickets.take_back_reply(message, editor=agent)
    session.commit()
    assert session.get(Ticket, filed_ticket.id).status == "on_hold"


def test_it_is_too_late_after_the_window(filed_ticket, agent, session):
    message = reply(session, filed_ticket, agent)
    time_travel.advance(11)
    with pytest.raises(ConflictError):
        tickets.take_back_reply(message, editor=agent)
    session.rollback()
    assert copies(session, message.id)


def test_it_is_too_late_once_a_copy_was_tried(filed_ticket, agent, session):
    message = reply(session, filed_ticket, agent)
    copies(session, message.id)[0].attempts = 1
    session.commit()
    with pytest.raises(ConflictError):
        tickets.take_back_reply(message, editor=agent)


def test_only_the_author_undoes(filed_ticket, agent, session, make):
    message = reply(session, filed_ticket, agent)
    with pytest.raises(PermissionDenied):
        tickets.take_back_reply(message, editor=make.agent("Tomas"))


def test_undoing_twice_says_so(filed_ticket, agent, session):
    message = reply(session, filed_ticket, agent)
    tickets.take_back_reply(message, editor=agent)
    session.commit()
    assert session.scalar(select(Message).where(Message.from_team)) is None


def test_without_a_window_a_reply_leaves_at_once_and_cannot_be_undone(filed_ticket, agent, session):
    chosen.set("web_undo_seconds", 0)
    message = reply(session, filed_ticket, agent)
    assert message.release_at is None
    with pytest.raises(ConflictError):
        tickets.take_back_reply(message, editor=agent)


def test_its_files_are_drafts_again(filed_ticket, agent, session):
    draft = Attachment(
        key="k" * 20, name="log.txt", media_type="text/plain", size=3, uploader_id=agent.id, organization_id=None
    )
    session.add(draft)
    session.commit()
    message = reply(session, filed_ticket, agent, attachments=[draft])
    tickets.take_back_reply(message, editor=agent)
    session.commit()
    session.refresh(draft)
    assert (draft.message_id, draft.ticket_id, draft.uploader_id) == (None, None, agent.id)


def test_its_webhook_does_not_leave(filed_ticket, agent, session):
    session.add(Webhook(name="CRM", url="https://crm.example/", events=["message.replied"], created_by_id=agent.id))
    session.commit()
    message = reply(session, filed_ticket, agent)
    assert session.scalars(select(Delivery).where(Delivery.kind == "webhook")).one().due_at == message.release_at
    tickets.take_back_reply(message, editor=agent)
    session.commit()
    assert session.scalars(select(Delivery).where(Delivery.kind == "webhook")).all() == []


def test_solving_is_undone_with_its_mail(filed_ticket, agent, session):
    since = filed_ticket.turn_since
    tickets.solve(filed_ticket, actor=agent, release_at=tickets.window_end())
    seq = filed_ticket.next_seq - 1
    session.commit()
    tickets.undo_status(filed_ticket, seq, actor=agent)
    session.commit()
    ticket = session.get(Ticket, filed_ticket.id)
    assert (ticket.status, ticket.solved_at, ticket.turn_since) == ("open", None, since)
    assert session.scalars(select(Delivery).where(Delivery.kind == "solved")).all() == []
    with pytest.raises(ConflictError):
        tickets.undo_status(ticket, seq, actor=agent)


def test_a_status_set_again_since_is_not_undone(filed_ticket, agent, session):
    tickets.solve(filed_ticket, actor=agent, release_at=tickets.window_end())
    seq = filed_ticket.next_seq - 1
    tickets.reopen(filed_ticket, actor=agent)
    session.commit()
    with pytest.raises(ConflictError):
        tickets.undo_status(filed_ticket, seq, actor=agent)
