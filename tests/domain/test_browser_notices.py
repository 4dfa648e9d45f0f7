"""Notices by Web Push: encrypted for one browser, proven by our key, and only what its person may still read."""

import base64
import http.server
import json
import threading

import http_ece
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select

from helpdesk import config
from helpdesk.domain import tickets
from helpdesk.domain.authentication import sessions
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.notifications import browsers
from helpdesk.models.delivery import Delivery
from helpdesk.models.notification import PushSubscription
from helpdesk.models.session import Session
from tests import worker_helpers

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def point(key) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


@pytest.fixture(name="settings")
def environment():
    return {"WEBHOOKS_TO_LOOPBACK": "1", "MAIL_DEFAULT_SENDER": "Help <help@support.example>"}


@pytest.fixture
def service():
    """A push service on a socket (RFC 8030): it takes what is posted to it and answers 201, or with ``answers``."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.got.append((dict(self.headers), body))
            self.send_response(server.answers.pop(0) if server.answers else 201)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.got, server.answers = [], []
    server.url = f"http://127.0.0.1:{server.server_port}/push/1"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


class Browser:
    """A browser's side of the Push API: its keys, and what it can read."""

    def __init__(self, url):
        self.url, self.key, self.auth = url, ec.generate_private_key(ec.SECP256R1()), b"0123456789abcdef"

    def sign_in(self, user) -> PushSubscription:
        sessions.create_session(user, "link")
        row = Session.query.filter_by(user_id=user.id).order_by(Session.id.desc()).first()
        return browsers.add_browser(
            user, row.id, endpoint=self.url, p256dh=encode(point(self.key)), auth=encode(self.auth)
        )

    def read(self, body) -> dict:
        return json.loads(http_ece.decrypt(body, private_key=self.key, auth_secret=self.auth, version="aes128gcm"))


@pytest.fixture
def browser(service):
    return Browser(service.url)


@pytest.fixture
def ticket(make):
    return make.ticket(make.user(make.organization("Globex"), "Dana Fields"), subject="Smoke")


def states(session):
    session.expire_all()
    return list(session.scalars(select(Delivery.state).where(Delivery.kind == "browser_notice")))


def test_an_agent_is_notified_in_their_browser(session, make, ticket, service, browser):
    maya, jonas = make.agent("Maya"), make.agent("Jonas Park")
    browser.sign_in(maya)
    tickets.assign(ticket, maya, actor=jonas)
    session.commit()
    worker_helpers.drain(session)
    [(headers, body)] = service.got
    notice = browser.read(body)
    assert notice["title"] == f"Jonas Park assigned #{ticket.number} to you" and notice["body"] == "Smoke"
    assert notice["address"].endswith(f"/tickets/{ticket.number}")
    assert b"Smoke" not in body and headers["Content-Encoding"] == "aes128gcm" and int(headers["TTL"]) > 0
    scheme, _, proof = headers["Authorization"].partition(" ")
    values = dict(each.split("=", 1) for each in proof.split(", "))
    known = base64.urlsafe_b64decode(browsers.public_key() + "=")
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), known)
    audience = service.url.rpartition("/push")[0]
    claims = jwt.decode(values["t"], key, algorithms=["ES256"], audience=audience)
    assert (scheme, values["k"], claims["sub"]) == ("vapid", browsers.public_key(), "mailto:help@support.example")
    assert states(session) == ["sent"]


def test_a_customer_is_notified_of_answers_that_stay_and_of_nothing_else(session, make, ticket, service, browser):
    maya = make.agent("Maya")
    browser.sign_in(ticket.requester)
    tickets.add_note(ticket, author=maya, body="Internal")
    tickets.reply(ticket, author=ticket.requester, body="Hello?")
    taken_back = tickets.reply(ticket, author=maya, body="Wrong", release_at=tickets.window_end())
    session.commit()
    worker_helpers.drain(session)
    assert service.got == []
    tickets.take_back_reply(taken_back, editor=maya)
    message = tickets.reply(ticket, author=maya, body="Right", release_at=tickets.window_end())
    session.commit()
    worker_helpers.advance_time(session, 60)
    worker_helpers.drain(session)
    assert [browser.read(body)["title"] for _, body in service.got] == [f"Maya replied on #{ticket.number}"]
    second = tickets.reply(ticket, author=maya, body="Oops", release_at=tickets.window_end())
    tickets.convert_to_note(second, editor=maya)
    session.commit()
    worker_helpers.advance_time(session, 60)
    worker_helpers.drain(session)
    assert len(service.got) == 1 and message.id != second.id


@pytest.mark.parametrize("change", ["signed out", "deactivated", "read", "rotated"])
def test_no_notice_goes_to_a_browser_that_should_not_have_it(session, make, ticket, service, browser, change, app):
    maya, jonas = make.agent("Maya"), make.agent("Jonas Park")
    row = browser.sign_in(maya)
    tickets.assign(ticket, maya, actor=jonas)
    session.commit()
    if change == "signed out":
        row.session.revoked_at = row.created_at
    elif change == "deactivated":
        maya.deactivated_at = row.created_at
    elif change == "read":
        from helpdesk.domain.notifications import inbox

        inbox.mark_read(maya.id)
    else:
        row.server_key = "0" * 64  # of a key that is accepted no more
    session.commit()
    worker_helpers.drain(session)
    assert service.got == [] and states(session) == ["cancelled"]


def test_a_browser_that_its_service_forgot_is_removed_and_a_busy_service_is_tried_again(
    session, make, ticket, service, browser
):
    maya, jonas = make.agent("Maya"), make.agent("Jonas Park")
    browser.sign_in(maya)
    service.answers = [503, 201, 410]
    tickets.assign(ticket, maya, actor=jonas)
    session.commit()
    worker_helpers.drain(session)
    assert states(session) == ["pending"]
    worker_helpers.advance_time(session, 3600)
    worker_helpers.drain(session)
    assert states(session) == ["sent"]
    tickets.add_note(ticket, author=jonas, body="@Maya look")
    session.commit()
    worker_helpers.drain(session)
    assert states(session) == ["sent", "cancelled"] and not session.scalar(select(PushSubscription.id))


def test_a_rotated_secret_key_still_reaches_earlier_browsers(session, make, ticket, browser, monkeypatch):
    row = browser.sign_in(make.agent("Maya"))
    before = browsers.public_key()
    current = config.current()
    monkeypatch.setattr(current, "SECRET_KEY_FALLBACKS", (current.SECRET_KEY,))
    monkeypatch.setattr(current, "SECRET_KEY", "another-secret-for-tests-0123456789abcdef")
    assert browsers.public_key() != before
    assert browsers.encode_public_key(browsers.find_private_key(row)) == before


@pytest.mark.parametrize(
    ("endpoint", "p256dh", "auth"),
    [
        ("https://10.0.0.1/push", None, None),
        ("http://push.example/1", None, None),
        ("https://push.example/" + "x" * 2000, None, None),
        (None, "AAAA", None),
        (None, None, "!!"),
    ],
)
def test_what_is_no_push_service_on_the_internet_is_refused(session, make, browser, endpoint, p256dh, auth):
    maya = make.agent("Maya")
    values = {"endpoint": endpoint or browser.url, "p256dh": p256dh or encode(point(browser.key))}
    with pytest.raises(ValidationError):
        browsers.add_browser(maya, 1, **values, auth=auth or encode(browser.auth))
