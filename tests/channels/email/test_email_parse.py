"""Parsing of broken, hostile, automatic and foreign mails.

Nothing crashes, nothing is lost, no sender is trusted too early.
"""

import base64
import hashlib
import time
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as rules
from hypothesis import strategies as anything

from helpdesk import config
from helpdesk.channels import email
from helpdesk.channels.email import token
from tests.channels.email.ugly_mails import OURS, UGLY, heard

HASH = token.hash_token("mzxw6ytboi2dgnbvgy3tqojqme")


HEAD = b"From: ann@globex.example\nTo: support@northwind.example\nMessage-ID: <one@globex.example>\nSubject: Help\n"


@pytest.mark.parametrize("path", UGLY, ids=lambda path: path.stem)
def test_every_mail_gives_exactly_one_heard_with_everything_in_it(path):
    raw = path.read_bytes()
    for form in (raw, raw.replace(b"\n", b"\r\n")):
        (mail,) = email.parse_mail(form, OURS)
        assert mail.external_id.startswith("<")
        for text in (mail.body, mail.quoted, mail.subject):
            text.encode("utf-8")
            assert "\0" not in text
        for file in mail.files:
            assert len(file.content) == file.size
            assert file.name
            assert not set(file.name) & set("/\\\0\n")
        assert len(email.mail_fingerprint(form)) == 64


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("charset-latin1-declared-utf8", "Grüße aus Köln"),
        ("charset-unknown", "Grüße"),
        ("charset-that-is-a-codec", "Z3LDvMOfZQ=="),
        ("charset-japanese", "こんにちは、障害です"),
        ("charset-gb2312", "打印机坏了"),
        ("charset-none", "Привет"),
        ("encoding-unknown", "Hello"),
        ("nul-bytes", "Hello world"),
        ("flowed", "This is one sentence that goes on over two lines.\n\nNew one."),
        ("no-body", ""),
        ("html-only", "Grüße **fett**"),
        ("boundary-never-ends", "Hello"),
        ("exchange-ordinary", "A person wrote this."),
        ("nested-mail", "Forwarded, see below."),
    ],
)
def test_words_survive_what_was_done_to_them(name, body):
    assert heard(name).body == body


def test_what_is_known_of_an_ordinary_reply():
    mail = heard("flowed")
    assert (mail.author_id, mail.thread_id) == ("ann@globex.example", HASH)
    assert mail.channel_id == "reply+mzxw6ytboi2dgnbvgy3tqojqme@reply.northwind.example"
    assert mail.when == datetime(2026, 11, 20, 13, 0, tzinfo=UTC)
    assert mail.author_name == "Ann Ambrose"
    assert mail.authentication.result == "pass"
    assert mail.automatic == mail.unparsed == ""


@pytest.mark.parametrize(
    ("name", "author"),
    [
        ("from-two", ""),
        ("from-double-address", ""),
        ("from-twice", ""),
        ("from-none", ""),
        ("from-comment", ""),
        ("from-name-is-address", "eve@evil.example"),
        ("from-name-encoded", "ann@globex.example"),
    ],
)
def test_a_sender_two_programs_could_read_differently_is_nobody(name, author):
    mail = heard(name)
    assert mail.author_id == author
    assert (mail.authentication.result == "pass") is (author == "ann@globex.example")


@pytest.mark.parametrize(
    ("name", "thread"),
    [
        ("other-token", token.hash_token("a" * 26)),
        ("token-at-another-domain", None),
        ("token-only-in-subject", None),
        ("nested-mail", HASH),
    ],
)
def test_only_the_token_among_the_recipients_finds_a_thread(name, thread):
    assert heard(name).thread_id == thread


def test_every_token_is_named_where_a_mail_has_several():
    assert heard("other-token").thread_hashes == (token.hash_token("a" * 26), HASH)


def use_secret_key(name):
    config.set_current(config.Config({"SECRET_KEY": f"secret {name} ".ljust(40, "x")}))


def test_a_token_is_not_in_what_is_stored_and_depends_on_the_secret():
    use_secret_key("one")
    issued = token.issue()
    written = token.address(issued.nonce, issued.hash, "reply.northwind.example")
    (found,) = token.tokens_in([written], "Reply.Northwind.example")
    assert token.hash_token(found) == issued.hash
    assert found not in issued.nonce + issued.hash
    assert token.issue().nonce != issued.nonce
    use_secret_key("two")
    assert token.address(issued.nonce, issued.hash, "reply.northwind.example") is None
    assert token.tokens_in([written], "") == ()


def test_control_fields_from_outside_mean_nothing():
    mail = heard("forged-control-headers")
    assert mail.body == "Hello"
    assert not mail.own
    assert "admin" not in str(mail)


def test_files_keep_their_names_but_not_their_paths():
    names = [file.name for file in heard("names-of-files").files]
    assert names[:3] == ["Rächnung.pdf", "€ rates.csv", "evil.exe"]
    assert len(names) == 5


def test_a_winmail_file_is_kept_whole():
    (file,) = heard("winmail").files
    assert (file.name, file.size) == ("winmail.dat", 772)
    assert file.content.startswith(b"\x78\x9f\x3e\x22")


def test_a_mail_inside_a_mail_is_a_file_and_says_nothing_itself():
    mail = heard("nested-mail")
    (file,) = mail.files
    assert file.name == "The ärger.eml"
    assert "INNER" not in mail.body
    assert b"INNERMOST" in file.content


def test_a_mail_without_an_id_gets_one_that_stays():
    mail = heard("no-message-id")
    assert mail.external_id == heard("no-message-id").external_id
    assert mail.external_id.endswith("@no-message-id>")


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (
            HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 10_000 + b"--b--\n",
            "100 parts",
        ),
        (
            HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 101 + b"--b--\n",
            "100 parts",
        ),
        (HEAD + b"\n" + b"x" * 25_000_001, "25 MB"),
        (b"X-Long: " + b"x" * 70_000 + b"\n" + HEAD + b"\nhello", "64 KB"),
        (HEAD + b"X-Long: " + b"x" * 70_000 + b"\n\nhello", "64 KB"),
        (
            HEAD
            + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(30))
            + b"\nx\n",
            "20 deep",
        ),
        (
            HEAD
            + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(5000))
            + b"\nx\n",
            "100 parts",
        ),
        (HEAD + b"Content-Type: message/rfc822\n\n" * 5000 + b"x", "like a mail"),
    ],
)
def test_too_much_is_not_parsed_but_known_as_far_as_it_is_safe(raw, words):
    began = time.process_time()
    (mail,) = email.parse_mail(raw, OURS)
    assert words in mail.unparsed
    assert time.process_time() - began < 2
    if not raw.startswith(b"X-Long"):
        assert (mail.author_id, mail.subject) == ("ann@globex.example", "Help")


def test_a_mail_that_arrives_again_by_another_way_has_the_same_fingerprint():
    raw = HEAD + b"\nHello\n"
    assert email.mail_fingerprint(raw) == email.mail_fingerprint(b"Received: from x\n" + raw.replace(b"\n", b"\r\n"))
    assert email.mail_fingerprint(raw) != email.mail_fingerprint(raw + b"more")
    assert email.mail_fingerprint(raw) != email.mail_fingerprint(raw.replace(b"ann@", b"eve@"))
    assert email.mail_fingerprint(raw) != email.mail_fingerprint(raw.replace(b"<one@", b"<two@"))


def test_identical_bodies_have_one_hash_for_the_breaker():
    first, second = (email.parse_mail(HEAD + b"\n" + body)[0] for body in (b"I am  away\n", b"I am\naway"))
    assert first.body_hash == second.body_hash == hashlib.sha256(b"I am away").hexdigest()


@rules(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(anything.sampled_from(UGLY), anything.integers(0, 3000), anything.binary(max_size=60))
def test_any_bytes_anywhere_give_one_heard(path, place, junk):
    raw = path.read_bytes()
    assert len(email.parse_mail(raw[:place] + junk + raw[place:], OURS)) == 1
    assert len(email.parse_mail(raw[:place] + junk, OURS)) == 1
    email.mail_fingerprint(raw[:place] + junk)


def test_large_attachments_are_quick():
    raw = (
        HEAD
        + b"Content-Type: multipart/mixed; boundary=b\n\n"
        + b"--b\nContent-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n"
    )
    raw += base64.encodebytes(b"x" * 15_000_000) + b"--b--\n"
    began = time.process_time()
    (mail,) = email.parse_mail(raw, OURS)
    assert mail.files[0].size == 15_000_000
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    "fields",
    [
        "To: '{}'",
        "To: \u200b{}",
        "To: undisclosed-recipients:;\nX-Envelope-To: <{}>",
        "To: list@globex.example\nX-Forwarded-To: {}",
        "Apparently-To: {}",
    ],
)
def test_a_reply_address_is_found_however_it_is_written_and_where_a_server_notes_it(fields):
    address = "reply+mzxw6ytboi2dgnbvgy3tqojqme@reply.northwind.example"
    (mail,) = email.parse_mail(f"From: ann@globex.example\n{fields.format(address)}\n\nHello".encode(), OURS)
    assert mail.thread_hashes == (HASH,)


def test_the_reply_address_behind_many_others_is_found():
    others = ", ".join(f'"Somebody of the department {number}" <n{number}@globex.example>' for number in range(700))
    raw = (
        f"From: ann@globex.example\nTo: {others}\nCc: reply+mzxw6ytboi2dgnbvgy3tqojqme@reply.northwind.example\n\nYes."
    )
    for written in (raw, raw.replace("\nCc: ", ", ")):
        [mail] = email.parse_mail(written.encode(), OURS)
        assert (mail.thread_id, mail.unparsed, mail.body) == (HASH, "", "Yes.")
