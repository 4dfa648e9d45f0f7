"""Reports of mail servers in their own words name our mail and the address; people who write about such mail do not."""

import base64

import pytest

from helpdesk.channels import email
from helpdesk.channels.email.render import compose
from helpdesk.channels.email.settings import IncomingMailSettings

KEY = "0123456789abcdef0123456789abcdef"
PORTAL = "https://help.northwind.example"
ID = f"<{KEY}@help.northwind.example>"
OURS = (
    f"From: Support <help@northwind.example>\r\nTo: Dana <dana@globex.example>\r\nMessage-ID: {ID}\r\nSubject: [#7] x"
)

# Each in the manner of the server, written for this test: head, body.
REPORTS = {
    "qmail": (
        "From: MAILER-DAEMON@mx.globex.example\r\nSubject: failure notice",
        "Hi. This is the qmail-send program at mx.globex.example.\r\n\r\n<dana@globex.example>:\r\n"
        f"Sorry, no mailbox here by that name. (#5.1.1)\r\n\r\n--- Below this line is a copy of the message.\r\n\r\n{OURS}",
    ),
    "Exchange 2003": (
        "From: System Administrator <admin@globex.example>\r\nSubject: Undeliverable: [#7] x",
        "Your message did not reach some or all of the intended recipients.\r\n\r\n      dana@globex.example on 3/5/2026\r\n"
        f"            The e-mail account does not exist. <mx.globex.example #5.1.1>\r\n\r\nMessage-ID: {ID}",
    ),
    "Notes": (
        "From: Postmaster@globex.example\r\nSubject: DELIVERY FAILURE: User Dana not listed in directory",
        f"Your message\r\n\r\n  Subject: [#7] x\r\n\r\nwas not delivered to:\r\n\r\n  dana@globex.example\r\n\r\n{OURS}",
    ),
    "Yahoo": (
        "From: MAILER-DAEMON@yahoo.example\r\nSubject: Failure Notice",
        "Sorry, we were unable to deliver your message to the following address.\r\n\r\n<dana@globex.example>:\r\n"
        f"554: delivery error: dd This user doesn't have an account\r\n\r\n--- Original message ---\r\n\r\n{OURS}",
    ),
    "GMX": (
        "From: GMX Mailer Daemon <mailer-daemon@gmx.example>\r\nSubject: Mail delivery failed",
        "This message was created automatically by mail delivery software.\r\n\r\ndana@globex.example:\r\n"
        f"SMTP error from remote server, reason: 550 Requested action not taken\r\n\r\n{OURS}",
    ),
    "Zoho, HTML": (
        "From: mailer-daemon@mail.zoho.example\r\nSubject: Undelivered Mail\r\nContent-Type: text/html; charset=utf-8",
        "<p>This message could not be delivered to <b>dana@globex.example</b>. 550 5.1.1 no such user</p>"
        f"<pre>{OURS.replace('<', '&lt;').replace('>', '&gt;')}</pre>",
    ),
    "WorkMail, without brackets": (
        "From: Mail Delivery Subsystem <noreply@mail.example>\r\nSubject: Delivery Status Notification (Failure)",
        f"Recipient: dana@globex.example\r\nError: 5.1.1 unknown\r\nMessage-Id: {KEY}@help.northwind.example",
    ),
    "nobody": (
        "Return-Path: <>\r\nFrom: dana@globex.example\r\nSubject: returned",
        f"dana@globex.example no longer works here.\r\n\r\n{OURS}",
    ),
    "Exchange 2016, attached": (
        "From: postmaster@globex.example\r\nSubject: Undeliverable: x\r\nContent-Type: multipart/mixed; boundary=b",
        "--b\r\nContent-Type: text/plain\r\n\r\ndana@globex.example: 550 5.1.10 not found\r\n--b\r\n"
        f"Content-Type: message/rfc822\r\n\r\n{OURS}\r\n\r\nHello\r\n--b--",
    ),
    "bounces+tag": (
        "From: bounces+17@mta.example\r\nSubject: Nicht zustellbar",
        f"Empfänger dana@globex.example unbekannt (550)\r\n{OURS}",
    ),
}


def parse(head, body):
    return email.parse_mail(f"{head}\r\nMIME-Version: 1.0\r\n\r\n{body}\r\n".encode())[0]


@pytest.mark.parametrize("server", REPORTS)
def test_a_report_names_our_mail_and_the_address(server):
    bounce = parse(*REPORTS[server]).bounce
    ids = (bounce.message_id, *bounce.mentioned_ids)
    assert KEY in {compose.extract_delivery_key(one, PORTAL) for one in ids}
    assert "dana@globex.example" in {bounce.recipient, *bounce.mentioned_addresses} and bounce.permanent


PEOPLE = [
    ("From: Bo <bo@bouncehouse.example>\r\nSubject: Our bounce house", f"Your mail {ID} to dana@globex.example came."),
    ("From: Bo Bounce <bo@globex.example>\r\nSubject: Re: mails", f"Ours to dana@globex.example bounced: {ID}"),
    (
        "From: Dana <dana@globex.example>\r\nSubject: Undeliverable invoices since Monday",
        f"They come back.\r\n\r\n{OURS}",
    ),
    ("From: Dana <dana@globex.example>\r\nSubject: Out of office replies are not synced", "Please look."),
    ("From: Dana <dana@globex.example>\r\nSubject: Re: mailer-daemon writes to us", "What is that? 550 5.1.1"),
    ("From: Ann Postmann <ann@post-master.example>\r\nSubject: Mail delivery", f"Is it slow? {ID}"),
]


@pytest.mark.parametrize(("head", "body"), PEOPLE)
def test_people_who_write_about_such_mail_are_people(head, body):
    mail = parse(head, body)
    assert mail.bounce is None and mail.automatic == ""


RETURNED = IncomingMailSettings(return_domain="reply.northwind.example")
TO_RETURN_ADDRESS = f"To: bounce+{KEY}@reply.northwind.example"
NAMELESS = {
    "qmail": ("From: MAILER-DAEMON@x.example\r\nSubject: failure notice", "Sorry, no mailbox here. (#5.1.1)"),
    "French": ("From: postmaster@x.example\r\nSubject: Message non remis", "Bonjour"),
    "Japanese": ("From: MAILER-DAEMON@x.example\r\nSubject: =?utf-8?B?6YWN5L+h44Gn44GN44G+44Gb44KT?=", "x"),
    "Russian, a code only": ("From: Mail Delivery System <a@x.example>\r\nSubject: x", "550 ящик не найден"),
}


def parse_returned(head, body):
    raw = f"{TO_RETURN_ADDRESS}\r\n{head}\r\nMIME-Version: 1.0\r\n\r\n{body}\r\n".encode()
    return email.parse_mail(raw, RETURNED)[0]


@pytest.mark.parametrize("server", NAMELESS)
def test_a_report_that_names_nothing_is_one_when_it_was_returned(server):
    head, body = NAMELESS[server]
    returned = parse_returned(head, body)
    assert (returned.returned_key, bool(returned.bounce and returned.bounce.permanent)) == (KEY, True)
    assert parse(head, body).bounce is None


def test_the_answer_of_somebody_away_is_returned_and_no_failure():
    mail = parse_returned("From: dana@globex.example\r\nAuto-Submitted: auto-replied\r\nSubject: Away", "550 km away")
    assert mail.automatic and mail.bounce is None
    delayed = parse_returned("From: MAILER-DAEMON@x.example\r\nSubject: Warning: still trying", "451 4.4.1 delayed")
    assert delayed.bounce is not None and not delayed.bounce.permanent


def test_a_delay_is_no_failure():
    head, body = REPORTS["GMX"]
    text = body.replace("550 Requested action not taken", "the message is delayed, we will keep trying")
    assert parse(head, text).bounce.permanent is False


def report(kind, fields, original, about="message/rfc822"):
    parts = f"--b\r\nContent-Type: text/plain\r\n\r\nTo dana@globex.example, {ID}\r\n"
    parts += f"--b\r\nContent-Type: {kind}\r\n\r\n{fields}\r\n--b\r\nContent-Type: {about}\r\n{original}\r\n--b--"
    head = "Return-Path: <>\r\nFrom: postmaster@globex.example\r\nSubject: Report"
    return f"{head}\r\nContent-Type: multipart/report; report-type={kind[8:]}; boundary=b", parts


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("message/disposition-notification", "Disposition: manual-action/MDN-sent-manually; displayed"),
        ("message/disposition-notification", "Disposition: automatic-action/MDN-sent-automatically; deleted"),
        ("message/feedback-report", "Feedback-Type: abuse"),
    ],
)
def test_a_report_that_the_mail_was_read_is_automatic_and_no_failure(kind, fields):
    mail = parse(*report(kind, f"{fields}\r\nFinal-Recipient: rfc822; dana@globex.example", f"\r\n{OURS}"))
    assert mail.automatic and mail.bounce is None


STATUS = "Reporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; dana@globex.example\r\nAction: failed"
ENCODED = "Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(f"{OURS}\r\n\r\nx".encode()).decode()


@pytest.mark.parametrize(
    "parts",
    [
        report("message/delivery-status", STATUS, ENCODED),
        report("message/delivery-status", STATUS, f"\r\n{OURS}", about="message/global-headers"),
        report("message/delivery-status", STATUS, "\r\nHello", about="text/plain"),
        report("message/global-delivery-status", STATUS, f"\r\n{OURS}", about="message/global"),
    ],
)
def test_a_standard_report_names_the_original_in_any_of_its_parts(parts):
    bounce = parse(*parts).bounce
    assert (bounce.recipient, bounce.permanent) == ("dana@globex.example", True)
    assert ID in {bounce.message_id, *bounce.mentioned_ids}


def test_an_answer_with_our_mail_attached_is_no_failure():
    head = "Return-Path: <>\r\nFrom: dana@globex.example\r\nAuto-Submitted: auto-replied\r\nSubject: Away"
    assert parse(head, f"I am away.\r\n\r\n{OURS}").bounce is None


FIELDS = "Reporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: {}\r\nAction: {}\r\nStatus: {}\r\n"
SAID = base64.encodebytes(STATUS.encode()).decode()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (FIELDS.format("rfc822; dana@globex.example", "Failed (smtp)", "5.1.1 (unknown)"), ("failed", "5.1.1", True)),
        ("Final-Recipient: rfc822; dana@globex.example\r\nStatus: 5.1.1\r\n", ("failed", "5.1.1", True)),
        (FIELDS.format("rfc822; dana@globex.example", "failed", "4.4.7"), ("failed", "4.4.7", False)),
        (FIELDS.format("utf-8; d\\x{e4}na@globex.example", "failed", "5.1.1"), ("failed", "5.1.1", True)),
        (FIELDS.format("X400; c=US; g=Dana", "failed", "5.1.1"), ("failed", "5.1.1", True)),
        (
            "Original-Recipient: rfc822;dana@globex.example\r\n"
            "Final-Recipient: rfc822; dana.lee@mailbox.internal\r\nAction: failed\r\nStatus: 5.1.1\r\n",
            ("failed", "5.1.1", True),
        ),
    ],
)
def test_fields_of_a_report_in_the_forms_that_servers_give_them(fields, expected):
    bounce = parse(*report("message/delivery-status", fields, f"\r\n{OURS}")).bounce
    assert (bounce.action, bounce.status, bounce.permanent) == expected
    assert "dana@globex.example" in {bounce.recipient, *bounce.mentioned_addresses}


def test_a_status_that_a_gateway_has_encoded_is_read():
    head, parts = report("message/delivery-status", "", f"\r\n{OURS}")
    encoded = f"message/delivery-status\r\nContent-Transfer-Encoding: base64\r\n\r\n{SAID}"
    bounce = parse(head, parts.replace("message/delivery-status\r\n\r\n", encoded)).bounce
    assert (bounce.recipient, bounce.permanent) == ("dana@globex.example", True)


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("THIS IS A WARNING MESSAGE ONLY. Delivery to the following recipient has been delayed:", "delayed"),
        ("550 5.1.1 unknown. Your message, whose subject is: Warning, the order is delayed", "failed"),
        (f"No such person.\r\n{'-' * 990}\r\nThis is a copy of the message. Sorry, it was delayed.", "failed"),
    ],
)
def test_a_warning_that_names_the_failed_address_is_no_failure(text, action):
    head = "From: Mail Delivery Subsystem <mailer-daemon@x.example>\r\nX-Failed-Recipients: dana@globex.example"
    bounce = parse(f"{head}\r\nSubject: Delivery Status Notification", f"{text}\r\n{OURS}").bounce
    assert (bounce.recipient, bounce.action, bounce.permanent) == ("dana@globex.example", action, action == "failed")
