"""Webhooks leave signed and once for each event, follow no redirect, and hold no worker."""

import base64
import contextlib
import hmac
import http.server
import json
import socket
import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from helpdesk import bounded_http, clock
from helpdesk.channels import checked_requests
from helpdesk.channels.webhook import http as webhook_http
from helpdesk.domain import outbox, tickets
from helpdesk.domain.administration import audit_log
from helpdesk.domain.errors import ConflictError, PermissionDenied
from helpdesk.domain.integrations import webhook_replay, webhook_secrets, webhooks
from helpdesk.models.delivery import Delivery
from helpdesk.models.user import User
from helpdesk.models.webhook import Webhook
from tests import time_travel, timeouts
from tests.replaced_modules import replace_in

NEEDS_NO_DATABASE_OF_EACH_KIND = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def settings():
    return {"WEBHOOKS_TO_LOOPBACK": True}


@pytest.fixture
def admin(make):
    return make.agent("Ada Admin", role="admin")


@pytest.fixture
def receiver():
    """A real server that records requests and answers with ``answers``, or 200 when that is empty."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.got.append((dict(self.headers), body))
            status, headers = server.answers.pop(0) if server.answers else (200, {})
            if status is None:
                self.connection.close()
                return
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.got, server.answers = [], []
    server.url = f"http://127.0.0.1:{server.server_port}/hook"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def rows(session):
    session.expire_all()
    return session.scalars(select(Delivery).where(Delivery.kind == "webhook").order_by(Delivery.id)).all()


def deliver(session):
    ids = [row.id for row in rows(session)]
    session.rollback()
    for id in ids:
        outbox.deliver_one(id)


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


@NEEDS_NO_DATABASE_OF_EACH_KIND
def test_a_new_secret_and_the_former_one_both_count_for_a_week_or_until_that_is_ended(session, make, admin, receiver):
    hook = webhooks.save_webhook(None, name="CRM", url=receiver.url, events=["ticket.filed"], actor=admin)
    keys = [base64.b64decode(webhook_secrets.signing_secret(hook).removeprefix("whsec_"))]
    ids = hook.id, admin.id

    def load():
        return session.get(Webhook, ids[0]), session.get(User, ids[1])

    def change_secret():
        hook, admin = load()
        webhook_secrets.change_secret(hook, actor=admin)
        session.commit()
        keys.append(base64.b64decode(webhook_secrets.signing_secret(hook).removeprefix("whsec_")))

    def fitting():
        hook, admin = load()
        webhooks.send_test(hook, actor=admin)
        session.commit()
        deliver(session)
        headers, body = receiver.got[-1]
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        sent = headers["webhook-signature"].split(" ")
        made = [f"v1,{base64.b64encode(hmac.digest(key, signed, 'sha256')).decode()}" for key in keys]
        assert set(sent) <= set(made)
        return [each in sent for each in made]

    session.commit()
    with pytest.raises(PermissionDenied):
        webhook_secrets.change_secret(hook, actor=make.agent())
    assert fitting() == [True]
    change_secret()
    assert fitting() == [True, True]
    with pytest.raises(ConflictError):
        change_secret()
    session.rollback()
    time_travel.advance(webhook_secrets.FORMER_PERIOD.total_seconds() + 1)
    assert fitting() == [False, True]
    change_secret()
    assert fitting() == [False, True, True]
    hook, admin = load()
    webhook_secrets.end_former_secret(hook, actor=admin)
    session.commit()
    assert fitting() == [False, False, True]
    actions = [entry.action for entry in audit_log.list_entries()][:3]
    assert actions == ["ended the former secret of a webhook", *["gave a webhook a new secret"] * 2]


@NEEDS_NO_DATABASE_OF_EACH_KIND
def test_the_time_that_is_signed_is_that_of_the_clock_that_all_machines_follow(app, monkeypatch):
    replace_in(monkeypatch, webhook_http, "checked_requests", post_request=lambda url, headers, body: headers)
    monkeypatch.setattr(clock, "_offset", timedelta(hours=-1))
    with time_travel.frozen():
        headers = webhook_http.post_request("key", "https://8.8.8.8/", [b"secret"], b"{}")
        assert headers["webhook-timestamp"] == str(int(clock.now().timestamp())) != str(int(time.time()))


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
