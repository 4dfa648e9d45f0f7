"""A customer's message becomes a ticket of its own: linked both ways, with its files, and announced once in each place."""

import io

import pytest
from sqlalchemy import func, select

from helpdesk import storage
from helpdesk.domain import labels, tickets
from helpdesk.domain.errors import ConflictError, PermissionDenied, ValidationError
from helpdesk.domain.tickets import attachments, links, splitting
from helpdesk.models.delivery import Delivery
from helpdesk.models.message import Message
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from tests.factories import signed_in_client
from tests.web import page_forms

sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def world(make, session):
    make.channel("C0TRIAGE")
    globex = make.organization("Globex", slack="C0GLOBEX")
    ann, bo, maya = make.user(globex, "Ann"), make.user(globex, "Bo"), make.agent("Maya")
    ticket = make.ticket(ann)
    message = tickets.reply(ticket, author=bo, body="The lift is broken, too.")
    session.commit()
    return ann, bo, maya, ticket, message


def deliveries(session, ticket):
    query = select(Delivery.id).join(Thread).where(Thread.ticket_id == ticket.id)
    return set(session.scalars(query))


def sentences(ticket, kind):
    return [labels.describe_event(event) for event in ticket.events if event.kind == kind]


def test_the_new_ticket_has_words_author_and_links(session, world):
    ann, bo, maya, ticket, message = world
    new = splitting.split_message(message, subject="The lift", actor=maya)
    session.commit()
    assert (new.subject, new.requester, new.organization_id) == ("The lift", bo, ticket.organization_id)
    first = session.scalars(select(Message).where(Message.ticket_id == new.id)).one()
    assert (first.body, first.author, first.from_team) == (message.body, bo, False)
    assert links.list_linked_tickets(ticket, maya) == [new] and links.list_linked_tickets(new, maya) == [ticket]
    session.refresh(ticket)
    assert sentences(ticket, "split") == [f"Maya filed #{new.id} from a message here"]
    assert sentences(new, "split_from") == [f"Maya filed this from a message on #{ticket.id}"]
    assert message.ticket_id == ticket.id and message.deleted_at is None


def test_each_place_hears_of_the_new_ticket_once_and_nothing_is_sent_again(session, world):
    ann, bo, maya, ticket, message = world
    before = deliveries(session, ticket)
    new = splitting.split_message(message, subject="The lift", actor=maya)
    session.commit()
    again = session.scalars(
        select(Delivery.kind).join(Thread).where(Thread.ticket_id == ticket.id, Delivery.id.not_in(before))
    ).all()
    assert set(again) <= {"card_update"}
    announced = session.execute(
        select(Thread.channel_id, Thread.user_id, func.count(Delivery.id))
        .join(Delivery)
        .where(Thread.ticket_id == new.id)
        .group_by(Thread.id, Thread.channel_id, Thread.user_id)
    ).all()
    assert len(announced) == 3 and all(count == 1 for *_, count in announced)
    assert {row.user_id for row in announced} == {None, bo.id}


@sqlite_only
def test_its_files_are_copied(session, world):
    ann, bo, maya, ticket, message = world
    file = attachments.store_upload(io.BytesIO(b"a picture"), "lift.txt", "text/plain", bo)
    message = tickets.reply(ticket, author=bo, body="See this", attachments=[file])
    session.commit()
    keys = attachments.copy_files(splitting.list_files(message, maya), maya)
    files = attachments.attach_uploads(keys, maya)
    new = splitting.split_message(message, subject="The lift", actor=maya, files=files)
    session.commit()
    copy = session.scalars(select(Message).where(Message.ticket_id == new.id)).one().attachments[0]
    assert (copy.name, storage.read(copy.key), copy.organization_id) == ("lift.txt", b"a picture", bo.organization_id)
    assert copy.key != file.key and [each.key for each in message.attachments] == [file.key]


@sqlite_only
def test_a_message_is_split_once(session, world):
    ann, bo, maya, ticket, message = world
    new = splitting.split_message(message, subject="The lift", actor=maya, form_token="t" * 20)
    session.commit()
    assert splitting.split_message(message, subject="The lift", actor=maya, form_token="t" * 20) == new
    with pytest.raises(ConflictError):
        splitting.split_message(message, subject="Lift", actor=maya, form_token="u" * 20)
    assert session.scalar(select(func.count()).select_from(Ticket)) == 2


@sqlite_only
def test_only_the_team_and_only_what_a_customer_wrote_in_public(session, world, make):
    ann, bo, maya, ticket, message = world
    answer, note = tickets.reply(ticket, author=maya, body="Yes"), tickets.add_note(ticket, author=maya, body="Hm")
    for actor, wrong in ((ann, message), (maya, answer), (maya, note)):
        with pytest.raises(PermissionDenied):
            splitting.split_message(wrong, subject="No", actor=actor)
    with pytest.raises(ValidationError):
        splitting.split_message(message, subject=" ", actor=maya)
    bo.deactivated_at = ticket.created_at
    session.commit()
    new = splitting.split_message(message, subject="The lift", actor=maya)
    session.commit()
    first = session.scalars(select(Message).where(Message.ticket_id == new.id)).one()
    assert new.requester == ann and first.author_id == bo.id, "somebody else's words are never theirs"


@sqlite_only
def test_the_page_asks_files_and_goes_to_the_new_ticket(app, session, world):
    ann, bo, maya, ticket, message = world
    client = signed_in_client(app, maya)
    path = f"/tickets/{ticket.id}/messages/{message.id}/split"
    assert f'href="{path}"' in client.get(f"/tickets/{ticket.id}").text
    form = next(f for f in page_forms.forms_of(page_forms.parse(client.get(path)), path) if f.action == path)
    values = {control.name: control.values[0] for control in form.controls if control.values}
    assert values["subject"] == "The lift is broken, too."
    assert page_forms.submit(client, form, values | {"subject": ""}).status_code == 422
    first, again = page_forms.submit(client, form, values), page_forms.submit(client, form, values)
    assert first.status_code == again.status_code == 303 and first.location == again.location
    page = client.get(f"/tickets/{ticket.id}").text
    assert f'filed <a href="{first.location}">' in page
