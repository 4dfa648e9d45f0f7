"""Mail that programs and gateways pack in unusual ways: signed into one file, encoded twice, with a wrong boundary."""

import base64
from datetime import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7

from helpdesk.channels.email.handlers import message_content
from helpdesk.channels.email.parse import signed_mail
from tests.channels.email.test_mail_parts import multipart, parsed, part

MAIL = multipart("mixed", part("text/plain; charset=utf-8", "It fäils"), part("application/pdf; name=a.pdf", "%PDF-"))
PLAIN = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
SIGNED_TYPE = "application/pkcs7-mime; smime-type=signed-data; name=smime.p7m"


def sign(content):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Ann")])
    begin, end = datetime(2026, 1, 1), datetime(2027, 1, 1)
    certificate = x509.CertificateBuilder(name, name, key.public_key(), 7, begin, end).sign(key, hashes.SHA256())
    builder = pkcs7.PKCS7SignatureBuilder().set_data(content).add_signer(certificate, key, hashes.SHA256())
    return builder.sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])


def in_pieces(content):
    """As programs write it that do not know the length before: values that end with two zero bytes."""
    octets = b"".join(
        b"\x04" + bytes((len(content[n : n + 9]),)) + content[n : n + 9] for n in range(0, len(content), 9)
    )
    kind, data = b"\x06\x09" + signed_mail._SIGNED_DATA, b"\x06\x09*\x86H\x86\xf7\r\x01\x07\x01"
    inner = b"\x30\x80" + data + b"\xa0\x80\x24\x80" + octets + bytes(6)
    return b"\x30\x80" + kind + b"\xa0\x80\x30\x80\x02\x01\x01\x31\x00" + inner + bytes(6)


@pytest.mark.parametrize("pack", [sign, in_pieces])
def test_the_text_and_files_of_a_mail_that_is_signed_into_one_file_are_read(pack):
    mail = parsed(part(SIGNED_TYPE, pack(MAIL)))
    assert (mail.body, [file.name for file in mail.files]) == ("It fäils", ["a.pdf"])
    assert parsed(part(SIGNED_TYPE, pack(part(SIGNED_TYPE, pack(MAIL))))).body == "It fäils"


def test_a_file_that_only_says_it_is_signed_stays_a_file():
    whole = in_pieces(MAIL)
    for broken in (whole[:40], b"", b"\x30\x80" * 50_000, whole.replace(b"\x07\x02", b"\x07\x03"), in_pieces(b"x")):
        mail = parsed(part(SIGNED_TYPE, broken))
        assert (mail.body, [file.name for file in mail.files]) == ("", ["smime.p7m"])


PGP_MESSAGE = "-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n-----END PGP MESSAGE-----"


def envelop(content):
    """What S/MIME writes for those who have a key, as far as its beginning says so."""
    kind = b"\x06\x09" + signed_mail._SIGNED_DATA[:-1] + b"\x03"
    return b"\x30\x80" + kind + b"\xa0\x80\x30\x80" + content + bytes(6)


@pytest.mark.parametrize(
    "raw",
    [
        multipart(
            'encrypted; protocol="application/pgp-encrypted"',
            part("application/pgp-encrypted", "Version: 1"),
            part("application/octet-stream", PGP_MESSAGE, "Content-Disposition: inline; filename=encrypted.asc"),
        ),
        part("application/pkcs7-mime; smime-type=enveloped-data; name=encrypted.asc", envelop(MAIL)),
    ],
)
def test_a_mail_that_nobody_here_can_read_says_so(app, raw):
    content = message_content.make_content(parsed(raw))
    assert "This mail is encrypted" in content.body
    assert [file.name for file in content.files] == ["encrypted.asc"]


def test_a_mail_with_words_beside_an_encrypted_file_says_them_alone(app):
    file = part("application/octet-stream", PGP_MESSAGE, "Content-Disposition: attachment; filename=key.asc")
    assert (
        message_content.make_content(parsed(multipart("mixed", part("text/plain", "My key."), file))).body == "My key."
    )


def test_dashes_of_a_text_that_pgp_signed_are_as_they_were_written():
    text = "- - one\r\n- - two\r\n- -- \r\nAnn"
    signed = f"-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\nOf these:\r\n{text}\r\n-----BEGIN PGP SIGNATURE-----"
    mail = parsed(part("text/plain; charset=utf-8", f"{signed}\r\n\r\niQEz\r\n-----END PGP SIGNATURE-----\r\n"))
    assert mail.body == "Of these:\n\\- one\n\\- two" and "\n--\nAnn\n" in mail.quoted
    assert parsed(part("text/plain", "- - one")).body == r"\- - one"


def test_values_without_end_are_not_counted_for_long(monkeypatch):
    monkeypatch.setattr(signed_mail, "MAX_ELEMENTS", 40)
    assert parsed(part(SIGNED_TYPE, in_pieces(MAIL))).body == ""


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (
            b"CAUTION: External mail\r\n\r\n" + base64.encodebytes(b"The export fails"),
            "CAUTION: External mail\nThe export",
        ),
        (base64.encodebytes(b"The export fails.") + base64.encodebytes(b"A list"), "The export fails.\nA list"),
        (base64.encodebytes("Ä".encode() * 80) + b"\r\nScanned by a gateway\r\n", "Ä" * 80 + "\nScanned by a gateway"),
        (b"Accountabilities\r\nare here.\r\n", "Accountabilities\nare here."),
        (base64.encodebytes(b"The export fails."), "The export fails."),
    ],
)
def test_plain_lines_around_a_text_in_base64_are_read_too(content, text):
    assert parsed(PLAIN + content).body.startswith(text)


def test_a_boundary_that_the_lines_do_not_have_costs_no_word():
    lines = b"--one\r\nContent-Type: text/plain\r\n\r\nwords\r\n--one--\r\n"
    for kind in (b"multipart/mixed; boundary=other", b"multipart/mixed"):
        assert parsed(b"Content-Type: " + kind + b"\r\n\r\n" + lines).body == "words"
    assert parsed(b"Content-Type: multipart/mixed; boundary=b\r\n\r\nonly words").body == "only words"


def test_a_mail_that_was_attached_in_base64_is_decoded():
    inner = b"From: bo@x.example\r\nSubject: Old\r\n\r\nThe old words"
    (file,) = parsed(multipart("mixed", part("text/plain", "See"), part("message/rfc822", inner))).files
    assert (file.name, file.content) == ("Old.eml", inner)


def test_markdown_is_text_as_it_was_written():
    assert parsed(part("text/markdown", "# Hello *you*")).body == "\\# Hello \\*you\\*"


def test_a_line_that_begins_with_from_is_no_quote():
    assert parsed(b"\r\nHello\n\n>From here it fails.\n\nBye").body == "Hello\n\nFrom here it fails.\n\nBye"
    answer = b"In-Reply-To: <two@x.example>\r\n\r\n"
    assert parsed(answer + b"Yes.\n\n> Hello\n>From here\n").body == "Yes."


INVITATION = (
    "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY:Call *now*\r\nDTSTART:20261120T120000Z\r\n"
    "DTEND:20261120T123000Z\r\nLOCATION:Zoom\r\nDESCRIPTION:Bring the\\nlog\r\nEND:VEVENT\r\nEND:VCALENDAR"
)
SAID = "Call \\*now\\*\n2026-11-20 12:00 UTC – 2026-11-20 12:30 UTC\nZoom\nBring the\nlog"


def test_an_invitation_without_words_says_what_it_is_about():
    calendar = part("text/calendar; method=REQUEST", INVITATION)
    assert parsed(calendar).body == SAID
    accepted = parsed(
        b"Subject: Accepted: Call *now*\r\n" + multipart("alternative", part("text/plain", " "), calendar)
    )
    assert accepted.body == "Accepted: " + SAID
    assert parsed(multipart("alternative", part("text/plain", "See you"), calendar)).body == "See you"
    for broken in ("", "BEGIN:VCALENDAR", "BEGIN:VEVENT\r\nSUMMARY", INVITATION[:60], "END:VEVENT", INVITATION[5:]):
        assert parsed(part("text/calendar", broken)).body == ""


def test_a_mail_that_answers_none_quotes_nobody_with_a_bare_sign():
    text = b"\r\nI type this and it hangs:\r\n\r\n> npm run build\r\n"
    assert parsed(text).body == "I type this and it hangs:\n\n> npm run build"
    assert parsed(b"\r\nPython:\n\n>>> 1/0\nZeroDivisionError\n").body.endswith("> > > 1/0\n\nZeroDivisionError")
    assert parsed(b"In-Reply-To: <two@x.example>\r\n" + text).body == "I type this and it hangs:"
    quoted = b"\r\nYes.\r\n\r\nOn 20 Nov 2026 at 13:04, Bo <bo@x.example> wrote:\r\n> Does it?\r\n"
    assert parsed(quoted).body == "Yes."


EVENT = "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\n{}BEGIN:VEVENT\r\n{}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
ZONE = "BEGIN:VTIMEZONE\r\nTZID:Mars\r\nBEGIN:STANDARD\r\nDTSTART:16010101T030000\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"


@pytest.mark.parametrize(
    ("zone", "lines", "said"),
    [
        ("", "SUMMARY:Call\r\nCOMMENT:I cannot\\, sorry\r\nCOMMENT:Later?", "Call\nI cannot, sorry\nLater?"),
        (ZONE, "SUMMARY:Call\r\nDTSTART;TZID=Mars:20261201T100000", "Call\n2026-12-01 10:00"),
        ("", "X-ALT-DESC:" + "\r\n ".join(["x" * 70] * 1000) + "\r\nSUMMARY:Call", "Call"),
        ("", "SUMMARY:Call\r\nDTSTART;TZID=America/New_York:99991231T230000", ""),
        ("", "SUMMARY:Call\r\nDTSTART:20261399T996000Z", ""),
    ],
)
def test_calendars_as_programs_make_them(zone, lines, said):
    mail = parsed(b"Subject: Answer\r\n" + part("text/calendar; method=REPLY", EVENT.format(zone, lines)))
    assert (mail.unparsed, mail.body) == ("", f"Answer\n{said}".strip())
