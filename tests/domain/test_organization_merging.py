"""Two organizations that are one company: everything becomes the other's, in one step, and can be given back."""

import pytest
from sqlalchemy import select

from helpdesk.domain import tickets
from helpdesk.domain.administration import settings
from helpdesk.domain.errors import ChangedMeanwhile, ConflictError, PermissionDenied, ValidationError
from helpdesk.domain.people import admission, named_organizations, organizations, permissions
from helpdesk.domain.portal import announcements
from helpdesk.domain.reorganization import organization_merging, organization_preview, progress, references
from helpdesk.extensions import db
from helpdesk.models.audit_log import AuditEntry
from helpdesk.models.background_job import BackgroundJob
from helpdesk.models.channel import Channel
from helpdesk.models.event import Event
from helpdesk.models.message import Message
from helpdesk.models.organization import Organization
from helpdesk.models.rule import Rule
from helpdesk.models.saved_report import SavedReport
from helpdesk.models.saved_view import SavedView
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from tests import worker_helpers
from tests.domain.meetings import meet
from tests.factories import find_tickets, signed_in_client


@pytest.fixture
def company(make):
    """Globex and Initech with a person, a ticket and a Slack channel each, and an admin."""
    globex = make.organization("Globex", "globex.example", slack="C0GLOBEX")
    initech = make.organization("Initech", "initech.example", slack="C0INITECH")
    gia, ivo = make.user(globex, "Gia"), make.user(initech, "Ivo")
    theirs = make.ticket(ivo, "Of Initech", "Its printer")
    make.ticket(gia, "Of Globex")
    admin = make.agent("Ada", role="admin")
    tickets.assign(theirs, admin, actor=admin)
    make.session.commit()
    return globex, initech, gia, ivo, theirs, admin


def run(session, operation) -> int:
    steps = 1
    while progress.continue_operation(operation.id):
        session.commit()
        steps += 1
    session.commit()
    session.expire_all()
    return steps


def test_people_tickets_and_channels_become_the_other_organizations(app, session, company):
    globex, initech, gia, ivo, theirs, admin = company
    operation = organization_merging.merge_organizations(initech, globex, actor=admin)
    session.commit()
    assert session.scalars(select(BackgroundJob.argument).where(BackgroundJob.name == "continue_operation")).all() == [
        operation.id
    ]
    run(session, operation)
    assert (operation.state, operation.done, operation.total) == ("done", 1, 1)
    assert (ivo.organization_id, theirs.organization_id) == (globex.id, globex.id)
    for table in (Message, Event, Thread):
        found = select(table.organization_id).where(table.ticket_id == theirs.id).distinct()
        assert session.scalars(found).all() == [globex.id], table
    assert permissions.can_see(gia, theirs) and permissions.can_see(ivo, theirs)
    assert find_tickets(gia, "printer") == [theirs.id, theirs.id + 1] or theirs.id in find_tickets(gia, "printer")
    assert [each.name for each in admission.admitting_organizations(ivo.email)] == ["Globex"]
    assert [each.name for each in organizations.search_organizations()] == ["Globex"]
    defaults = session.execute(
        select(Channel.external_id, Channel.organization_id, Channel.is_default).where(Channel.kind == "slack")
    ).all()
    assert sorted(map(tuple, defaults)) == [("C0GLOBEX", globex.id, True), ("C0INITECH", globex.id, False)]
    tickets.reply(theirs, author=ivo, body="Still ours")  # nothing stops working
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "merged organizations")).one()
    assert entry.details == {"merged": "Initech", "tickets": 1, "people": 1}


on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def finish(operation_id):
    """What the job does, in a session of its own."""
    while progress.continue_operation(operation_id):
        db.session.commit()
    db.session.commit()


@on_postgresql
def test_who_was_read_before_the_merge_files_nothing_where_nobody_would_see_it(session, company):
    globex, initech, _, ivo, _, admin = company
    operation = organization_merging.merge_organizations(initech, globex, actor=admin)
    session.commit()
    operation_id, known = operation.id, ivo.organization_id
    worker_helpers.run_job(finish, operation_id)
    assert ivo.organization_id == known  # as a request that waits for its files goes on
    with pytest.raises(ChangedMeanwhile):
        tickets.create_ticket(requester=ivo, subject="Late", body="Late")
    session.rollback()
    assert tickets.create_ticket(requester=ivo, subject="Late", body="Late").organization_id == globex.id


@on_postgresql
@pytest.mark.parametrize("who_waits", ["filing", "merge"])
def test_what_is_filed_while_the_organization_is_merged_is_the_other_organizations(session, company, who_waits):
    globex, initech, gia, ivo, _, admin = company
    operation = organization_merging.merge_organizations(initech, globex, actor=admin)
    session.commit()
    operation_id, user_id, target_id = operation.id, ivo.id, globex.id

    def merge():
        progress.continue_operation(operation_id)

    def file():
        tickets.create_ticket(requester=db.session.get(User, user_id), subject="Late", body="An urgent word")

    refused = meet(session, file, merge) if who_waits == "merge" else meet(session, merge, file)
    assert [type(each) for each in refused] == [ChangedMeanwhile] * (who_waits == "filing")
    if refused:  # as a mail that is applied again
        worker_helpers.run_job(lambda _: (file(), db.session.commit()), 0)
    worker_helpers.run_job(finish, operation_id)
    session.expire_all()
    late = session.scalars(select(Ticket).where(Ticket.subject == "Late")).one()
    assert late.organization_id == target_id and permissions.can_see(ivo, late)
    assert find_tickets(gia, "urgent word") == [late.id]
    assert operation.state == "done"


def test_undo_gives_back_what_was_moved_and_leaves_what_came_later(app, session, company, make):
    globex, initech, gia, ivo, theirs, admin = company
    operation = organization_merging.merge_organizations(initech, globex, actor=admin)
    with pytest.raises(ConflictError):
        organization_merging.undo_merge(operation, actor=admin)  # it is not finished
    with pytest.raises(ConflictError):
        organization_merging.merge_organizations(globex, initech, actor=admin)  # nor may another begin
    run(session, operation)
    later = make.ticket(ivo, "Later")
    client = signed_in_client(app, gia)
    organization_merging.undo_merge(operation, actor=admin)
    run(session, operation)
    assert operation.state == "undone"
    assert (ivo.organization_id, theirs.organization_id, later.organization_id) == (initech.id, initech.id, globex.id)
    assert (initech.name, initech.portal_enabled, initech.merged_into_id) == ("Initech", True, None)
    assert not permissions.can_see(gia, theirs) and permissions.can_see(ivo, theirs)
    assert client.get(f"/tickets/{theirs.id}").status_code == 404
    assert find_tickets(gia, "Its printer") == []
    channels = session.scalars(select(Channel.is_default).where(Channel.organization_id == initech.id)).all()
    assert channels == [True]


def test_rules_views_and_reports_follow_and_come_back(app, session, company):
    globex, initech, _, _, _, admin = company
    rule = Rule(name="Theirs", trigger="filed", position=1, conditions={"organization_id": initech.id}, actions={})
    view = SavedView(owner_id=admin.id, name="Theirs", filters={"organization": initech.slug})
    report = SavedReport(owner_id=admin.id, name="Theirs", filters={"organization": initech.slug})
    session.add_all([rule, view, report])
    session.commit()

    def named():
        return rule.conditions["organization_id"], view.filters["organization"], report.filters["organization"]

    operation = organization_merging.merge_organizations(initech, globex, actor=admin)
    run(session, operation)
    assert named() == (globex.id, globex.slug, globex.slug)
    organization_merging.undo_merge(operation, actor=admin)
    run(session, operation)
    assert named() == (initech.id, initech.slug, initech.slug)


def test_the_announcement_follows_its_readers_and_comes_back(app, session, company):
    globex, initech, gia, ivo, _, admin = company
    settings.set("announcement", "The printer is in the cellar.")
    settings.set("announcement_organization", initech.slug)
    session.commit()

    def readers():
        settings.invalidate_cache()
        return [each.name for each in (gia, ivo) if announcements.current_announcement(each)]

    assert readers() == ["Ivo"]
    operation = organization_merging.merge_organizations(initech, globex, actor=admin)
    run(session, operation)
    assert readers() == ["Gia", "Ivo"]
    organization_merging.undo_merge(operation, actor=admin)
    run(session, operation)
    assert readers() == ["Ivo"]
    named_organizations.erase(initech)
    assert settings.load_all()["announcement"] == "" and readers() == []


def test_a_merged_organization_is_offered_nowhere(app, session, company):
    _, initech, _, _, _, admin = company
    session.commit()
    client = signed_in_client(app, admin)
    pages = (
        "/desk",
        "/review",
        "/settings/rules/new",
        "/settings/portal",
        "/settings/setup",
        "/settings/service-levels",
    )

    def offering():
        values = (f'<option value="{initech.slug}"', f'<option value="{initech.id}">Initech')
        return [page for page in pages if any(value in client.get(page).text for value in values)]

    assert offering() == list(pages)
    run(session, organization_merging.merge_organizations(initech, company[0], actor=admin))
    assert offering() == []


def test_who_the_other_rules_do_not_admit_is_signed_out(app, session, company):
    globex, initech, _, ivo, _, admin = company
    globex.allowlist_only = True
    session.commit()
    text = " ".join(organization_preview.preview_merge(initech, globex))
    assert "1 person of Initech can no longer sign in: Globex admits only listed addresses." in text
    client = signed_in_client(app, ivo)
    run(session, organization_merging.merge_organizations(initech, globex, actor=admin))
    assert client.get("/tickets").status_code == 302


def test_the_preview_says_who_will_read_what(session, company):
    globex, initech, *_ = company
    initech.allowlist_only = True
    session.commit()
    text = " ".join(organization_preview.preview_merge(initech, globex))
    assert "1 person of Initech can then read what Globex has: 1 ticket and 1 reply." in text
    assert "1 person of Globex can then read what Initech has: 1 ticket and 1 reply." in text
    assert "Everybody with an address at initech.example can sign in then" in text
    assert "#c0initech and the threads there become Globex’s." in text and "their card in #c0globex only" in text


def test_only_an_admin_merges_two_organizations_that_are_there(session, company, make):
    globex, initech, _, _, _, admin = company
    with pytest.raises(PermissionDenied):
        organization_merging.merge_organizations(initech, globex, actor=make.agent(role="lead"))
    with pytest.raises(ValidationError):
        organization_merging.merge_organizations(globex, globex, actor=admin)
    run(session, organization_merging.merge_organizations(initech, globex, actor=admin))
    with pytest.raises(ConflictError):
        organization_merging.merge_organizations(initech, make.organization(), actor=admin)
    assert organizations.create_organization("Initech", actor=admin).id != initech.id  # the name is free again


def test_every_reference_to_an_organization_is_moved():
    columns = {str(column) for column in references.list_columns("organizations")}
    assert {"tickets.organization_id", "users.organization_id", "memberships.organization_id"} <= columns
    assert Organization.__table__.name == "organizations"
