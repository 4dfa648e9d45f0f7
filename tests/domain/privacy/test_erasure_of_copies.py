"""Copies of an erased person's words and name that stand in nobody's row, or in somebody else's."""

import io
import json
import zipfile

import pytest
from sqlalchemy import select

from helpdesk import clock, storage
from helpdesk.domain import tickets
from helpdesk.domain.privacy import data_export, erasure
from helpdesk.domain.tickets import attachments, splitting
from helpdesk.models.attachment import Attachment
from helpdesk.models.delivery import Delivery
from helpdesk.models.form import Answer
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.provisioning import ScimResource
from helpdesk.models.reaction import Reaction
from helpdesk.models.sign_in_connection import SignInConnection
from tests.domain.privacy.planted_words import everywhere, file

NAME, EMAIL, SLACK_ID = "Annabella Zanzibar", "zanzibar@globex.example", "U0ANN"


@pytest.fixture
def ann(make):
    return make.user(make.organization("Globex", slack="C0GLOBEX001"), NAME, email=EMAIL)


def erase(session, user, admin) -> list[str]:
    """Erase ``user`` with everything; returns where their name, address or word is left."""
    keys = erasure.erase_person(user, actor=admin, subjects=True)
    session.commit()
    erasure.delete_files(keys)
    return everywhere(session, "anzibar")


def test_what_providers_sent_goes_from_groups_and_other_people_too(session, make, admin, ann):
    connection = SignInConnection(
        organization_id=ann.organization_id, name="Okta", issuer="https://login.globex.invalid", client_id="portal"
    )
    session.add(connection)
    session.flush()
    manager = {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"displayName": NAME}}}
    for key, kind, user, data in (
        ("1", "User", ann, {"userName": EMAIL}),
        ("2", "User", None, {"userName": "ann", "emails": [{"value": EMAIL}]}),
        ("3", "User", None, {"userName": "bob"} | manager),
        ("4", "Group", None, {"displayName": "Leads", "members": [{"value": "1", "display": NAME}, {"value": "3"}]}),
        ("5", "Group", None, {"displayName": "All", "members": [{"value": "1", "display": "A. Z."}]}),
    ):
        name = data.get("userName") or data["displayName"]
        row = ScimResource(connection_id=connection.id, kind=kind, resource_id=key, lookup_name=name.lower(), data=data)
        row.user_id = user and user.id
        session.add(row)
    session.commit()
    assert erase(session, ann, admin) == []
    left = {row.resource_id: row.data.get("members") for row in session.scalars(select(ScimResource))}
    assert left == {"3": None, "4": [{"value": "3"}], "5": []}


def test_the_files_of_a_message_that_was_split_off_go(session, make, admin, ann):
    bob = make.user(ann.organization, "Bob")
    message = tickets.reply(make.ticket(bob), author=ann, body="And another thing")
    file(session, message)
    copies = attachments.copy_files(splitting.list_files(message, admin), admin)
    uploads = attachments.attach_uploads(copies, admin)
    splitting.split_message(message, subject="Another", actor=admin, files=uploads)
    kept = make.ticket(bob).messages[0]
    file(session, kept, key="b" * 32)
    assert erase(session, ann, admin) == []
    assert [*session.scalars(select(Attachment.key))] == ["b" * 32]
    with pytest.raises(FileNotFoundError):
        storage.read(copies[0])


def test_what_they_filed_goes_whoever_the_ticket_is_for_now(session, make, admin, ann):
    form, bob = make.form("default", ({"key": "city"},)), make.user(ann.organization, "Bob")
    hers = make.ticket(ann, "Zanzibar is down", form=form, answers={"city": "Zanzibar"})
    bobs = make.ticket(bob, "Printer", form=form, answers={"city": "Vienna"})
    tickets.change_requester(hers, bob, actor=admin, former_follows=False)
    tickets.change_requester(bobs, ann, actor=admin, former_follows=False)
    session.commit()
    data_export.export_person(ann, actor=admin, into=(archive := io.BytesIO()))
    with zipfile.ZipFile(archive) as exported:
        assert {each["id"] for each in json.loads(exported.read("tickets-1.json"))} == {hers.id, bobs.id}
    assert erase(session, ann, admin) == []
    assert [*session.scalars(select(Answer.text))] == ["Vienna"] and bobs.subject == "Printer", "what Bob wrote stays"


def test_a_customer_is_found_in_slack_by_what_they_wrote_there(session, make, admin, ann):
    ticket = make.ticket(ann)
    reply = tickets.reply(ticket, author=ann, body="From Slack", origin=ticket.threads[0], origin_external_id="170.1")
    profile = {"id": SLACK_ID, "profile": {"email": EMAIL, "title": "Zanzibar"}}
    for number, (payload, state, ticket_id) in enumerate(
        (
            ({"event": {"type": "message", "user": SLACK_ID, "ts": "170.1", "text": "From Slack"}}, "done", ticket.id),
            ({"event": {"type": "message", "user": SLACK_ID, "ts": "170.2", "text": "zanzibar"}}, "ignored", None),
            ({"event": {"type": "user_change", "user": profile}}, "done", None),
            ({"type": "view_submission", "user": {"id": SLACK_ID}, "view": {"title": "zanzibar"}}, "failed", None),
            ({"event": {"type": "message", "user": "U0BOB", "text": "Bob's"}}, "ignored", None),
        )
    ):
        row = InboundEvent(source="slack", external_id=f"e{number}", payload=payload, state=state, ticket_id=ticket_id)
        session.add(row)
    session.add(Reaction(message_id=reply.id, outside_id=SLACK_ID, name="Zanzibar", emoji="👍", team_only=False))
    session.commit()
    assert erase(session, ann, admin) == []
    assert [row for row in session.scalars(select(InboundEvent.payload)) if row] == [
        {"event": {"type": "message", "user": "U0BOB", "text": "Bob's"}}
    ]


def test_their_name_goes_where_a_channel_knew_no_account(session, make, admin, ann):
    initech = make.organization("Initech", slack="C0INITECH01")
    messages = [
        tickets.reply_from_outside(
            (ticket := make.ticket(make.user(organization, "Bob"))),
            name=NAME,
            picture="https://pictures.example/a.png",
            body="Hello",
            attachments=[],
            origin=ticket.threads[0],
            origin_external_id="1.1",
        )
        for organization in (ann.organization, initech)
    ]
    session.commit()
    erase(session, ann, admin)
    assert [message.author_name for message in messages] == ["Erased person", NAME], "another company's has the name"
    assert messages[0].author_picture is None


def test_what_has_not_left_is_not_sent_with_their_words(session, make, admin, ann):
    ticket = make.ticket(make.user(ann.organization, "Bob"))
    tickets.reply(ticket, author=ann, body="zanzibar")
    tickets.reply(ticket, author=admin, body="Understood")
    session.commit()
    for delivery in session.scalars(select(Delivery)):  # mails to Bob repeat the last messages
        delivery.state, delivery.content = "failed", b"> zanzibar"
    for kind, state, data, content in (
        ("line", "pending", {"sentence": f"{NAME} answered on #1."}, None),
        ("line", "failed", {"sentence": f"{NAME} answered on #1."}, None),
        ("line", "pending", {"sentence": "#1 is urgent, and nobody has it."}, None),
        ("notification", "failed", {}, b"zanzibar"),
    ):
        session.add(
            Delivery(
                kind=kind, queue_key="mail", state=state, subject_id=1, data=data, content=content, due_at=clock.now()
            )
        )
    session.commit()
    assert erase(session, ann, admin) == []
    lines = select(Delivery.state).where(Delivery.kind == "line", Delivery.thread_id.is_(None)).order_by(Delivery.id)
    assert [*session.scalars(lines)] == ["cancelled", "cancelled", "pending"]
