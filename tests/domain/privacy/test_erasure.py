"""What is erased is gone from every table, and nothing else is."""

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.engine import Engine

from helpdesk import storage
from helpdesk.domain import tickets
from helpdesk.domain.errors import ConflictError, PermissionDenied
from helpdesk.domain.people import addresses
from helpdesk.domain.privacy import erase_content, erasure, erasure_preview
from helpdesk.domain.reorganization import people_merging
from helpdesk.models.attachment import Attachment
from helpdesk.models.audit_log import AuditEntry
from helpdesk.models.delivery import Delivery
from helpdesk.models.event import Event
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.message import Message
from helpdesk.models.operation import Operation
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import Identity
from tests.domain.privacy.planted_words import ALSO_PLANTED, everywhere, file, in_search, plant
from tests.factories import find_tickets


def test_an_erased_person_stands_in_no_table(session, make, admin):
    globex = make.organization("Globex", domain="globex.example")
    ann = make.user(globex, "Annabella Quisling", email="annabella@globex.example")
    session.add(Identity(user_id=ann.id, provider="google", issuer="g", subject="annabella-sub", email=ann.email))
    ticket = make.ticket(ann, body="My bread recipe", subject="Oven")
    message = tickets.reply(ticket, author=ann, body="More bread")
    tickets.assign(ticket, admin, actor=admin)
    file(session, message)
    assert dict(erasure_preview.preview_person(ann).goes)["Messages"] == 2
    keys = erasure.erase_person(ann, actor=admin)
    session.commit()
    erasure.delete_files(keys)
    left = everywhere(session, "nnabella") + everywhere(session, "bread")
    assert [place for place in left if not place.startswith("ticket_search")] == []
    with pytest.raises(FileNotFoundError):
        storage.read("k" * 32)
    assert session.get(Ticket, ticket.id).subject == "Oven", "the ticket itself keeps its place"
    assert (
        session.scalar(select(AuditEntry).where(AuditEntry.action == "erased a person")).subject == f"person {ann.id}"
    )


def test_a_person_is_erased_by_as_many_statements_whatever_they_filed(session, make, admin):
    """Only their copies in chats are removed one by one. What others wrote stays, and is what lists show."""
    globex = make.organization("Globex", slack="C0GLOBEX")
    make.channel("C0TRIAGE")
    bob = make.user(globex, "Bob")
    counted: list[int] = []
    executed: list[str] = []
    note = lambda _c, _k, text, _v, _x, _m: executed.append(text)  # noqa: E731
    event.listen(Engine, "before_cursor_execute", note)
    try:
        for name, number in (("Ann", 3), ("Ida", 12)):
            person = make.user(globex, f"{name} Quisling")
            filed = [make.ticket(person, body="My bread recipe") for _ in range(number)]
            for ticket in filed:
                tickets.reply(ticket, author=person, body="More bread")
            tickets.reply(filed[0], author=bob, body="Cake, please")
            for delivery in session.scalars(select(Delivery).where(Delivery.message_id.is_not(None))):
                delivery.state = "sent"
            session.commit()
            versions = {ticket.id: ticket.version for ticket in filed}
            executed.clear()
            erasure.erase_person(person, actor=admin, subjects=True)
            counted.append(len([statement for statement in executed if "deliveries" not in statement]))
            session.commit()
            assert not [place for place in everywhere(session, "bread") if not place.startswith("ticket_search")]
            assert not in_search(session, "bread") and in_search(session, "cake")
            shown = {ticket.id: (ticket.excerpt, ticket.last_public_seq, ticket.subject) for ticket in filed}
            last = {ticket.id: max(message.seq for message in ticket.messages) for ticket in filed}
            said = {ticket.id: "Cake, please" if ticket is filed[0] else "" for ticket in filed}
            assert shown == {key: (said[key], last[key], erase_content.ERASED_SUBJECT) for key in shown}
            assert all(ticket.version > versions[ticket.id] for ticket in filed)
            assert all(
                message.deleted_at for ticket in filed for message in ticket.messages if message.author is person
            )
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    removals = session.scalars(select(Delivery.message_id).where(Delivery.kind == "delete")).all()
    assert len(set(removals)) == 3 + 12  # what is on a card is updated with it
    assert counted[0] == counted[1], counted


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_events_that_a_person_made_are_found_by_an_index(session):
    for whose in (Event.actor_id == 1, Event.actor_id.in_([1, 2])):
        sql = select(Event.actor_name).where(whose).compile(session.get_bind(), compile_kwargs={"literal_binds": True})
        (step,) = [row.detail for row in session.execute(text(f"EXPLAIN QUERY PLAN {sql}"))]
        assert "USING INDEX ix_events_actor_id" in step


def test_a_person_is_erased_with_aliases_and_the_accounts_merged_into_theirs(session, make, admin):
    globex = make.organization("Globex", domain="globex.example")
    ann, twin = make.user(globex, "Ann"), make.user(globex, "Quisling", email="quisling@globex.example")
    ticket = make.ticket(twin)
    tickets.change_requester(ticket, ann, actor=admin)
    addresses.change_person(ann, name="Ann", email="ann.quisling@globex.example", keep_alias=True, actor=admin)
    people_merging.merge_people(twin, ann, actor=admin)
    session.commit()
    assert everywhere(session, "quisling")
    erasure.erase_person(ann, actor=admin)
    session.commit()
    assert [place for place in everywhere(session, "uisling") if not place.startswith("ticket_search")] == []


def test_the_erasure_of_a_person_is_a_row_that_a_sweep_finishes(session, make, admin):
    ann = make.user(make.organization("Globex", slack="C0GLOBEX"))
    ticket = make.ticket(ann)
    waiting = session.scalars(select(Delivery).where(Delivery.thread_id.is_not(None))).first()
    waiting.state, waiting.message_id = "sending", ticket.messages[0].id
    session.commit()
    erasure.erase_person(ann, actor=admin)
    session.commit()
    operation = session.scalars(select(Operation)).one()
    assert (operation.state, operation.done, operation.total) == ("running", 1, 2)
    for delivery in session.scalars(select(Delivery)):
        delivery.state = "sent"
    session.commit()
    erasure.erase_what_was_being_sent()
    session.commit()
    assert (operation.state, operation.done) == ("done", 2)


def test_the_preview_lists_what_the_tables_keep_and_why():
    kept = dict((reason, tables) for tables, reason in erasure_preview.list_kept())
    assert "organizations" in kept["It describes a company and goes when the organization is erased."]


def test_no_column_keeps_the_words_of_an_erased_person(session, make, admin):
    ann = plant(session, make, admin)
    planted = set(" ".join(ALSO_PLANTED).split())
    assert planted <= set(everywhere(session, "zanzibar"))
    email = ann.email
    keys = erasure.erase_person(ann, actor=admin, subjects=True)
    session.commit()
    assert everywhere(session, "zanzibar") == everywhere(session, "nnabella") == everywhere(session, email) == []
    assert in_search(session, "zanzibar") == []
    assert sorted(keys) == sorted(["1" * 32, "2" * 32])
    assert [*session.scalars(select(Ticket.subject).order_by(Ticket.id))] == ["Erased subject", "Printer"]
    assert session.scalar(select(Delivery.data).where(Delivery.kind == "message"))["file_id"] == "F1", "Slack's copy"


def test_without_the_words_only_name_and_address_go(session, make, admin):
    ann = plant(session, make, admin)
    erasure.erase_person(ann, actor=admin, words=False)
    session.commit()
    assert everywhere(session, "zanzibar") != [] and session.scalar(select(Attachment.id)) is not None
    assert everywhere(session, "nnabella") == []


def test_what_was_being_sent_during_the_erasure_is_erased_afterwards(session, make, admin):
    ann = plant(session, make, admin)
    hers = Message.author_id == ann.id
    sending = session.scalar(select(Delivery).join(Message).where(Delivery.kind == "message", hers))
    sending.state = "unknown"
    session.commit()
    erasure.erase_person(ann, actor=admin, subjects=True)
    session.commit()
    assert everywhere(session, "zanzibar") == ["deliveries.data", "deliveries.content"]
    session.get(Delivery, sending.id).state = "sent"
    assert erasure.erase_what_was_being_sent() == 1
    session.commit()
    assert everywhere(session, "zanzibar") == []


def test_events_keep_no_name_of_an_erased_customer(session, make, admin):
    globex = make.organization("Globex")
    ann, bob = make.user(globex, "Annabella Quisling"), make.user(globex, "Bob")
    tickets.solve(make.ticket(ann), actor=ann)
    make.ticket(ann, filed_by=admin)
    for leaves in (False, True):
        followed = make.ticket(bob)
        tickets.add_follower(followed, ann, actor=bob)
        if leaves:
            tickets.remove_follower(followed, ann, actor=bob)
    session.commit()
    assert {"events.actor_name", "events.data"} <= set(everywhere(session, "nnabella"))
    erasure.erase_person(ann, actor=admin)
    session.commit()
    assert [place for place in everywhere(session, "nnabella") if place.startswith("events.")] == []


def test_events_keep_no_name_of_an_erased_agent(session, make, admin):
    annabella, other = make.agent("Annabella Quisling"), make.agent("Other")
    ticket = make.ticket()
    for assignee in (annabella, other):
        tickets.assign(ticket, assignee, actor=annabella)
    session.commit()
    assert {"events.actor_name", "events.data"} <= set(everywhere(session, "nnabella"))
    erasure.erase_person(annabella, actor=admin)
    session.commit()
    assert [place for place in everywhere(session, "nnabella") if place.startswith("events.")] == []


def test_the_search_forgets_an_erased_persons_words_and_keeps_the_others(session, make, admin):
    globex = make.organization("Globex")
    ann, bob = make.user(globex), make.user(globex)
    ticket = make.ticket(ann, body="sourdough at dawn", subject="Oven")
    tickets.reply(ticket, author=bob, body="rye at noon")
    session.commit()
    assert in_search(session, "sourdough") == in_search(session, "rye") == [ticket.id]
    erasure.erase_person(ann, actor=admin)
    session.commit()
    assert in_search(session, "sourdough") == []
    assert in_search(session, "rye") == in_search(session, "oven") == [ticket.id]
    assert find_tickets(admin, "sourdough") == []


def test_what_a_mail_repeated_and_mail_that_waits_go_with_the_person(session, make, admin):
    ann, bob = (
        make.user(make.organization(), email="ann@x.example"),
        make.user(make.organization(), email="bob@y.example"),
    )
    ticket = make.ticket(ann)
    message = session.scalar(select(Message).where(Message.ticket_id == ticket.id))
    message.quoted = "sourdough, she wrote"
    for user in (ann, bob):
        waits = InboundEvent(
            source="email", external_id=user.email, state="quarantined", payload={"from": user.email}, raw=b"sourdough"
        )
        session.add(waits)
    taken = InboundEvent(
        source="email", external_id="taken", payload={"from": ann.email}, raw=b"rye", ticket_id=make.ticket(bob).id
    )
    session.add(taken)
    session.commit()
    erasure.erase_person(ann, actor=admin)
    session.commit()
    assert everywhere(session, "sourdough, she") == everywhere(session, "ann@x.example") == []
    assert sorted(session.scalars(select(InboundEvent.external_id))) == ["bob@y.example", "taken"]
    session.refresh(taken)
    assert taken.raw is None


def test_who_may_erase_whom(make, admin):
    with pytest.raises(PermissionDenied):
        erasure.erase_person(make.user(make.organization()), actor=make.agent(role="lead"))
    with pytest.raises(ConflictError):
        erasure.erase_person(admin, actor=admin)
