"""What a machine wrote is recognised and what a person wrote is not: answers, bounces, our own mail."""

import pytest

from helpdesk.channels import email
from tests.channels.email.ugly_mails import OURS, heard

ANSWERS = "In-Reply-To: <sample-reply@help.northwind.example>\n"


def test_our_own_mail_is_known_when_it_comes_back():
    assert heard("our-own-mail-comes-back").own


@pytest.mark.parametrize(
    "name",
    [
        "vacation-auto-submitted",
        "vacation-outlook",
        "vacation-old",
        "list",
        "bounce-postfix",
        "bounce-delayed",
        "bounce-exim",
    ],
)
def test_what_a_machine_wrote_says_by_what_it_is_known(name):
    assert heard(name).automatic.endswith(".")


@pytest.mark.parametrize("name", ["exchange-ordinary", "flowed", "html-only", "winmail"])
def test_what_a_person_wrote_is_not_called_automatic(name):
    assert heard(name).automatic == ""


@pytest.mark.parametrize(
    ("name", "status", "permanent"),
    [("bounce-postfix", "5.1.1", True), ("bounce-delayed", "4.4.7", False), ("bounce-exim", "", True)],
)
def test_a_bounce_names_the_address_and_our_delivery(name, status, permanent):
    bounce = heard(name).bounce
    assert bounce.recipient == "ann@globex.example"
    assert bounce.message_id == "<sample-reply@help.northwind.example>"
    assert (bounce.status, bounce.permanent) == (status, permanent)
    if name == "bounce-postfix":
        assert bounce.reason.endswith("Recipient address rejected: User unknown")


@pytest.mark.parametrize(
    ("subject", "is_automatic"),
    [
        ("Undeliverable invoices since Monday", False),
        ("Out of office replies are not synced", False),
        ("Automatic reply does not work", False),
        ("Automatic reply: away", True),
        ("Undeliverable: Re: Export", True),
        ("Automatisch antwoord: Export", True),
        ("Automaattinen vastaus: Export", True),
        ("自動返信：Export", True),
        ("Автоответ: Export", True),
        ("Trả lời tự động: Export", True),
        ("Samodejni odgovor: Export", True),
        ("Mail delivery failed: what does it mean?", False),
        ("Mail delivery failed: returning message to sender", True),
        ("Returned mail: why?", False),
        ("Out of Office Re: [#7] Export", True),
        ("Auto: Re: Export", True),
        ("Auto: the brake fails", False),
        ("Réponse automatique d'absence : Export", True),
        ("Odpowiedź automatyczna: Export", True),
        ("【自動返信】Export", True),
        ("[자동응답] Export", True),
        ("مساعدة: الرد التلقائي", False),
        ("الرد التلقائي: Export", True),
        ("AUTO: Ann Ambrose is out of the office (returning 23/11/2026)", True),
        ("Thank you for your mail (auto-reply)", True),
        ("Vacation: how to book", False),
        ("Vacation: Re: Export", True),
        ("自動返信が届きません", False),
        ("Returned mail: see transcript for details", True),
    ],
)
def test_only_the_whole_form_of_a_subject_is_a_machines(subject, is_automatic):
    (mail,) = email.parse_mail(f"From: ann@globex.example\nSubject: {subject}\n\nx".encode(), OURS)
    assert bool(mail.automatic) is is_automatic


@pytest.mark.parametrize(
    "subject", ["Poissa: Export", "Ann Ambrose is out of the office.", "OOO: Export", "Absence : x"]
)
def test_what_a_person_may_write_too_is_a_machines_only_where_it_answers(subject):
    head = f"From: ann@globex.example\nSubject: {subject}\n"
    assert [bool(email.parse_mail(f"{head}{more}\nx".encode(), OURS)[0].automatic) for more in ("", ANSWERS)] == [
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("field", "is_automatic"),
    [
        ("X-Auto-Reply: yes", True),
        ("X-Autoreply-From: ann@globex.example", True),
        ("X-Amazon-Auto-Reply: true", True),
        ("X-Vacation: yes", True),
        ("X-Auto-Response-Suppress: All", False),
        ("X-Automation-Team: yes", False),
    ],
)
def test_the_fields_of_programs_that_answer(field, is_automatic):
    (mail,) = email.parse_mail(f"From: ann@globex.example\nSubject: Re: x\n{field}\n\nx".encode(), OURS)
    assert bool(mail.automatic) is is_automatic


def test_a_bounce_in_a_servers_own_words_names_the_original_and_the_address():
    raw = (
        b"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nSubject: failure notice\n\n"
        b"Hi. This is the qmail-send program at mx.example.\n\n<ann@globex.example>:\n"
        b"550 5.1.1 No such user\n\n--- Below this line is a copy of the message.\n\n"
        b"Message-ID: <sample-reply@help.northwind.example>\n"
    )
    bounce = email.parse_mail(raw, OURS)[0].bounce
    assert bounce.message_id in bounce.mentioned_ids or bounce.mentioned_ids
    assert "<sample-reply@help.northwind.example>" in bounce.mentioned_ids
    assert "ann@globex.example" in bounce.mentioned_addresses
    assert (bounce.permanent, bounce.status) == (True, "5.1.1")
