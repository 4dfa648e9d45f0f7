"""Traces of erased people and organizations: former names, webhooks, mails of no ticket, the bytes of the files."""

import logging
from pathlib import Path

import pytest

from helpdesk import config
from helpdesk.domain import tickets
from helpdesk.domain.administration import audit_log
from helpdesk.domain.imports import check
from helpdesk.domain.integrations import webhook_replay, webhooks
from helpdesk.domain.people import addresses
from helpdesk.domain.privacy import erasure, organization_erasure
from helpdesk.domain.tickets import transfer
from helpdesk.extensions import db
from helpdesk.models.audit_log import AuditEntry
from helpdesk.models.delivery import Delivery, DeliveryKind
from helpdesk.models.imported_record import ImportedRecord
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.operation import Operation
from helpdesk.models.organization import Organization
from helpdesk.models.provisioning import ScimResource
from helpdesk.models.saved_report import SavedReport
from helpdesk.models.saved_view import SavedView
from helpdesk.models.sign_in_connection import SignInConnection
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import Membership, User
from helpdesk.models.webhook import WEBHOOK_EVENTS
from tests.domain.privacy.planted_words import everywhere, file
from workers import jobs


@pytest.fixture
def hook(session, admin):
    webhook = webhooks.save_webhook(
        None, name="Log", url="https://log.example/", events=list(WEBHOOK_EVENTS), actor=admin
    )
    session.commit()
    return webhook


def deliver_everything(session, state="sent"):
    for delivery in session.scalars(db.select(Delivery)):
        delivery.state = state
    session.commit()


def test_former_names_and_addresses_go_too(session, make, admin, hook):
    globex = make.organization("Globex", domain="globex.example")
    ann = make.user(globex, "Annabella Quisling", email="annabella@globex.example")
    ticket = make.ticket(ann)
    tickets.add_follower(make.ticket(make.user(globex, "Bob")), ann, actor=admin)
    addresses.change_person(ann, name="Ann Q", email="middle.quisling@globex.example", keep_alias=False, actor=admin)
    addresses.change_person(ann, name="A. Q.", email="aq@globex.example", keep_alias=False, actor=admin)
    audit_log.add_entry("made an API token", admin, "For Annabella Quisling", to="joannabella@globex.example")
    session.commit()
    assert everywhere(session, "uisling")
    erasure.erase_person(ann, actor=admin)
    session.commit()
    assert everywhere(session, "uisling") == everywhere(session, "aq@") == everywhere(session, "A. Q.") == []
    assert everywhere(session, "joannabella@globex.example") == ["audit_entries.details"], "somebody else's address"
    assert session.get(type(ticket), ticket.id)


def test_a_name_in_capitals_is_the_same_name(session, make, admin):
    ann = make.user(make.organization("Globex"), "Änne Çelik")
    audit_log.add_entry("changed a setting", admin, "announcement", new="Ask ÄNNE ÇELIK")
    session.commit()
    assert [entry.subject for entry in audit_log.list_entries(words="Announcement")] == ["announcement"]
    erasure.erase_person(ann, actor=admin)
    session.commit()
    assert everywhere(session, "ÇELIK") == []


def test_an_address_that_somebody_else_has_now_stays_theirs(session, make, admin):
    globex = make.organization("Globex", domain="globex.example")
    ann = make.user(globex, "Ann", email="support@globex.example")
    addresses.change_person(ann, name="Ann", email="ann@globex.example", keep_alias=False, actor=admin)
    make.user(globex, "Bob", email="support@globex.example")
    audit_log.add_entry("activated", admin, "support@globex.example")
    session.commit()
    erasure.erase_person(ann, actor=admin)
    session.commit()
    assert "users.email" in everywhere(session, "support@globex.example")
    assert session.scalar(db.select(AuditEntry.subject).where(AuditEntry.action == "activated")) == (
        "support@globex.example"
    )


def test_webhooks_forget_whom_they_were_about(session, make, admin, hook):
    dana, ann = make.agent("Dana Zanzibar"), make.user(make.organization("Globex"), "Ann")
    ticket = make.ticket(ann)
    tickets.assign(ticket, dana, actor=admin)
    session.commit()
    deliver_everything(session)
    addresses.change_person(dana, name="Dana Zanzibar-Lee", email=dana.email, keep_alias=False, actor=admin)
    failed = session.scalars(db.select(Delivery).order_by(Delivery.id.desc())).first()
    failed.state = "failed"
    session.commit()
    erasure.erase_person(dana, actor=admin)
    session.commit()
    assert everywhere(session, "anzibar") == []
    session.refresh(failed)
    assert (failed.state, sorted(failed.data["payload"])) == ("cancelled", ["at", "event"])
    sent = [row.data["payload"] for row in webhooks.list_deliveries(hook) if row.data["payload"].get("person")]
    assert [(each["event"], each["person"]) for each in sent] == [("person.erased", {"id": dana.id})]
    before = len(webhooks.list_deliveries(hook))
    deliver_everything(session)
    count = webhook_replay.replay_since(hook, 1, actor=admin)
    assert len(webhooks.list_deliveries(hook)) == before + count, "what was erased is not sent again"


def test_a_webhook_on_its_way_is_erased_once_it_arrived(session, make, admin, hook):
    dana = make.agent("Dana Zanzibar")
    tickets.assign(make.ticket(), dana, actor=admin)
    session.commit()
    deliver_everything(session, "sending")
    erasure.erase_person(dana, actor=admin)
    session.commit()
    assert everywhere(session, "Zanzibar") == ["deliveries.data"]
    assert session.scalar(db.select(Operation.state)) == "running"
    deliver_everything(session)
    erasure.erase_what_was_being_sent()
    session.commit()
    assert everywhere(session, "Zanzibar") == [] and session.scalar(db.select(Operation.state)) == "done"


def test_mails_and_lines_of_no_ticket_keep_no_name(session, make, admin):
    ann = make.user(make.organization("Globex"), "Zanzibar")
    for kind, data in (
        (DeliveryKind.notification, {"recipient": "ada@support.example"}),
        (DeliveryKind.line, {"sentence": "Zanzibar replied", "mention": "<@U1>"}),
        (DeliveryKind.mail_test, {"loop": True, "title": "Zanzibar"}),
    ):
        session.add(
            Delivery(kind=kind, queue_key="mail", state="sent", subject_id=1, data=data, content=b"Zanzibar wrote")
        )
    session.commit()
    erasure.erase_person(ann, actor=admin)
    session.commit()
    assert everywhere(session, "Zanzibar") == []
    assert {"loop": True} in [*session.scalars(db.select(Delivery.data))]


def test_a_failed_mail_to_them_does_not_keep_their_words(session, make, admin):
    ann = make.user(make.organization("Globex"), "Ann")
    ticket = make.ticket(ann)
    tickets.reply(ticket, author=admin, body="Hello")
    session.commit()
    for delivery in session.scalars(db.select(Delivery).where(Delivery.thread_id.is_not(None))):
        delivery.state, delivery.content = "failed", b"Dear Zanzibar"
    session.commit()
    erasure.erase_person(ann, actor=admin)
    session.commit()
    assert everywhere(session, "Zanzibar") == []


def test_an_imported_person_does_not_come_back(session, make, admin):
    ann = make.user(make.organization("Globex"), email="zanzibar@globex.example")
    session.add(ImportedRecord(source="old", kind="person", external_id=ann.email, local_id=ann.id))
    session.commit()
    erasure.erase_person(ann, actor=admin)
    session.commit()
    assert everywhere(session, "zanzibar") == []
    assert check.find_imported("old", "person", "zanzibar@globex.example") == ann.id


def test_programs_hear_of_erased_tickets(session, make, admin, hook):
    erased, kept = make.ticket().id, make.ticket().id
    deliver_everything(session)
    erasure.erase_tickets([erased])
    session.commit()
    waiting = [row.data["payload"] for row in webhooks.list_deliveries(hook) if row.state == "pending"]
    assert [(each["event"], each["ticket"]) for each in waiting] == [("ticket.erased", {"number": erased})]
    assert session.get(Ticket, kept)


def test_an_organization_leaves_nothing_of_itself_and_its_people(session, make, admin, hook, app):
    zanzibar, initech = make.organization("Zanzibar", domain="zanzibar.example", slack="C0ZAN"), make.organization()
    ann = make.user(zanzibar, "Ann Lee", email="ann@zanzibar.example")
    guest = make.user(zanzibar, "Gil Guest", email="gil@elsewhere.example")
    session.add(Membership(user_id=guest.id, organization_id=initech.id, ticket_visibility="own"))
    make.ticket(ann, body="zanzibar-words")
    moved = make.ticket(ann, body="words of Zanzibar")
    transfer.transfer_ticket(moved, initech, requester=make.user(initech, "Bob"), actor=admin)
    audit_log.add_entry("changed an organization", admin, "Zanzibar", zanzibar.id, domains=["zanzibar.example"])
    for number, (source, payload, key) in enumerate(
        (
            ("email", {"from": "stranger@zanzibar.example", "subject": "zanzibar"}, None),
            ("slack", {"event": {"user": "U9", "text": "zanzibar"}}, "slack:C0ZAN:17.1"),
        )
    ):
        session.add(
            InboundEvent(
                source=source, external_id=f"e{number}", payload=payload, ordering_key=key, state="quarantined"
            )
        )
    reasons = [["organization_id", "Zanzibar"]]
    tickets.add_event(moved, "rule", None, team_only=True, rule="VIP", reasons=reasons, done=["priority"])
    session.add_all(
        [
            SavedView(owner_id=admin.id, name="VIP", filters={"organization": zanzibar.slug}),
            SavedReport(owner_id=admin.id, name="VIP", filters={"organization": zanzibar.slug}),
            connection := SignInConnection(
                organization_id=zanzibar.id, name="Zanzibar", issuer="https://z", client_id="p"
            ),
        ]
    )
    session.flush()
    data = {"userName": "guest", "emails": [{"value": "else@zanzibar.example"}]}
    session.add(ScimResource(connection_id=connection.id, kind="User", resource_id="1", lookup_name="guest", data=data))
    session.commit()
    deliver_everything(session)
    on_its_way = session.scalars(db.select(Delivery).where(Delivery.kind == "webhook")).first()
    on_its_way.state = "sending"
    session.commit()
    organization_erasure.start_erasing_organization(zanzibar, actor=admin)
    session.commit()
    while organization_erasure.erase_organization_batch(session.get(Organization, zanzibar.id))[0]:
        session.commit()
    session.commit()
    deliver_everything(session)
    erasure.erase_what_was_being_sent()
    session.commit()
    left = {place for word in ("anzibar", "Ann Lee", "ann@") for place in everywhere(session, word)}
    assert left - {"inbound_events.ordering_key"} == set()
    assert session.get(User, guest.id).erased_at is None
    operation = session.scalars(db.select(Operation)).one()
    assert (operation.state, operation.done) == ("done", operation.total)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_file_and_no_log_has_the_words_of_an_erased_person(session, make, admin, hook, app, caplog):
    caplog.set_level(logging.DEBUG)
    ann = make.user(make.organization("Globex"), "Zanzibar Quux", email="zanzibar@globex.example")
    ticket = make.ticket(ann, "Oven zanzibar", "The zanzibar is cold")
    message = tickets.reply(ticket, author=ann, body="zanzibar, again")
    tickets.edit_message(message, body="zanzibar, edited", editor=ann)
    file(session, message)
    addresses.change_person(ann, name="Zanzibar Q", email=ann.email, keep_alias=False, actor=admin)
    session.commit()
    path = Path(db.engine.url.database)
    assert b"zanzibar" in b"".join(each.read_bytes() for each in path.parent.glob(path.name + "*")).lower()
    deliver_everything(session)
    keys = erasure.erase_person(ann, actor=admin, subjects=True)
    session.commit()
    erasure.delete_files(keys)
    deliver_everything(session)
    erasure.erase_what_was_being_sent()
    session.commit()
    jobs.bind(app, None)
    session.remove()
    jobs.clean_database_file()
    left = [each for each in path.parent.glob(path.name + "*") if b"zanzibar" in each.read_bytes().lower()]
    assert left == []
    folder = Path(config.current().VAR_DIR)
    assert [each for each in folder.rglob("*") if each.is_file() and b"zanzibar" in each.read_bytes().lower()] == []
    assert "zanzibar" not in caplog.text.lower()
