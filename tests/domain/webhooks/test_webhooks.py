"""Webhooks leave signed and once for each event, follow no redirect, and hold no worker."""

import base64
import contextlib
import hmac
import json
import socket
import threading
import time
from datetime import timedelta

import pytest

from helpdesk import bounded_http, clock
from helpdesk.channels import checked_requests
from helpdesk.domain import tickets
from helpdesk.domain.errors import ConflictError, PermissionDenied
from helpdesk.domain.integrations import webhook_secrets, webhooks
from tests import timeouts
from tests.domain.webhooks.conftest import NEEDS_NO_DATABASE_OF_EACH_KIND, deliver, rows
from tests.replaced_modules import replace_in


def test_what_happens_is_sent_signed_and_in_the_same_words_at_every_try(session, make, admin, receiver):
    hook = webhooks.save_webhook(
        None, name="CRM", url=receiver.url, events=["ticket.filed", "message.replied", "ticket.solved"], actor=admin
    )
    session.commit()
    secret = base64.b64decode(webhook_secrets.signing_secret(hook).removeprefix("whsec_"))
    ticket = make.ticket(subject="Ö")
    tickets.add_note(ticket, author=admin, body="secret")
    tickets.reply(ticket, author=admin, body="Hello")
    tickets.solve(ticket, actor=admin)
    session.commit()
    assert [row.data["payload"]["event"] for row in rows(session)] == [
        "ticket.filed",
        "message.replied",
        "ticket.solved",
    ]
    receiver.answers = [(500, {}), (200, {})]
    deliver(session)
    first = rows(session)[0]
    assert (first.state, first.reason) == ("pending", "127.0.0.1 answered 500.")
    assert len(receiver.got) == 1, "later events of the ticket wait"
    for row in rows(session):
        row.due_at = clock.now()
    session.commit()
    deliver(session)
    assert [row.state for row in rows(session)] == ["sent"] * 3
    bodies = {body for headers, body in receiver.got if headers["webhook-id"] == rows(session)[0].key}
    assert len(bodies) == 1, "the same bytes at every try"
    for headers, body in receiver.got:
        assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        expected = base64.b64encode(hmac.digest(secret, signed, "sha256")).decode()
        assert headers["webhook-signature"] == f"v1,{expected}"
        assert b"secret" not in body
    assert json.loads(bodies.pop())["ticket"]["subject"] == "Ö"
    received = [json.loads(body) for _, body in receiver.got[1:]]
    assert [each["event"] for each in received] == ["ticket.filed", "message.replied", "ticket.solved"]
    assert [each["sequence"] for each in received] == sorted({each["sequence"] for each in received})
    assert {each["version"] for each in received} == {1}


@NEEDS_NO_DATABASE_OF_EACH_KIND
def test_events_of_another_ticket_and_failed_ones_are_not_waited_for(session, make, admin, receiver):
    webhooks.save_webhook(None, name="CRM", url=receiver.url, events=["ticket.filed", "ticket.solved"], actor=admin)
    session.commit()
    one, other = make.ticket(), make.ticket()
    numbers = [one.number, other.number]
    tickets.solve(one, actor=admin)
    session.commit()
    receiver.answers = [(500, {})]
    deliver(session)
    assert [json.loads(body)["ticket"]["number"] for _, body in receiver.got] == numbers
    first, _, third = rows(session)
    first.state, third.due_at = "failed", clock.now()
    session.commit()
    deliver(session)
    assert json.loads(receiver.got[-1][1])["event"] == "ticket.solved"


@NEEDS_NO_DATABASE_OF_EACH_KIND
def test_answers_files_edits_and_deletions_are_sent_and_notes_only_where_wanted(session, make, admin):
    changes = ["ticket.filed", "message.edited", "message.deleted"]
    for name, events in (("CRM", changes), ("Team", [*changes, "message.noted"])):
        webhooks.save_webhook(None, name=name, url="https://8.8.8.8/", events=events, actor=admin)
    form = make.form(fields=({"key": "city"},))
    ticket = make.ticket(form=form, answers={"city": "Zanzibar"})
    reply = tickets.reply(ticket, author=admin, body="Hello")
    note = tickets.add_note(ticket, author=admin, body="secret")
    for message in (reply, note):
        tickets.edit_message(message, editor=admin, body=message.body + "!")
    tickets.delete_message(reply, editor=admin)
    session.commit()
    crm, team = ([row.data["payload"] for row in rows(session) if row.subject_id == id] for id in (1, 2))
    assert [each["event"] for each in crm] == ["ticket.filed", "message.edited", "message.deleted"]
    assert crm[0]["ticket"]["answers"] == [{"key": "city", "label": "City", "value": "Zanzibar", "text": "Zanzibar"}]
    assert (crm[1]["message"]["body"], crm[1]["message"]["attachments"]) == ("Hello!", [])
    assert crm[2]["message"]["body"] == "" and crm[2]["message"]["deleted_at"]
    assert [each["message"]["body"] for each in team if each["event"] == "message.edited"] == ["Hello!", "secret!"]


@NEEDS_NO_DATABASE_OF_EACH_KIND
@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ((302, {"Location": "http://169.254.169.254/"}), "failed"),
        ((410, {}), "failed"),
        ((429, {"Retry-After": "120"}), "pending"),
        ((None, {}), "pending"),
    ],
)
def test_answers_are_understood_and_redirects_never_followed(session, make, admin, receiver, answer, state):
    webhooks.save_webhook(None, name="CRM", url=receiver.url, events=["ticket.filed"], actor=admin)
    session.commit()
    make.ticket()
    receiver.answers = [answer]
    deliver(session)
    (row,) = rows(session)
    assert row.state == state and row.reason and len(receiver.got) == 1
    if answer[0] == 429:
        assert row.due_at > clock.now() + timedelta(seconds=100)


@NEEDS_NO_DATABASE_OF_EACH_KIND
@pytest.mark.parametrize(
    ("beginning", "state"),
    [
        (b"HTTP/1.1 ", "pending"),
        (b"HTTP/1.1 200 OK\r\nX-Slow: ", "sent"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", "sent"),
    ],
)
def test_a_receiver_that_sends_a_byte_now_and_then_holds_no_worker(session, make, admin, monkeypatch, beginning, state):
    sent, limits, has_dripped = [], [], threading.Event()

    class TimerOfBytes(threading.Timer):
        """Ends when some bytes have dripped, not by a clock."""

        def run(self):
            limits.append(self.interval)
            has_dripped.wait(timeouts.LIMIT)
            self.function(*self.args)

    replace_in(monkeypatch, bounded_http, "threading", Timer=TimerOfBytes)

    def drip(listener):
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            connection.recv(65536)
            connection.sendall(beginning)
            while len(sent) < checked_requests.MAX_RESPONSE_BYTES:
                connection.sendall(b"x")
                sent.append(1)
                if len(sent) == 10:
                    has_dripped.set()
                time.sleep(0.02)
            connection.sendall(b"\r\nContent-Length: 0\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,), daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/hook"
        webhooks.save_webhook(None, name="CRM", url=url, events=["ticket.filed"], actor=admin)
        session.commit()
        make.ticket()
        deliver(session)
        thread.join()
    assert [row.state for row in rows(session)] == [state]
    assert len(sent) < checked_requests.MAX_RESPONSE_BYTES, "the connection was cut"
    assert limits == [checked_requests.TOTAL_SECONDS]


@NEEDS_NO_DATABASE_OF_EACH_KIND
def test_switched_off_is_left_out_and_a_test_shows_in_the_log(session, make, admin, receiver):
    hook = webhooks.save_webhook(None, name="CRM", url=receiver.url, events=["ticket.filed"], actor=admin)
    webhooks.send_test(hook, actor=admin)
    session.commit()
    deliver(session)
    hook, admin = session.merge(hook), session.merge(admin)
    assert [row.state for row in webhooks.list_deliveries(hook)] == ["sent"]
    make.ticket()
    webhooks.save_webhook(hook, name="CRM", url=receiver.url, events=["ticket.filed"], actor=admin, is_active=False)
    session.commit()
    deliver(session)
    hook, admin = session.merge(hook), session.merge(admin)
    assert [row.state for row in webhooks.list_deliveries(hook)] == ["cancelled", "sent"]
    with pytest.raises(ConflictError):
        webhooks.send_test(hook, actor=admin)
    with pytest.raises(PermissionDenied):
        webhooks.save_webhook(None, name="x", url=receiver.url, events=["ticket.filed"], actor=make.agent())
