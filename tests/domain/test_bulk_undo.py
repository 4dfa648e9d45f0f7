"""What was changed for many tickets at once can be undone."""

import pytest
from sqlalchemy import select

from helpdesk import clock
from helpdesk.domain import tickets
from helpdesk.domain.tickets import bulk_undo, bulk_update
from helpdesk.models.delivery import Delivery
from tests import worker_helpers


@pytest.fixture
def agent(make):
    return make.agent("Maya Lind")


def test_what_was_changed_for_several_tickets_is_undone_where_nobody_changed_it_since(session, make, agent):
    requester, other = make.user(make.organization()), make.agent()
    one, two, three = (make.ticket(requester) for _ in range(3))
    tickets.assign(two, other, actor=agent)
    session.commit()
    outcome = bulk_update.update_tickets(
        [one.id, two.id, three.id],
        actor=agent,
        status="pending",
        assignee=str(agent.id),
        priority="high",
        add_tags="vip",
        bulk="b1",
    )
    session.commit()
    assert outcome.undoable == 3
    tickets.set_priority(two, "urgent", actor=other)
    session.commit()
    assert bulk_undo.undo_changes("b1", actor=other) == 0, "somebody else's"
    assert bulk_undo.undo_changes("b1", actor=agent) == 3
    session.commit()
    session.expire_all()
    states = [(each.status, each.assignee, each.priority, each.tags) for each in (one, two, three)]
    before = ("open", None, "normal", ())
    assert states == [before, ("open", other, "urgent", ()), before]
    assert bulk_undo.undo_changes("b1", actor=agent) == 0, "only once"


def test_the_mails_about_solved_tickets_wait_until_solving_many_cannot_be_undone(session, make, agent):
    requester = make.user(make.organization())
    one, two = make.ticket(requester), make.ticket(requester)
    session.commit()
    bulk_update.update_tickets([one.id, two.id], actor=agent, status="solved", bulk="b1")
    session.commit()
    mails = select(Delivery).where(Delivery.kind == "solved", Delivery.state == "pending")
    found = session.scalars(mails).all()
    assert len(found) == 2 and all(mail.due_at > clock.now() for mail in found)
    assert bulk_undo.undo_changes("b1", actor=agent) == 2
    session.commit()
    assert (one.status, two.status) == ("open", "open") and not session.scalars(mails).all()

    bulk_update.update_tickets([one.id], actor=agent, status="solved", bulk="b2")
    session.commit()
    worker_helpers.advance_time(session, 11)
    assert bulk_undo.undo_changes("b2", actor=agent) == 0 and one.status == "solved"
