"""Subjects and names that we send are read back sign by sign, however long they are and whatever is in them."""

import dataclasses
import email
import email.policy
import random
import re
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import getaddresses

import pytest

from helpdesk.channels.email.render import header_fields, sample_messages

ENVELOPE = sample_messages.sample_mails()["reply"].envelope
PIECES = (
    *(
        "Müller",
        "Maya",
        ",",
        "Inc.",
        "(Ops)",
        '"x"',
        "@",
        "<eve@evil.example>",
        ";",
        ":",
        "—",
        "👩‍💻",
        "שלום",
        "=?utf-8?q?x?=",
    ),
    *("日本語の名前です", "Customer Success, Europe, Middle East and Africa", "\\", "'", "é" * 20, "[#1042]", "x" * 60),
)


def write(subject: str, name: str) -> bytes:
    message = EmailMessage(policy=header_fields.HEADER_POLICY)
    envelope = dataclasses.replace(ENVELOPE, sender_name=name)
    header_fields.write_headers(message, envelope, subject, "<one@portal.example>")
    return message.as_bytes()


def read(raw: bytes, field: str) -> str:
    """Read a field as most programs do: lines joined, then encoded words decoded."""
    value = email.message_from_bytes(raw)[field].replace("\r\n", "")
    return str(make_header(decode_header(value)))


def test_any_subject_and_name_is_read_back():
    chance = random.Random(18)
    for _ in range(400):
        text = header_fields.clean_header_text(" ".join(chance.choices(PIECES, k=chance.randint(1, 9))))
        subject, name = text[:200].rstrip(), text[:100].rstrip()
        raw = write(subject, name)
        assert read(raw, "Subject") == subject
        for field in ("From", "Reply-To"):
            [(words, address)] = getaddresses([email.message_from_bytes(raw)[field].replace("\r\n", "")])
            assert address == (ENVELOPE.sender if field == "From" else ENVELOPE.reply_to)
            assert str(make_header(decode_header(words))) == name, raw
        assert max(map(len, raw.split(b"\r\n"))) <= 998


@pytest.mark.parametrize(
    "name",
    ["Northwind support, customer success and training, Europe, Middle East", "A" * 60 + " <eve@evil.example>, B"],
)
def test_a_long_name_with_a_comma_is_one_sender(name):
    (sender,) = email.message_from_bytes(write("Hello", name), policy=email.policy.default)["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (name, ENVELOPE.sender)


def test_no_character_is_divided_between_two_encoded_words():
    head = write("🙂" * 60, "Maya").decode()
    words = re.findall(r"=\?utf-8\?.\?[^?]*\?=", head)
    assert len(words) > 4 and {sign for word in words for sign in str(make_header(decode_header(word)))} == {"🙂"}
