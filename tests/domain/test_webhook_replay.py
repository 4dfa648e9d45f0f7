"""Events of a webhook's log are sent again as they were; people and every change of a ticket are events, too."""

import io

import pytest
from sqlalchemy import select

from helpdesk.domain import tickets
from helpdesk.domain.errors import ConflictError, PermissionDenied, ValidationError
from helpdesk.domain.integrations import webhook_replay, webhooks
from helpdesk.domain.people import addresses, memberships, preferences, users
from helpdesk.domain.reorganization import people_merging
from helpdesk.domain.tickets import attachments
from helpdesk.models.delivery import Delivery
from helpdesk.models.webhook import WEBHOOK_EVENTS
from tests import time_travel
from tests.factories import signed_in_client

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def settings():
    return {"WEBHOOKS_TO_LOOPBACK": True}


@pytest.fixture
def admin(make):
    return make.agent("Ada", role="admin")


def subscribe(admin, *events):
    url = "http://127.0.0.1:9/"
    return webhooks.save_webhook(None, name="CRM", url=url, events=list(events or WEBHOOK_EVENTS), actor=admin)


def payloads(session) -> list[dict]:
    rows = session.scalars(select(Delivery).where(Delivery.kind == "webhook").order_by(Delivery.id))
    return [row.data["payload"] for row in rows]


def finish(session) -> list[Delivery]:
    rows = session.scalars(select(Delivery).where(Delivery.kind == "webhook").order_by(Delivery.id)).all()
    for row in rows:
        row.state = "sent"
    session.commit()
    return list(rows)


def test_one_event_is_sent_again_and_names_the_first(session, make, admin):
    subscribe(admin, "ticket.filed")
    make.ticket()
    (waiting,) = session.scalars(select(Delivery).where(Delivery.kind == "webhook"))
    with pytest.raises(ConflictError):
        webhook_replay.replay_delivery(waiting, actor=admin)
    (first,) = finish(session)
    with pytest.raises(PermissionDenied):
        webhook_replay.replay_delivery(first, actor=make.agent())
    again = webhook_replay.replay_delivery(first, actor=admin)
    assert again.data["payload"] == first.data["payload"] | {"replay_of": first.key, "sequence": first.id}
    assert again.state == "pending"
    again.state = "sent"
    assert webhook_replay.replay_delivery(again, actor=admin).data["payload"]["replay_of"] == first.key


def test_everything_since_a_time_is_sent_again_in_order_without_tests_and_replays(session, make, admin):
    webhook = subscribe(admin, "ticket.filed")
    make.ticket()
    time_travel.advance(3 * 3600)
    numbers = [make.ticket().number for _ in range(2)]
    webhooks.send_test(webhook, actor=admin)
    finish(session)
    assert webhook_replay.replay_since(webhook, 1, actor=admin) == 2
    assert [payload["ticket"]["number"] for payload in payloads(session)[-2:]] == numbers
    finish(session)
    assert webhook_replay.replay_since(webhook, 24, actor=admin) == 3
    with pytest.raises(ValidationError):
        webhook_replay.replay_since(webhook, 2, actor=admin)
    webhook.is_active = False
    with pytest.raises(ConflictError):
        webhook_replay.replay_since(webhook, 1, actor=admin)


def test_a_file_that_is_withdrawn_is_an_event_and_one_on_a_note_only_for_who_gets_notes(session, make, admin):
    subscribe(admin, "file.removed")
    ticket = make.ticket()
    for add, number in ((tickets.reply, 1), (tickets.add_note, 2)):
        file = attachments.store_upload(io.BytesIO(b"cold"), f"oven-{number}.txt", "text/plain", admin)
        file.origin_external_id = f"F{number}"
        message = add(ticket, author=admin, body="See the file.", attachments=[file])
        session.commit()
        assert tickets.withdraw_files(message, f"F{number}", "Deleted in Slack.") == 1
        session.commit()
    [payload] = payloads(session)
    assert (payload["event"], payload["ticket"]["number"]) == ("file.removed", ticket.number)
    assert (payload["file"]["name"], payload["file"]["reason"]) == ("oven-1.txt", "Deleted in Slack.")
    assert payload["message"]["body"] == "See the file."


def test_people_are_events(session, make, admin):
    subscribe(admin, "person.added", "person.changed", "person.merged")
    globex = make.organization("Globex")
    ann = users.create_user("ann@globex.example", name="Ann", organization=globex)
    twin = users.create_user("twin@globex.example", organization=globex)
    addresses.change_person(ann, name="Ann Lee", email="ann@globex.example", keep_alias=True, actor=admin)
    people_merging.merge_people(twin, ann, actor=admin)
    users.deactivate_user(ann, actor=admin)
    users.set_ticket_visibility(ann, globex, "own", actor=admin)
    memberships.set_admin(ann, globex, True, actor=admin)
    dana = make.agent("Dana")
    users.set_role(dana, "lead", actor=admin)
    preferences.save_preferences(dana, name="Dana Lee", time_zone="", mail_replies=True, mail_updates=True)
    found = payloads(session)
    assert [payload["event"] for payload in found] == [
        "person.added",
        "person.added",
        "person.changed",
        "person.merged",
        *["person.changed"] * 5,
    ]
    assert found[0]["person"] == {
        "id": ann.id,
        "name": "Ann",
        "email": "ann@globex.example",
        "role": "requester",
        "is_active": True,
        "organization": {"slug": "globex", "name": "Globex"},
    }
    assert found[2]["changes"] == {"name": ["Ann", "Ann Lee"]} and found[3]["merged"] == "twin@globex.example"
    assert [each["changes"] for each in found[4:]] == [
        {"is_active": [True, False]},
        {"ticket_visibility": ["organization", "own"]},
        {"is_admin": [False, True]},
        {"role": ["agent", "lead"]},
        {"name": ["Dana", "Dana Lee"]},
    ]


def test_requester_followers_answers_and_moves_are_events(session, make, admin):
    subscribe(admin, "ticket.updated")
    globex = make.organization("Globex")
    ann, bo, form = make.user(globex, "Ann"), make.user(globex, "Bo"), make.form(fields=({"key": "serial"},))
    ticket, other = make.ticket(ann, form=form), make.ticket(ann)
    tickets.add_follower(ticket, bo, actor=admin)
    tickets.remove_follower(ticket, bo, actor=admin)
    tickets.change_requester(ticket, bo, actor=admin)
    tickets.change_answer(ticket, form.fields[0], ["X2"], admin)
    found = payloads(session)
    assert [payload["change"] for payload in found] == ["followed", "unfollowed", "requester", "answered"]
    assert found[2]["changes"] == {"old": ann.email, "new": bo.email}
    assert found[3]["changes"] == {"field": "serial", "old": None, "new": "X2"} and other.number != ticket.number


def test_the_page_shows_the_last_answers_and_sends_again(app, session, make, admin):
    webhook = subscribe(admin, "ticket.filed")
    make.ticket()
    (row,) = finish(session)
    row.data = row.data | {"status": 200, "answer": "thank you"}
    session.commit()
    client = signed_in_client(app, admin)
    page = client.get(f"/settings/webhooks/{webhook.id}").text
    assert "200" in page and "thank you" in page and "Send again" in page
