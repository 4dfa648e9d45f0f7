"""The mailbox, judged by smtplib."""

import email
import email.policy
import smtplib
import urllib.parse
import urllib.request
from email.message import EmailMessage

import pytest

from helpdesk.demo import mailbox, wsgi_server

DANA = "dana@globex.example"


def mail(to: str = DANA, subject: str = "[#7] Prüfung") -> EmailMessage:
    made = EmailMessage()
    made["From"] = "Northwind Support <help@support.northwind.example>"
    made["To"] = to
    made["Reply-To"] = "reply+token@support.northwind.example"
    made["Subject"] = subject
    made["Message-ID"] = "<m1@support.northwind.example>"
    made["References"] = "<m0@support.northwind.example>"
    made.set_content("Your code:\n\nAB12-CD34\n\nhttp://127.0.0.1:5000/sign-in/link/xyz\n")
    made.add_alternative("<p>Hello <script>alert(1)</script></p>", subtype="html")
    return made


def send(box, made=None, timeout: float = 30) -> None:
    with smtplib.SMTP("127.0.0.1", box.port, timeout=timeout) as server:
        server.send_message(made or mail())


def test_mail_is_stored_byte_for_byte(box):
    send(box)
    kept = box.wait_for(DANA)
    assert kept.subject == "[#7] Prüfung" and kept.recipients == (DANA,)
    assert kept.code == "AB12CD34"
    assert kept.links == ["http://127.0.0.1:5000/sign-in/link/xyz"]
    assert b"Message-ID: <m1@support.northwind.example>" in kept.raw
    assert box.list_for("OSCAR@globex.example") == []
    with pytest.raises(AssertionError, match="0 mails"):
        box.wait_for("oscar@globex.example", timeout=0.05)


@pytest.mark.parametrize(
    "kind, error, kept",
    [
        ("rcpt_4xx", smtplib.SMTPRecipientsRefused, 0),
        ("rcpt_5xx", smtplib.SMTPRecipientsRefused, 0),
        ("data_4xx", smtplib.SMTPDataError, 0),
        ("data_5xx", smtplib.SMTPDataError, 0),
        ("drop_before_data", smtplib.SMTPServerDisconnected, 0),
        ("drop_after_data", smtplib.SMTPServerDisconnected, 1),
        ("black_hole", smtplib.SMTPServerDisconnected, 0),
    ],
)
def test_each_smtp_fault_applies_once(box, kind, error, kept):
    box.misbehave(kind, seconds=60)
    with pytest.raises(error):
        send(box, timeout=1 if kind == "black_hole" else 30)
    assert len(box.mails) == kept
    send(box)
    assert len(box.mails) == kept + 1


def test_smtp_fault_can_be_limited_to_one_recipient(box):
    box.misbehave("rcpt_5xx", times=None, recipient="gone@globex.example")
    send(box)
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(box, mail("gone@globex.example"))


def test_dropped_quit_loses_no_mail(box):
    box.misbehave("drop_before_quit")
    send(box)
    assert len(box.list_for(DANA)) == 1


def test_reply_has_the_headers_of_a_mail_program(box):
    send(box)
    raw = mailbox.build_reply(box.wait_for(DANA), DANA, "Thank you,\nit works.", files=[("x.txt", b"y")])
    assert raw.startswith(b"Authentication-Results: demo; dmarc=pass header.from=globex.example\r\n")
    answer = email.message_from_bytes(raw, policy=email.policy.default)
    assert answer["To"] == "reply+token@support.northwind.example"
    assert answer["Subject"] == "Re: [#7] Prüfung"
    assert answer["In-Reply-To"] == "<m1@support.northwind.example>"
    assert answer["References"] == "<m0@support.northwind.example> <m1@support.northwind.example>"
    text = answer.get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert text.startswith("Thank you,\nit works.\n\nOn ") and "\n> AB12-CD34" in text


def test_the_page_lists_mails_and_posts_a_reply_to_the_portal(box, portal):
    box.portal_url = portal.url
    send(box)
    send(box, mail("leo@globex.example", "For Leo"))
    with wsgi_server.serve_app(mailbox.create_mailbox(box)) as server:
        listing = urllib.request.urlopen(server.url + "/").read().decode()
        assert "[#7] Prüfung" in listing and "For Leo" in listing
        found = urllib.request.urlopen(server.url + "/?q=leo@").read().decode()
        assert "For Leo" in found and "Prüfung" not in found
        number = box.list_for(DANA)[0].id
        page = urllib.request.urlopen(f"{server.url}/{number}").read().decode()
        assert "AB12-CD34" in page and "<script>alert" not in page
        html = urllib.request.urlopen(f"{server.url}/{number}/html")
        assert (
            "script" not in html.headers["Content-Security-Policy"]
            or "script-src 'none'" in html.headers["Content-Security-Policy"]
        )
        assert "sandbox" in html.headers["Content-Security-Policy"]
        form = urllib.parse.urlencode({"by": DANA, "text": "All fine now."}).encode()
        urllib.request.urlopen(f"{server.url}/{number}/reply", form)
    request = portal.requests[0]
    assert request.path == "/hooks/email"
    assert request.headers["X-Inbound-Secret"] == box.inbound_secret
    assert b"All fine now." in request.body and request.headers["Content-Type"] == "message/rfc822"
