"""What is known about a mail after the server, the line or the certificate misbehaved. The server is a real one."""

import contextlib
import smtplib
import ssl
import time

import pytest

from helpdesk.channels.email import diagnostics, settings, smtp, smtp_pool
from helpdesk.channels.email.render import compose, sample_messages
from helpdesk.domain.outbox import errors
from tests import timeouts
from tests.channels.email import mail_server

RAW = compose.build_mail(sample_messages.sample_mails()["reply"])
SENDER, RECIPIENT = "support@northwind.example", "ann@globex.example"


@pytest.fixture
def server():
    with mail_server.Server() as running:
        yield running


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    """Hide the connections another test left open, and the timer that would close them."""
    monkeypatch.setattr(smtp_pool, "_idle_connections", [])
    monkeypatch.setattr(smtp_pool, "_closer", None)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return mail_server.certificates(tmp_path_factory.mktemp("certificates"))


def outgoing(server, **more):
    return settings.SmtpSettings("127.0.0.1", server.port, **{"timeout": 5, "final_timeout": 5} | more)


def deliver(server, raw=RAW, recipient=RECIPIENT, **more):
    return smtp.send_mail(raw, SENDER, recipient, outgoing(server, **more))


def test_the_stored_bytes_arrive_unchanged(server):
    raw = RAW.replace(b"Hello Ann,", b".\r\n..two dots\r\n.")
    sent = deliver(server, raw)
    assert server.taken == [(SENDER, [RECIPIENT], raw)]
    assert sent.external_id == "<sample-reply@help.northwind.example>"
    assert sent.extra == {"response": "250 2.0.0 Taken as 4F1"}


def test_bytes_kept_as_text_are_the_same_bytes(server):
    deliver(server, RAW.decode("ascii"))
    assert server.taken[0][2] == RAW


def test_a_burst_uses_one_line(server):
    for _ in range(3):
        deliver(server)
    assert (len(server.taken), server.connections) == (3, 1)


def test_a_kept_line_that_died_is_replaced_without_losing_or_doubling(server):
    deliver(server)
    server.misbehave("MAIL", "drop")
    deliver(server)
    assert (len(server.taken), server.connections) == (2, 2)


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_a_server_that_ends_its_session_after_some_mails_is_asked_for_another(server, step):
    deliver(server)
    server.answers[step] = ["421 4.7.0 Too many messages in this session"]
    deliver(server)
    assert len(server.taken) == 2 and server.answers[step] == []
    server.answers[step] = ["421 4.3.2 Shutting down"] * 2  # another one does not help either
    with pytest.raises(errors.TemporaryError, match="Shutting down"):
        deliver(server)


def test_250_is_done_even_if_the_goodbye_fails(server):
    server.misbehave("QUIT", "drop")
    deliver(server)
    line, reused = smtp_pool.acquire_connection(outgoing(server))
    smtp_pool.close_connection(line)
    assert reused
    assert len(server.taken) == 1


def test_a_line_in_use_is_not_closed_because_it_once_was_idle(server, monkeypatch):
    monkeypatch.setattr(smtp_pool, "IDLE_SECONDS", 0.3)
    deliver(server)
    line, reused = smtp_pool.acquire_connection(outgoing(server))
    timeouts.wait_for(lambda: smtp_pool._closer is None, "the timer that closes idle lines")
    assert reused and line.noop()[0] == 250
    smtp_pool.close_connection(line)


def test_an_idle_line_is_closed(server, monkeypatch):
    monkeypatch.setattr(smtp_pool, "IDLE_SECONDS", 0.2)
    deliver(server)
    timeouts.wait_for(lambda: not smtp_pool._idle_connections, "the line to be closed")


def test_no_two_threads_have_the_same_line_and_few_are_kept(server):
    lines = [smtp_pool.acquire_connection(outgoing(server))[0] for _ in range(smtp_pool.MAX_IDLE_CONNECTIONS + 2)]
    assert len({id(line) for line in lines}) == len(lines)
    for line in lines:
        smtp_pool.release_connection(line, outgoing(server))
    again = [smtp_pool.acquire_connection(outgoing(server)) for _ in lines]
    assert sum(reused for _, reused in again) == smtp_pool.MAX_IDLE_CONNECTIONS
    assert len({id(line) for line, _ in again}) == len(lines)
    for line, _ in again:
        smtp_pool.close_connection(line)


@pytest.mark.parametrize(
    ("step", "answer", "kind", "words"),
    [
        ("MAIL", "451 4.3.0 Busy", errors.TemporaryError, "451"),
        ("MAIL", "550 5.7.1 Not your address", errors.ChannelBlockedError, "support@northwind.example"),
        ("MAIL", "552 5.3.4 Too big", errors.PermanentError, "552"),
        ("RCPT", "450 4.2.0 Greylisted", errors.TemporaryError, "Greylisted"),
        ("RCPT", "550 5.1.1 No such user", errors.PermanentError, "ann@globex.example (550: 5.1.1 No such user)"),
        ("RCPT", "drop", errors.TemporaryError, "stopped answering"),
        ("DATA", "452 4.3.1 Disk full", errors.TemporaryError, "452"),
        ("DATA", "554 5.7.1 Spam", errors.PermanentError, "554"),
        ("DATA", "drop", errors.TemporaryError, "stopped answering"),
        ("DOT", "451 4.7.1 Later", errors.TemporaryError, "451"),
        ("DOT", "550 5.7.1 Looks like spam", errors.PermanentError, "does not accept the mail"),
    ],
)
def test_a_refusal_says_whether_another_try_helps(server, step, answer, kind, words):
    server.misbehave(step, answer)
    with pytest.raises(kind) as caught:
        deliver(server)
    assert words in caught.value.reason
    assert server.taken == []
    deliver(server)
    assert len(server.taken) == 1


def test_greylisting_is_waited_out(server):
    server.misbehave("RCPT", "451 4.7.1 Greylisted, come back later")
    with pytest.raises(errors.TemporaryError) as caught:
        deliver(server)
    assert caught.value.retry_after == 300


@pytest.mark.parametrize(
    ("answer", "dead"),
    [
        ("550 5.1.1 No such user", True),
        ("550 No such user here", True),
        ("553 5.1.3 Bad address", True),
        ("550 5.7.1 Your server is on a list", False),
        ("552 5.2.2 Mailbox full", False),
    ],
)
def test_only_an_address_that_does_not_exist_is_called_dead(server, answer, dead):
    server.misbehave("RCPT", answer)
    with pytest.raises(smtp.RecipientRefused) as caught:
        deliver(server)
    assert caught.value.is_dead is dead
    assert caught.value.code == int(answer[:3])


def test_a_line_lost_after_the_last_dot_is_unknown_and_a_second_try_repeats_the_bytes(server):
    server.misbehave("DOT", "drop")
    with pytest.raises(errors.UnknownOutcomeError):
        deliver(server)
    deliver(server)
    assert [raw for _, _, raw in server.taken] == [RAW, RAW]


def test_silence_after_the_last_dot_is_unknown(server):
    server.misbehave("DOT", 90)
    with pytest.raises(errors.UnknownOutcomeError):
        deliver(server, final_timeout=0.3)


def test_a_slow_answer_after_the_last_dot_is_waited_for(server):
    server.misbehave("DOT", 4)

    def is_taken():
        with contextlib.suppress(errors.TemporaryError):  # a busy machine took the three seconds before the last dot
            deliver(server, timeout=3, final_timeout=60)
        return server.taken

    assert len(timeouts.wait_for(is_taken)) == 1


def test_silence_before_the_mail_is_temporary_and_short(server):
    server.misbehave("RCPT", 90)
    began = time.monotonic()
    with pytest.raises(errors.TemporaryError, match="stopped answering"):
        deliver(server, timeout=2)
    assert time.monotonic() - began < 60


def test_nobody_listening_is_temporary():
    with mail_server.Server() as gone:
        pass
    with pytest.raises(errors.TemporaryError, match="cannot be reached"):
        deliver(gone)


@pytest.mark.parametrize(
    "recipient", ["a@evil.com,a@good.com", "<a@evil.com>a@good.com", "a@good.com\r\nRCPT TO:<b@evil.com>"]
)
def test_only_one_canonical_recipient_is_ever_named(server, recipient):
    with pytest.raises(errors.PermanentError):
        deliver(server, recipient=recipient)
    assert server.steps == []


def test_bytes_that_two_servers_read_differently_do_not_leave(server):
    with pytest.raises(errors.PermanentError):
        deliver(server, RAW + b"\n.\nMAIL FROM:<evil@example.com>\r\n")
    assert server.steps == []


def test_the_certificates_of_these_tests_pass_the_checks_of_python_3_13(certificates):
    strict = ssl.create_default_context(cafile=certificates["ca"])
    strict.verify_flags |= ssl.VERIFY_X509_STRICT
    with (
        mail_server.Server(mail_server.context(certificates["good"]), True) as server,
        smtplib.SMTP_SSL("127.0.0.1", server.port, timeout=30, context=strict) as connection,
    ):
        assert connection.noop()[0] == 250


@pytest.mark.parametrize("tls_from_start", [True, False])
def test_a_valid_certificate_is_accepted(certificates, tls_from_start):
    context = mail_server.context(certificates["good"])
    with mail_server.Server(context, tls_from_start) as server:
        deliver(server, use_ssl=tls_from_start, use_tls=not tls_from_start, ca_file=certificates["ca"])
        assert len(server.taken) == 1


@pytest.mark.parametrize("tls_from_start", [True, False])
@pytest.mark.parametrize("fault", ["wrong name", "unknown authority"])
def test_a_wrong_certificate_stops_everything_before_a_word_is_said(certificates, tls_from_start, fault):
    context = mail_server.context(certificates["wrong" if fault == "wrong name" else "good"])
    ca_file = certificates["ca"] if fault == "wrong name" else ""
    with mail_server.Server(context, tls_from_start) as server:
        with pytest.raises(errors.ChannelBlockedError, match="certificate") as caught:
            deliver(server, use_ssl=tls_from_start, use_tls=not tls_from_start, ca_file=ca_file)
        assert caught.value.scope == "installation"
        assert server.steps == []


def test_starttls_that_was_stripped_stops_everything(server):
    with pytest.raises(errors.ChannelBlockedError, match="does not offer STARTTLS"):
        deliver(server, use_tls=True)
    assert server.steps == []


def test_another_machine_is_never_spoken_to_in_the_clear(server, monkeypatch):
    monkeypatch.setattr(settings, "is_loopback", lambda name: False)
    with pytest.raises(errors.ChannelBlockedError, match="STARTTLS"):
        deliver(server)


def test_a_wrong_password_blocks_and_is_not_repeated():
    with mail_server.Server(password="right") as server:
        with pytest.raises(errors.ChannelBlockedError) as caught:
            deliver(server, username="helpdesk", password="wrong-secret")
        assert "wrong-secret" not in caught.value.reason
        deliver(server, username="helpdesk", password="right")
        assert len(server.taken) == 1


def test_settings_do_not_show_the_password():
    assert "hush" not in repr(settings.SmtpSettings("mail.example", password="hush"))


def test_the_check_says_what_is_wrong_and_what_is_right(certificates):
    with mail_server.Server(mail_server.context(certificates["good"]), password="right") as server:
        wrong = diagnostics.check_smtp(
            outgoing(server, use_tls=True, ca_file=certificates["ca"], username="helpdesk", password="no")
        )
        right = diagnostics.check_smtp(
            outgoing(server, use_tls=True, ca_file=certificates["ca"], username="helpdesk", password="right")
        )
    assert [finding.ok for finding in wrong] == [False]
    assert all(finding.ok for finding in right)
    assert "TLS" in right[1].sentence
