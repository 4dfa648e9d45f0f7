"""What somebody held goes on without them once they are deactivated."""

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from helpdesk.domain import tickets
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.ticket_lists import agent_queue
from helpdesk.domain.tickets import handover
from helpdesk.models.audit_log import AuditEntry
from helpdesk.models.canned_reply import CannedReply
from helpdesk.models.event import Event
from helpdesk.models.rule import Rule
from helpdesk.models.saved_view import SavedView
from helpdesk.models.ticket import Ticket


@pytest.fixture
def leaving(make):
    """Maya, who holds an open, a solved and a closed ticket; an admin; and Noor, another agent."""
    maya, admin, noor = make.agent("Maya"), make.agent("Ada", role="admin"), make.agent("Noor")
    for status in ("open", "solved", "closed"):
        ticket = make.ticket()
        tickets.assign(ticket, maya, actor=admin)
        if status != "open":
            tickets.set_status(ticket, status, actor=admin)
    make.session.commit()
    return maya, admin, noor


def assignees(session) -> list[str | None]:
    session.expire_all()
    return [t.assignee and t.assignee.name for t in session.scalars(select(Ticket).order_by(Ticket.id))]


def test_open_tickets_of_a_deactivated_agent_are_unassigned(session, leaving):
    maya, admin, _ = leaving
    assert handover.count_open_tickets(maya) == 2
    assert handover.deactivate_user(maya, actor=admin) == 2
    session.commit()
    assert assignees(session) == [None, None, "Maya"]
    unassigned = agent_queue.fetch_queue_page(admin, {"view": "unassigned"}).tickets
    assert [row.number for row in unassigned] == [1]
    last = session.scalars(select(Event).where(Event.ticket_id == 1).order_by(Event.seq.desc())).first()
    assert (last.kind, last.data) == ("assigned", {"old": "Maya", "new": None, "old_id": maya.id})
    entry = session.scalar(select(AuditEntry).where(AuditEntry.action == "handed over tickets"))
    assert entry.details == {"number": 2, "to": "nobody"}


def test_they_go_to_a_successor_who_works_here(session, leaving, make):
    maya, admin, noor = leaving
    for wrong in (maya, make.user(make.organization())):
        with pytest.raises(ValidationError):
            handover.deactivate_user(maya, actor=admin, successor=wrong)
    assert maya.is_active
    handover.deactivate_user(maya, actor=admin, successor=noor)
    session.commit()
    assert assignees(session) == ["Noor", "Noor", "Maya"]


def test_nothing_is_handed_over_where_nobody_is_deactivated(session, leaving):
    _, admin, _ = leaving
    with pytest.raises(ConflictError):
        handover.deactivate_user(admin, actor=admin)
    session.rollback()
    assert assignees(session) == ["Maya"] * 3


def test_an_admin_chooses_the_successor_on_the_page(session, leaving, browser_of):
    maya, admin, noor = leaving
    session.add(SavedView(owner_id=noor.id, name="Maya’s queue", filters={"assignee": str(maya.id)}, shared=True))
    session.add(CannedReply(title="Escalate", body="We look.", assign_to="person", assignee_id=maya.id))
    for name, actions in (
        ("In turn", {"assign": "turn", "assignees": [noor.id, maya.id]}),
        ("Tell", {"notify": [maya.id]}),
        ("Answer", {"reply_author_id": maya.id}),
        ("Others", {"assign": "person", "assignees": [noor.id]}),
    ):
        session.add(Rule(name=name, trigger="filed", actions=actions))
    session.commit()
    client = browser_of(admin)
    page = BeautifulSoup(client.get(f"/settings/people/{maya.id}").data, "html.parser")
    form = page.select_one(f"form[action='/settings/people/{maya.id}/deactivation']")
    assert "Their 2 open tickets go to" in form.text
    named = page.select_one("#deactivate ~ .naming").text
    assert (
        all(name in named for name in ("Maya’s queue", "Escalate", "In turn", "Tell", "Answer"))
        and "Others" not in named
    )
    assert [option.text.strip() for option in form.select("option")] == ["Nobody (Unassigned)", "Ada", "Noor"]
    values = {"csrf_token": form.select_one("[name=csrf_token]")["value"], "successor": str(noor.id)}
    assert client.post(form["action"], data=values).status_code == 303
    page = BeautifulSoup(client.get(f"/settings/people/{maya.id}").data, "html.parser")
    assert "In turn" in page.select_one(".naming").text, "still listed: somebody has to change them"
    assert assignees(session) == ["Noor", "Noor", "Maya"]
