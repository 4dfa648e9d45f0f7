"""What is erased is gone from every table, and nothing else is."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from sqlalchemy import LargeBinary, String, cast, select, text

from helpdesk import clock, storage
from helpdesk.domain import tickets
from helpdesk.domain.administration import settings
from helpdesk.domain.errors import ConflictError, PermissionDenied
from helpdesk.domain.people import addresses
from helpdesk.domain.privacy import data_export, erasure, erasure_preview, organization_erasure, retention
from helpdesk.domain.reorganization import people_merging
from helpdesk.extensions import db
from helpdesk.models.attachment import Attachment
from helpdesk.models.audit_log import AuditEntry
from helpdesk.models.delivery import Delivery
from helpdesk.models.inbound_content import InboundContent
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.message import Message
from helpdesk.models.operation import Operation
from helpdesk.models.organization import Organization
from helpdesk.models.qa_review import QaReview
from helpdesk.models.rating import Rating
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import Identity, User
from tests.factories import find_tickets


@pytest.fixture
def admin(make):
    return make.agent("Ada Admin", role="admin")


def file(session, message, key="k" * 32):
    storage.write(key, b"numbers")
    session.add(
        Attachment(
            key=key,
            name="a.csv",
            media_type="text/csv",
            size=7,
            message=message,
            ticket_id=message.ticket_id,
            organization_id=message.organization_id,
            uploader_id=message.author_id,
        )
    )
    session.commit()


def everywhere(session, word: str) -> list[str]:
    """The tables and columns that contain ``word``."""
    session.expire_all()
    found = []
    for table in db.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, LargeBinary):
                holds = any(word.encode() in (each or b"") for each in session.scalars(select(column)))
            else:
                holds = session.scalar(select(1).select_from(table).where(cast(column, String).contains(word)).limit(1))
            if holds:
                found.append(f"{table.name}.{column.name}")
    return found


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


def plant(session, make, admin) -> User:
    """A person whose word "zanzibar" stands in every column that a person's words can reach."""
    globex = make.organization("Globex", slack="C0GLOBEX001")
    ann = make.user(globex, "Annabella Quisling", slack_user_id="U0ANN")
    version = make.form("default", ({"key": "city"},))
    (field,) = version.fields
    filed = make.ticket(ann, "zanzibar broke", "zanzibar is broken", form=version, answers={"city": "zanzibar"})
    tickets.change_answer(filed, field, ["zanzibar town"], admin)
    other = make.ticket(make.user(globex, "Bob"), "Printer", "No ink")
    for ticket in (filed, other):
        message = tickets.reply(ticket, author=ann, body="zanzibar again")
        tickets.edit_message(message, body="zanzibar, edited", editor=ann)
        answer = tickets.reply(ticket, author=admin, body="We look into it.")
        answer.quoted = "> zanzibar again"
        file(session, message, key=str(ticket.id) * 32)
    session.add(Rating(ticket_id=filed.id, user_id=ann.id, score=1, comment="zanzibar"))
    session.add(QaReview(ticket_id=filed.id, reviewer_id=admin.id, agent_id=ann.id, rating="good", comment="zanzibar"))
    session.add(
        AuditEntry(action="invited", subject=ann.email, actor_id=admin.id, details={"value": [ann.email, ann.name]})
    )
    payloads = (
        ("slack", {"event": {"user": "U0ANN", "text": "zanzibar"}}, None, "done"),
        ("slack", {"user": {"id": "U0ANN"}, "value": "zanzibar"}, None, "done"),
        ("email", {"from": ann.email}, b"zanzibar", "quarantined"),
        ("email", {"from": "bob@globex.example", "subject": "zanzibar"}, b"> zanzibar", "done"),
    )
    for number, (source, payload, raw, state) in enumerate(payloads):
        session.add(
            InboundEvent(
                source=source,
                external_id=f"planted {number}",
                payload=payload,
                raw=raw,
                state=state,
                result="zanzibar",
                ticket_id=other.id if number == 3 else None,
                content_key=f"planted {number}" if raw else None,
            )
        )
        if raw:  # a long mail has its content in parts
            session.add(InboundContent(key=f"planted {number}", number=1, data=raw))
    webhook = {"payload": {"event": "message.replied", "ticket": {"number": filed.id}, "message": {"body": "zanzibar"}}}
    session.add(Delivery(kind="webhook", queue_key="mail", state="sent", subject_id=1, data=webhook))
    session.commit()
    for delivery in session.scalars(select(Delivery).where(Delivery.thread_id.is_not(None))):
        hers = delivery.message is None or delivery.message.author_id == ann.id
        words = {"text": "zanzibar", "recipient": ann.email} if hers else {}
        delivery.data = {**delivery.data, **words, "file_id": "F1"}
        delivery.content, delivery.state = b"zanzibar", "sent"
    session.commit()
    return ann


ALSO_PLANTED = {
    "answers.text answers.value deliveries.content deliveries.data events.data inbound_events.payload",
    "inbound_contents.data inbound_events.raw inbound_events.result message_revisions.body messages.body messages.quoted messages.rendered",
    "qa_reviews.comment ratings.comment tickets.subject",
}


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


def in_search(session, word: str) -> list[int]:
    """The tickets with an entry in the search index that holds ``word``: as text, or as a word of the index itself."""
    session.expire_all()
    if session.get_bind().dialect.name == "sqlite":
        query = """SELECT rowid >> 24 FROM ticket_search WHERE subject || words LIKE '%' || :word || '%'
                   UNION SELECT rowid >> 24 FROM ticket_search WHERE ticket_search MATCH :word"""
    else:
        query = "SELECT DISTINCT ticket_id FROM ticket_search WHERE strpos(words::text, :word) > 0"
    rows = session.execute(text(query), {"word": word})
    return sorted(rows.scalars())


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


def test_the_search_forgets_an_erased_organization_and_keeps_the_others(session, make, admin):
    globex, initech = make.organization("Globex"), make.organization("Initech")
    gone, kept = make.ticket(make.user(globex), body="sourdough"), make.ticket(make.user(initech), body="sourdough")
    tickets.add_note(gone, author=admin, body="ryebread")
    session.commit()
    assert in_search(session, "sourdough") == [gone.id, kept.id] and in_search(session, "ryebread") == [gone.id]
    organization_erasure.start_erasing_organization(globex, actor=admin)
    while organization_erasure.erase_organization_batch(session.get(Organization, globex.id))[0]:
        session.commit()
    session.commit()
    assert in_search(session, "sourdough") == [kept.id] and in_search(session, "ryebread") == []


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


def test_an_organization_goes_with_everything_and_the_others_stay(session, make, admin, monkeypatch):
    monkeypatch.setattr(erasure, "BATCH_SIZE", 2)
    globex, initech = make.organization("Globex", slack="CGLOBEX"), make.organization("Initech")
    ann, bill = make.user(globex), make.user(initech)
    for _ in range(5):
        ticket = make.ticket(ann, body="globex-words")
    tickets.set_status(ticket, "closed", actor=admin)
    tickets.create_follow_up(ticket, requester=ann, body="globex-words again")
    kept = make.ticket(bill, body="initech-words")
    file(session, session.scalar(select(Message).where(Message.ticket_id == ticket.id)))
    assert dict(erasure_preview.preview_organization(globex).goes)["Tickets"] == 6
    organization_erasure.start_erasing_organization(globex, actor=admin)
    session.commit()
    more, keys = True, []
    while more:
        more, some = organization_erasure.erase_organization_batch(globex)
        keys += some
        session.commit()
    assert keys == ["k" * 32]
    assert session.scalars(select(Organization.name)).all() == ["Initech"]
    assert [place for place in everywhere(session, "globex-words") if not place.startswith("ticket_search")] == []
    assert session.get(Ticket, kept.id) and session.get(User, bill.id).erased_at is None


def test_old_closed_tickets_go_only_when_the_setting_says_so(session, make, admin):
    requester = make.user(make.organization())
    old, recent, open_ = (make.ticket(requester) for _ in range(3))
    for ticket in (old, recent):
        tickets.set_status(ticket, "closed", actor=admin)
    old.closed_at = old.updated_at = clock.now() - timedelta(days=100)
    session.commit()
    assert retention.erase_expired_tickets() == (False, [])
    assert retention.count_expiring_tickets(90) == 1
    settings.set("retention_days", 90)
    retention.erase_expired_tickets()
    session.commit()
    assert sorted(session.scalars(select(Ticket.id))) == [recent.id, open_.id]


def test_an_export_holds_what_they_may_read_and_no_note(session, make, admin):
    ann = make.user(make.organization("Globex"), "Ann")
    ticket = make.ticket(ann, body="Words of Ann")
    tickets.add_note(ticket, author=admin, body="Not for Ann")
    message = tickets.reply(ticket, author=ann, body="More words")
    session.commit()
    file(session, message)
    for what in (
        lambda into: data_export.export_person(ann, actor=admin, into=into),
        lambda into: data_export.export_organization(ann.organization, actor=admin, into=into),
    ):
        into = io.BytesIO()
        what(into)
        archive = zipfile.ZipFile(into)
        text = "".join(archive.read(name).decode() for name in archive.namelist())
        assert "Words of Ann" in text and "More words" in text and "Not for Ann" not in text and "numbers" in text
        assert all(json.loads(archive.read(name)) is not None for name in archive.namelist() if name.endswith(".json"))
    with pytest.raises(PermissionDenied):
        data_export.export_person(ann, actor=ann, into=io.BytesIO())
