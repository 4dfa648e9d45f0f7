"""A mail domain moves to another organization: its people and their tickets follow."""

import pytest
from sqlalchemy import select

from helpdesk.domain import tickets
from helpdesk.domain.errors import ChangedMeanwhile, PermissionDenied, ValidationError
from helpdesk.domain.people import organizations, permissions, users
from helpdesk.domain.reorganization import progress, ticket_moves
from helpdesk.domain.tickets import splitting
from helpdesk.extensions import db
from helpdesk.models.audit_log import AuditEntry
from helpdesk.models.message import Message
from helpdesk.models.operation import Operation
from helpdesk.models.organization import Organization
from helpdesk.models.statuses import Status
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from tests import worker_helpers
from tests.domain.meetings import meet

on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


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


@on_postgresql
@pytest.mark.parametrize("who_waits", ["filing", "move"])
def test_what_is_filed_while_its_person_moves_is_the_other_organizations(session, moved_domain, who_waits):
    globex, initech, admin, _, moves, *_ = moved_domain
    source_id, target_id, admin_id, user_id = globex.id, initech.id, admin.id, moves.id
    session.commit()

    def move():
        source, target = (db.session.get_one(Organization, each) for each in (source_id, target_id))
        ticket_moves.start_moving(source, target, actor=db.session.get_one(User, admin_id))

    def file():
        tickets.create_ticket(requester=db.session.get(User, user_id), subject="Late", body="An urgent word")

    refused = meet(session, file, move) if who_waits == "move" else meet(session, move, file)
    assert [type(each) for each in refused] == [ChangedMeanwhile] * (who_waits == "filing")
    if refused:  # as a mail that is applied again
        worker_helpers.run_job(lambda _: (file(), db.session.commit()), 0)
    finish(session)
    late = session.scalars(select(Ticket).where(Ticket.subject == "Late")).one()
    assert late.organization_id == target_id and permissions.can_see(session.get(User, user_id), late)


@on_postgresql
def test_who_was_read_before_they_moved_files_nothing_in_the_former_organization(session, moved_domain):
    globex, initech, _, _, moves, *_ = moved_domain
    user_id, target_id = moves.id, initech.id
    session.commit()
    assert moves.organization_id == globex.id  # as a request that waits for its files goes on

    def move(_):
        users.join_organization(db.session.get_one(User, user_id), db.session.get_one(Organization, target_id))
        db.session.commit()

    worker_helpers.run_job(move, 0)
    with pytest.raises(ChangedMeanwhile):
        tickets.create_ticket(requester=moves, subject="Late", body="An urgent word")


def test_what_the_team_files_from_a_ticket_that_waits_for_its_move_comes_along(session, moved_domain, make):
    globex, initech, admin, _, moves, _, second, _ = moved_domain
    agent = make.agent("Maya")
    second.status = Status.closed
    session.commit()
    operation = ticket_moves.start_moving(globex, initech, actor=admin)
    follow_up = tickets.create_follow_up(second, requester=agent, body="It came back.")
    session.commit()
    assert follow_up.organization_id == globex.id
    finish(session)
    assert (second.organization_id, follow_up.organization_id) == (initech.id, initech.id)
    assert (operation.state, operation.done, operation.total) == ("done", 2, 2)


@on_postgresql
def test_a_message_is_not_split_for_an_author_who_moves_in_this_moment(session, moved_domain, make):
    globex, initech, admin, stays, moves, first, *_ = moved_domain
    message = tickets.reply(first, author=moves, body="The lift is broken, too.")
    session.commit()
    ids = globex.id, initech.id, admin.id, message.id, stays.id, moves.id

    def move():
        source, target = (db.session.get_one(Organization, each) for each in ids[:2])
        ticket_moves.start_moving(source, target, actor=db.session.get_one(User, ids[2]))

    def split():
        message = db.session.get_one(Message, ids[3])
        splitting.split_message(message, subject="The lift", actor=db.session.get_one(User, ids[2]))

    assert meet(session, move, split) == []
    new = session.scalars(select(Ticket).where(Ticket.subject == "The lift")).one()
    assert (new.organization_id, new.requester_id) == (ids[0], ids[4])


def finish(session):
    """Move what is left of the only operation there is."""
    operation_id = session.scalars(select(Operation.id)).one()
    while progress.continue_operation(operation_id):
        session.commit()
    session.commit()
    session.expire_all()
