"""A mail domain moves to another organization: its people and their tickets follow."""

import pytest
from sqlalchemy import select

from helpdesk.domain.errors import PermissionDenied, ValidationError
from helpdesk.domain.people import organizations, permissions
from helpdesk.domain.reorganization import progress, ticket_moves
from helpdesk.models.audit_log import AuditEntry


@pytest.fixture
def moved_domain(make):
    """Globex with two domains, one of which Initech gets; a person and tickets of each."""
    globex, initech = make.organization("Globex", "globex.example"), make.organization("Initech", "initech.example")
    admin = make.agent("Ada", role="admin")
    stays, moves = make.user(globex, "Stays"), make.user(globex, "Moves", email="moves@labs.example")
    first, second = make.ticket(stays, "Stays"), make.ticket(moves, "Moves")
    reader = make.user(initech, "Reader")
    version = globex.version
    organizations.update_organization(globex, version=version, actor=admin, domains=["globex.example"])
    organizations.update_organization(
        initech, version=initech.version, actor=admin, domains=["initech.example", "labs.example"]
    )
    make.session.commit()
    return globex, initech, admin, stays, moves, first, second, reader


def test_the_people_of_the_domain_move_with_their_tickets(session, moved_domain):
    globex, initech, admin, stays, moves, first, second, reader = moved_domain
    assert ticket_moves.suggest_targets(globex) == [(initech, 1)]
    preview = ticket_moves.preview_move(globex, initech)
    assert (preview.people, preview.tickets) == ([moves.id], [second.id])
    assert "1 person of Initech can then read them." in preview.sentences
    operation = ticket_moves.start_moving(globex, initech, actor=admin)
    session.commit()
    while progress.continue_operation(operation.id):
        session.commit()
    session.commit()
    session.expire_all()
    assert (operation.state, operation.done, operation.data["refused"]) == ("done", 1, [])
    assert (first.organization_id, second.organization_id) == (globex.id, initech.id)
    assert (stays.organization_id, moves.organization_id) == (globex.id, initech.id)
    assert permissions.can_see(reader, second) and not permissions.can_see(stays, second)
    assert ticket_moves.suggest_targets(globex) == []
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "moved people and tickets")).one()
    assert entry.details == {"to": "Initech", "tickets": 1, "people": 1}


def test_what_a_person_moved_meanwhile_is_left_and_what_cannot_move_has_a_reason(session, moved_domain, make):
    globex, initech, admin, _, moves, _, second, _ = moved_domain
    third = make.ticket(moves, "Third", organization_id=globex.id)
    operation = ticket_moves.start_moving(globex, initech, actor=admin)
    moves.organization_id = globex.id  # chose the former one again meanwhile
    session.commit()
    progress.continue_operation(operation.id)
    session.commit()
    assert [number for number, _ in operation.data["refused"]] == [second.id, third.id]
    assert operation.state == "done" and second.organization_id == globex.id


def test_only_an_admin_moves_people_who_have_left(session, moved_domain, make):
    globex, initech, admin, *_ = moved_domain
    with pytest.raises(PermissionDenied):
        ticket_moves.start_moving(globex, initech, actor=make.agent())
    with pytest.raises(ValidationError):
        ticket_moves.start_moving(initech, globex, actor=admin)
