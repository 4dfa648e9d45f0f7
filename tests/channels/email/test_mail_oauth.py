"""XOAUTH2: tokens of a stand-in provider sign in to a real SMTP server, and to Dovecot, which asks the provider."""

import base64
import http.server
import json
import threading
from urllib.parse import parse_qs, urlsplit

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import MISSING, AuthResult

from helpdesk import config
from helpdesk.channels.email import imap, oauth, settings, smtp, smtp_pool
from helpdesk.domain.outbox import errors
from tests import conftest
from tests.channels.email import test_email_imap

MAIL = b"From: help@x.example\r\nTo: dana@globex.example\r\nMessage-ID: <1@x.example>\r\nSubject: x\r\n\r\nHi\r\n"


class Provider:
    """A token endpoint as RFC 6749 describes, and the introspection of RFC 7662 that Dovecot calls."""

    def __init__(self):
        self.asked: list[dict[str, str]] = []
        self.valid: set[str] = set()
        self.status, self.lifetime = 200, 3600

    def __enter__(self):
        provider = self

        class Answer(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                fields = {name: values[0] for name, values in parse_qs(body).items()}
                if urlsplit(self.path).path == "/introspect":
                    return self.answer(200, {"active": fields["token"] in provider.valid, "username": "help"})
                provider.asked.append(fields)
                if provider.status != 200:
                    return self.answer(provider.status, {"error": "invalid_grant"})
                token = f"token-{len(provider.asked)}"
                provider.valid.add(token)
                return self.answer(200, {"access_token": token, "expires_in": provider.lifetime})

            def answer(self, status, value):
                content = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def settings(self, **more):
        return oauth.OauthSettings(f"http://127.0.0.1:{self.port}/token", "client", "its-secret", **more)


@pytest.fixture
def provider():
    with Provider() as running:
        yield running


class MailServer:
    """An SMTP server that knows XOAUTH2 only, and asks the provider about each token."""

    def __init__(self, provider):
        self.provider, self.taken, self.users = provider, [], []

    async def auth_XOAUTH2(self, server, args):
        text = base64.b64decode(args[1]).decode() if len(args) > 1 else ""
        user, bearer = text.split("\1")[:2] if "\1" in text else ("", "")
        if bearer.removeprefix("auth=Bearer ") in self.provider.valid:
            self.users.append(user)
            return AuthResult(success=True, auth_data=user)
        challenge = base64.b64encode(b'{"status":"401"}').decode()
        if await server.challenge_auth(challenge, encode_to_b64=False) is MISSING:
            return AuthResult(success=False)
        return AuthResult(success=False, handled=False)

    async def handle_DATA(self, server, session, envelope):
        self.taken.append((session.authenticated, envelope.content))
        return "250 OK"


@pytest.fixture
def mail_server(provider):
    handler = MailServer(provider)
    options = {"auth_require_tls": False, "auth_exclude_mechanism": ["LOGIN", "PLAIN"], "auth_required": True}
    controller = Controller(handler, hostname="127.0.0.1", port=0, **options)
    controller.port = conftest.free_port()
    controller.start()
    handler.port = controller.port
    yield handler
    controller.stop()


def outgoing(provider, mail_server, **more):
    values = {"username": "help@x.example", "oauth": provider.settings(**more), "timeout": 5}
    return settings.SmtpSettings("127.0.0.1", mail_server.port, **values)


def send(way):
    try:
        return smtp.send_mail(MAIL, "help@x.example", "dana@globex.example", way)
    finally:
        smtp_pool.close_all()


def test_a_mail_is_sent_with_a_token_that_is_kept(provider, mail_server):
    way = outgoing(provider, mail_server, scope="https://outlook.office365.com/.default")
    for _ in range(2):
        send(way)
    assert [len(mail_server.taken), mail_server.users] == [2, ["user=help@x.example"] * 2]
    assert provider.asked == [
        {
            "client_id": "client",
            "client_secret": "its-secret",
            "grant_type": "client_credentials",
            "scope": "https://outlook.office365.com/.default",
        }
    ]


def test_a_refresh_token_is_used_where_there_is_one(provider, mail_server):
    send(outgoing(provider, mail_server, refresh_token="kept"))
    assert (provider.asked[0]["grant_type"], provider.asked[0]["refresh_token"]) == ("refresh_token", "kept")


def test_a_token_near_its_end_or_withdrawn_is_renewed(provider, mail_server):
    way = outgoing(provider, mail_server)
    provider.lifetime = 30
    send(way)
    provider.lifetime = 3600
    send(way)
    assert len(provider.asked) == 2
    provider.valid.clear()
    send(way)
    assert len(provider.asked) == 3 and len(mail_server.taken) == 3


def test_a_provider_that_refuses_blocks_and_one_that_is_down_delays(provider, mail_server):
    provider.status = 400
    with pytest.raises(errors.ChannelBlockedError, match="invalid_grant"):
        send(outgoing(provider, mail_server))
    provider.status = 503
    with pytest.raises(errors.TemporaryError, match="not ready"):
        send(outgoing(provider, mail_server))
    gone = oauth.OauthSettings("http://127.0.0.1:1/token", "client")
    with pytest.raises(errors.TemporaryError, match="does not answer"):
        oauth.access_token(gone)


def test_a_server_that_refuses_new_tokens_too_blocks(provider, mail_server):
    class Deaf(set):
        def __contains__(self, _):
            return False

    provider.valid = Deaf()
    with pytest.raises(errors.ChannelBlockedError, match="access token"):
        send(outgoing(provider, mail_server))
    assert len(provider.asked) == 2


def test_settings_make_it_one_provider_for_sending_and_reading():
    values = {
        "SECRET_KEY": "x" * 40,
        "MAIL_OAUTH_TOKEN_URL": "https://login.example/token",
        "MAIL_OAUTH_CLIENT_ID": "client",
        "IMAP_URL": "imaps://help%40x.example@mail.example/INBOX",
    }
    made = config.Config(values)
    assert settings.smtp_settings(made).oauth == settings.imap_settings(made).oauth is not None
    assert "its-secret" not in repr(oauth.OauthSettings("https://x", "c", "its-secret", "its-secret"))
    for change in ({"MAIL_OAUTH_TOKEN_URL": "http://login.example/token"}, {"MAIL_OAUTH_TOKEN_URL": ""}):
        with pytest.raises(config.UnsafeConfiguration, match="MAIL_OAUTH"):
            config.Config(values | change)


@pytest.mark.skipif(not test_email_imap.DOVECOT, reason="Dovecot is not installed, so XOAUTH2 by IMAP is not tried")
def test_dovecot_lets_the_token_in_and_no_other(provider, tmp_path):
    with test_email_imap.running_dovecot(test_email_imap.MAILS, oauth_port=provider.port) as box:
        way = test_email_imap.mailbox(box, oauth=provider.settings(), password="", timeout=60)
        taken = []
        assert imap.fetch_mails(way, lambda external_id, raw: taken.append(raw)) == 3
        provider.valid.clear()
        assert imap.fetch_mails(way, lambda external_id, raw: taken.append(raw)) == 0
        assert len(provider.asked) == 2, "a withdrawn token is renewed once"
        provider.status = 401
        provider.valid.clear()
        with pytest.raises(errors.ChannelBlockedError):
            imap.fetch_mails(way, lambda external_id, raw: taken.append(raw))
