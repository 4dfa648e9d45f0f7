"""Two customers who are one person: what one filed and wrote becomes the other's, and can be given back."""

import pytest
from sqlalchemy import select

from helpdesk import clock
from helpdesk.domain import tickets
from helpdesk.domain.authentication import login
from helpdesk.domain.errors import ChangedMeanwhile, ConflictError, PermissionDenied, ValidationError
from helpdesk.domain.people import drafts, permissions, users
from helpdesk.domain.privacy import erasure
from helpdesk.domain.reorganization import people_merging, references
from helpdesk.domain.tickets import followers
from helpdesk.extensions import Base, db
from helpdesk.models.audit_log import AuditEntry
from helpdesk.models.channel import Channel
from helpdesk.models.follower import Follower
from helpdesk.models.message import Message
from helpdesk.models.session import Session
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from tests import worker_helpers
from tests.domain.meetings import meet
from tests.factories import find_tickets, signed_in_client


@pytest.fixture
def twins(make):
    """Ann with two accounts at Globex, the second with a ticket, a reply and a follow; a colleague, and an admin."""
    globex = make.organization("Globex", "globex.example")
    make.session.add(
        Channel(kind="email", external_id="mail", name="Mail", audience="customer", has_personal_threads=True)
    )
    make.session.commit()
    ann = make.user(globex, "Ann Lee", email="ann@globex.example", ticket_visibility="own")
    twin = make.user(globex, "A. Lee", email="a.lee@globex.example", slack_user_id="U0TWIN")
    bo, admin = make.user(globex, "Bo"), make.agent("Ada", role="admin")
    mine, theirs = make.ticket(ann, "Mine"), make.ticket(twin, "Of the twin")
    shared = make.ticket(bo, "Of Bo")
    for user in (ann, twin):
        followers.add_follower(shared, user, actor=bo)
    tickets.reply(shared, author=twin, body="Me too")
    make.session.commit()
    return ann, twin, admin, mine, theirs, shared


def open_threads(session, ticket, user) -> int:
    query = select(Thread).where(Thread.ticket_id == ticket.id, Thread.user_id == user.id, Thread.ended_at.is_(None))
    return len(session.scalars(query).all())


def test_the_merged_account_is_the_other_persons(app, session, twins):
    ann, twin, admin, mine, theirs, shared = twins
    client = signed_in_client(app, twin)
    assert not permissions.can_see(ann, theirs)
    people_merging.merge_people(twin, ann, actor=admin)
    session.commit()
    session.expire_all()
    assert (theirs.requester_id, permissions.can_see(ann, theirs)) == (ann.id, True)
    assert {message.author_id for message in session.scalars(select(Message).where(Message.body == "Me too"))} == {
        ann.id
    }
    assert session.scalars(select(Follower.user_id).where(Follower.ticket_id == shared.id)).all() == [ann.id]
    assert (open_threads(session, shared, ann), open_threads(session, theirs, ann)) == (1, 1)  # one mail each
    assert users.find_user("a.lee@globex.example") is ann and ann.slack_user_id == "U0TWIN"
    assert not twin.is_active and twin not in users.list_members(ann.organization)
    assert client.get("/tickets").status_code == 302  # signed out
    assert find_tickets(admin, "a.lee@globex.example") == [shared.id, theirs.id, mine.id] or theirs.id in find_tickets(
        admin, "a.lee@globex.example"
    )
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "merged people")).one()
    assert entry.details["merged"] == "a.lee@globex.example"


LEAVE = {
    "merged": lambda twin, ann, admin: people_merging.merge_people(twin, ann, actor=admin),
    "erased": lambda twin, ann, admin: erasure.erase_person(twin, actor=admin),
    "deactivated": lambda twin, ann, admin: users.deactivate_user(twin, actor=admin),
}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("way", LEAVE)
@pytest.mark.parametrize("who_waits", ["filing", "leaving"])
def test_nothing_is_filed_for_who_leaves_in_this_moment(session, twins, way, who_waits):
    ids = [user.id for user in (twins[1], twins[0], twins[2])]

    def leave():
        LEAVE[way](*(db.session.get(User, id) for id in ids))
        db.session.flush()

    def file():
        tickets.create_ticket(requester=db.session.get(User, ids[0]), subject="Late", body="An urgent word")

    refused = meet(session, file, leave) if who_waits == "leaving" else meet(session, leave, file)
    assert [type(each) for each in refused] == [ChangedMeanwhile] * (who_waits == "filing")
    session.expire_all()
    late = session.scalars(select(Ticket).where(Ticket.subject == "Late")).one_or_none()
    if who_waits == "filing":
        assert late is None
    else:
        expected = {
            "merged": (ids[1], "An urgent word"),
            "erased": (ids[0], ""),
            "deactivated": (ids[0], "An urgent word"),
        }
        assert (late.requester_id, late.messages[0].body) == expected[way]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("way", LEAVE)
def test_who_was_read_before_they_left_files_nothing(session, twins, way):
    ann, twin, admin, *_ = twins
    ids = [user.id for user in (twin, ann, admin)]
    session.commit()
    assert twin.is_active  # as a request that waits for its files goes on

    def leave(_):
        LEAVE[way](*(db.session.get(User, id) for id in ids))
        db.session.commit()

    worker_helpers.run_job(leave, 0)
    with pytest.raises(ChangedMeanwhile):
        tickets.create_ticket(requester=twin, subject="Late", body="An urgent word")


def test_a_sign_in_with_the_other_address_is_the_same_person_and_proves_only_that_address(session, twins):
    ann, twin, admin, *_ = twins
    ann.email_verified_at = None
    people_merging.merge_people(twin, ann, actor=admin)
    session.commit()
    assert login.by_email("a.lee@globex.example").user is ann
    assert ann.email_verified_at is None
    ann.organization.allowlist_only = True  # neither address is admitted now
    session.commit()
    with pytest.raises(login.NotAdmitted):
        login.by_email("a.lee@globex.example")


def test_undo_gives_back_what_was_moved_and_leaves_what_came_later(session, twins, make):
    ann, twin, admin, mine, theirs, shared = twins
    operation = people_merging.merge_people(twin, ann, actor=admin)
    later = make.ticket(ann, "Later")
    people_merging.undo_merge(operation, actor=admin)
    session.commit()
    session.expire_all()
    assert [ticket.requester_id for ticket in (mine, theirs, later)] == [ann.id, twin.id, ann.id]
    assert (twin.email, twin.is_active, twin.slack_user_id) == ("a.lee@globex.example", True, "U0TWIN")
    assert ann.slack_user_id is None and users.find_user("a.lee@globex.example") is twin
    assert session.scalars(select(Follower.user_id).where(Follower.ticket_id == shared.id)).all() == [ann.id, twin.id]
    assert (open_threads(session, shared, ann), open_threads(session, shared, twin)) == (1, 1)
    assert operation.state == "undone"
    with pytest.raises(ConflictError):
        people_merging.undo_merge(operation, actor=admin)


def test_what_the_other_account_began_to_write_is_there_and_nothing_is_overwritten(session, twins):
    ann, twin, admin, mine, theirs, shared = twins
    for user, name in ((twin, "message-1"), (twin, "message-2"), (ann, "message-2")):
        drafts.save_draft(user, name, f'{{"body": "{user.id}"}}', revision="revision1")
    operation = people_merging.merge_people(twin, ann, actor=admin)
    session.commit()
    assert [drafts.find_draft(ann, f"message-{n}").content for n in (1, 2)] == [
        f'{{"body": "{twin.id}"}}',
        f'{{"body": "{ann.id}"}}',
    ]
    with pytest.raises(PermissionDenied):
        drafts.save_draft(twin, "message-3", '{"body": "from a page that is still open"}', revision="revision2")
    people_merging.undo_merge(operation, actor=admin)
    session.commit()
    assert [bool(drafts.find_draft(twin, f"message-{n}")) for n in (1, 2)] == [True, True]
    assert drafts.find_draft(ann, "message-1") is None


def test_only_two_present_customers_are_merged_by_an_admin(session, twins, make):
    ann, twin, admin, *_ = twins
    with pytest.raises(PermissionDenied):
        people_merging.merge_people(twin, ann, actor=make.agent())
    for one, other in ((ann, ann), (ann, admin), (admin, ann)):
        with pytest.raises(ValidationError):
            people_merging.merge_people(one, other, actor=admin)
    ann.deactivated_at = clock.now()
    with pytest.raises(ConflictError):
        people_merging.merge_people(twin, ann, actor=admin)


def test_the_preview_says_who_reads_what(session, twins, make):
    ann, twin, _, *_ = twins
    initech = make.organization("Initech", "initech.example")
    ticket = make.ticket(make.user(initech))
    ticket.requester_id = twin.id
    session.commit()
    text = " ".join(people_merging.preview_merge(twin, ann))
    assert "What moves from a.lee@globex.example to Ann Lee: 2 tickets and 2 messages." in text
    assert "1 ticket at Initech is read there: Initech does not admit ann@globex.example." in text
    assert "They can sign in with a.lee@globex.example and with ann@globex.example." in text


def test_every_reference_to_a_person_is_moved_or_left_on_purpose():
    known = {str(column) for column in references.list_columns("users")}
    moved = {str(column) for column in people_merging._columns()}
    assert {"tickets.requester_id", "messages.author_id", "threads.user_id", "identities.user_id"} <= moved
    assert {name.split(".")[0] for name in known - moved} <= set(people_merging.NOT_MOVED)
    assert set(people_merging.NOT_MOVED) <= set(Base.metadata.tables)
    assert Session.__tablename__ not in {name.split(".")[0] for name in moved} and Ticket.__tablename__
