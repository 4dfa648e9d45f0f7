"""Webhooks leave signed and once for each event, go nowhere private, and tokens open what their scopes name."""

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

from helpdesk import clock
from helpdesk.channels import checked_requests, ssrf
from helpdesk.domain import outbox, tickets
from helpdesk.domain.errors import ConflictError, PermissionDenied, ValidationError
from helpdesk.domain.integrations import api_tokens, webhook_address, webhooks
from helpdesk.domain.outbox import errors
from helpdesk.models.delivery import Delivery

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
    secret = base64.b64decode(webhooks.signing_secret(hook).removeprefix("whsec_"))
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
    monkeypatch.setattr(checked_requests, "TOTAL_SECONDS", 0.5)
    sent = []

    def drip(listener):
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            connection.recv(65536)
            connection.sendall(beginning)
            while len(sent) < checked_requests.MAX_RESPONSE_BYTES:
                connection.sendall(b"x")
                sent.append(1)
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


@pytest.fixture
def strict(monkeypatch):
    monkeypatch.setattr(webhook_address, "is_loopback_allowed", lambda: False)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "https://127.0.0.1/",
        "https://localhost/x",
        "https://10.1.2.3/",
        "https://[::1]/",
        "https://[fe80::1]/",
        "https://169.254.169.254/latest",
        "https://192.168.0.9:8443/",
        "https://user:pw@example.com/",
        "https://example.com:22/",
        "ftp://example.com/",
        "https:///x",
        "https://intranet/",
        "https://db.internal/",
        "https://[::ffff:127.0.0.1]/",
        "https://0.0.0.0/",
        "https://exa mple.com/",
        "https://224.0.0.1/",
        "https://100.64.0.1/",
        "",
    ],
)
def test_no_address_that_is_not_public_is_taken(strict, url):
    assert webhook_address.url_error(url)


def test_a_public_address_is_taken(strict):
    assert webhook_address.url_error("https://hooks.example.com/a?b=c") is None
    assert webhook_address.url_error("https://93.184.216.34:8443/") is None


def test_a_name_that_resolves_to_a_private_address_is_never_called(strict, monkeypatch):
    monkeypatch.setattr(
        ssrf.socket,
        "getaddrinfo",
        lambda *a, **k: [(2, 1, 6, "", ("93.184.216.34", 443)), (2, 1, 6, "", ("10.0.0.1", 443))],
    )
    with pytest.raises(errors.PermanentError):
        ssrf.resolve_url("https://rebinding.example.com/")
    monkeypatch.setattr(ssrf.socket, "getaddrinfo", lambda *a, **k: [(2, 1, 6, "", ("93.184.216.34", 443))])
    assert ssrf.resolve_url("https://rebinding.example.com/a?b").address == "93.184.216.34"


def test_a_token_is_shown_once_and_ends_when_it_should(session, make, admin):
    token, secret = api_tokens.issue_token(name="CI", scopes=["tickets:read"], user=admin, days=1)
    session.commit()
    assert secret not in (token.token_hash, token.shown) and secret.startswith(token.shown)
    assert api_tokens.find_token(secret) is token
    assert api_tokens.find_token(secret + "x") is None and api_tokens.find_token("") is None
    token.expires_at = clock.now() - timedelta(seconds=1)
    assert api_tokens.find_token(secret) is None
    token.expires_at = None
    api_tokens.revoke_token(token, actor=admin)
    assert api_tokens.find_token(secret) is None


def test_a_token_dies_with_its_person_and_only_admins_make_them(session, make, admin):
    _, secret = api_tokens.issue_token(name="CI", scopes=["tickets:read"], user=admin)
    admin.deactivated_at = clock.now()
    session.commit()
    assert api_tokens.find_token(secret) is None
    with pytest.raises(PermissionDenied):
        api_tokens.issue_token(name="CI", scopes=["tickets:read"], user=make.agent(role="lead"))
    with pytest.raises(ValidationError) as refused:
        api_tokens.issue_token(name="", scopes=["everything"], user=make.agent(role="admin"), days=4_000)
    assert set(refused.value.errors) == {"name", "scopes", "days"}
