"""Words that were deleted or made internal leave by no webhook afterwards."""

import json

import pytest

from helpdesk import clock
from helpdesk.domain import tickets
from helpdesk.domain.integrations import webhook_replay, webhooks
from tests.domain.webhooks.conftest import NEEDS_NO_DATABASE_OF_EACH_KIND, deliver, rows


def test_a_reply_that_became_internal_is_gone_for_who_gets_no_notes(session, make, admin):
    events = ["message.replied", "message.edited", "message.deleted"]
    for name, got in (("CRM", events), ("Team", [*events, "message.noted"]), ("Counter", ["message.replied"])):
        webhooks.save_webhook(None, name=name, url="https://8.8.8.8/", events=got, actor=admin)
    ticket = make.ticket()
    sent, unsent = (tickets.reply(ticket, author=admin, body=f"for us only {number}") for number in range(2))
    session.commit()
    for row in rows(session):
        if row.data["payload"]["message"]["id"] == sent.id:
            row.state, row.attempts = "sent", 1
    session.commit()
    for message in (sent, unsent):
        tickets.convert_to_note(message, editor=admin, also_late=True)
    session.commit()
    crm, team, counter = (
        [
            (row.data["payload"]["event"], row.data["payload"]["message"])
            for row in rows(session)
            if row.subject_id == id
        ]
        for id in (1, 2, 3)
    )
    assert [(event, message["id"], message["body"]) for event, message in crm] == [
        ("message.replied", sent.id, "for us only 0"),
        ("message.deleted", sent.id, ""),
    ]
    assert crm[1][1]["deleted_at"] and crm[1][1]["kind"] == "reply"
    assert [event for event, message in team if message["kind"] == "note"] == ["message.edited"] * 2
    assert [message["id"] for _, message in counter] == [sent.id]


def take_back(message, how, admin):
    if how == "deleted":
        tickets.delete_message(message, editor=admin)
    else:
        tickets.convert_to_note(message, editor=admin, also_late=True)


@NEEDS_NO_DATABASE_OF_EACH_KIND
@pytest.mark.parametrize("how", ["deleted", "internal"])
@pytest.mark.parametrize("is_replayed", [False, True], ids=["tried again", "replayed"])
def test_words_that_were_taken_back_do_not_leave_afterwards(session, make, admin, receiver, how, is_replayed):
    crm = webhooks.save_webhook(
        None, name="CRM", url=receiver.url, events=["message.replied", "message.deleted"], actor=admin
    )
    reply = tickets.reply(make.ticket(), author=admin, body="for us only")
    session.commit()
    given = [(each, each.id) for each in (crm, admin, reply)]
    receiver.answers = [(200 if is_replayed else 500, {})]
    deliver(session)
    receiver.got.clear()
    crm, admin, reply = (session.get(type(each), id) for each, id in given)
    take_back(reply, how, admin)
    session.commit()
    first = rows(session)[0]
    if is_replayed:
        webhook_replay.replay_delivery(first, actor=admin)
    for row in rows(session):
        row.due_at = clock.now()
    session.commit()
    deliver(session)
    received = [json.loads(body) for _, body in receiver.got]
    assert sorted(each["event"] for each in received) == ["message.deleted", "message.replied"]
    assert [(each["message"]["body"], bool(each["message"]["deleted_at"])) for each in received] == [("", True)] * 2
    if how == "internal":  # programs that get notes go on getting it
        first = rows(session)[0]
        crm, admin, _ = (session.get(type(each), id) for each, id in given)
        crm.events = [*crm.events, "message.noted"]
        webhook_replay.replay_delivery(first, actor=admin)
        session.commit()
        deliver(session)
        assert json.loads(receiver.got[-1][1])["message"]["body"] == "for us only"
