"""Every mail byte by byte, and the rules no header may break. The golden files were reviewed before they were added."""

import dataclasses
import email
import os
from email import policy
from pathlib import Path

import dkim
import pytest

from helpdesk.channels.email import dkim_signing
from helpdesk.channels.email.parse import quotes
from helpdesk.channels.email.render import compose, message_types, sample_messages
from helpdesk.models.ticket import MAX_SUBJECT_LENGTH

GOLDEN = Path(__file__).parent / "golden"
SAMPLES = sample_messages.sample_mails()
OUTLOOK_ID = "<AM0PR0402MB3891D6E1A4E0F0A9C7B1D2E3F4A5B@AM0PR0402MB3891.eurprd04.prod.outlook.example.com>"


def changed(name, **envelope):
    sample = SAMPLES[name]
    return dataclasses.replace(sample, envelope=dataclasses.replace(sample.envelope, **envelope))


def read(raw):
    return email.message_from_bytes(raw, policy=policy.default)


@pytest.mark.parametrize("name", message_types.TYPES_BY_NAME)
def test_a_mail_is_written_as_kept(name):
    path = GOLDEN / f"{name}.eml"
    made = compose.build_mail(SAMPLES[name])
    if os.environ.get("KEEP_GOLDEN"):
        path.write_bytes(made)
    assert made == path.read_bytes()


@pytest.mark.parametrize("name", message_types.TYPES_BY_NAME)
def test_a_mail_is_built_for_every_reader(name):
    raw = compose.build_mail(SAMPLES[name])
    message = read(raw)
    assert raw.isascii()
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["X-Portal-Instance"] == "sample-installation"
    assert message["Date"] == "Fri, 20 Nov 2026 12:04:00 +0000"
    assert [str(one) for one in message["To"].addresses] == ["Ann Ambrose <ann@globex.example>"]
    assert message.defects == []


@pytest.mark.parametrize("name", message_types.TYPES_BY_NAME)
def test_a_mail_loads_nothing_from_anywhere(name):
    html = compose.build_preview(SAMPLES[name]).html
    assert "<table" not in html
    assert "<script" not in html
    assert "url(" not in html
    assert "src=" not in html


def test_the_same_values_are_the_same_bytes():
    assert compose.build_mail(SAMPLES["reply"]) == compose.build_mail(sample_messages.sample_mails()["reply"])


def test_somebody_elses_markup_stays_words():
    evil = "<img src=x onerror=alert(1)> <script>x</script> [a](javascript:alert(1)) ![p](https://evil.example/t.gif)"
    sample = dataclasses.replace(
        SAMPLES["reply"],
        messages=(dataclasses.replace(SAMPLES["reply"].messages[0], who="<b>Eve</b>", body=evil),),
        ticket=dataclasses.replace(SAMPLES["reply"].ticket, subject="</title><script>y</script>"),
    )
    html = compose.build_preview(sample).html
    assert "<script" not in html
    assert "<img" not in html
    assert "<b>Eve" not in html
    assert 'javascript:alert(1)"' not in html


@pytest.mark.parametrize("field", ["reply_to", "sender", "recipient", "unsubscribe_url", "instance", "key"])
@pytest.mark.parametrize("evil", ["x\r\nBcc: a@evil.example", "x\nBcc: a@evil.example", "x\0y"])
def test_a_line_break_in_a_header_is_refused(field, evil):
    with pytest.raises(ValueError, match=r"^[A-Z]"):
        compose.build_mail(changed("reply", **{field: evil}))


def test_line_breaks_in_subject_and_names_become_spaces():
    sample = changed("reply", sender_name="Maya\r\nBcc: a@evil.example", recipient_name="Ann\0\u202eevil")
    sample = dataclasses.replace(
        sample,
        ticket=dataclasses.replace(sample.ticket, subject="One\r\nBcc: a@evil.example\u2028" + "long " * 100),
    )
    message = read(compose.build_mail(sample))
    assert message["Bcc"] is None
    assert message["Subject"].startswith("[#1042] One Bcc: a@evil.example long")
    assert len(message["Subject"]) <= MAX_SUBJECT_LENGTH
    assert message["From"].addresses[0].addr_spec == "support@northwind.example"
    assert message["To"].addresses[0].display_name == "Ann evil"


def test_a_subject_in_any_script_survives():
    sample = dataclasses.replace(
        SAMPLES["reply"],
        ticket=dataclasses.replace(SAMPLES["reply"].ticket, subject="Größe 漢字 🖨️ geht nicht " * 4),
    )
    raw = compose.build_mail(sample)
    assert read(raw)["Subject"] == ("[#1042] " + "Größe 漢字 🖨️ geht nicht " * 4).strip()
    assert max(len(line) for line in raw.split(b"\r\n\r\n")[0].split(b"\r\n")) <= 78


def test_ids_longer_than_a_line_are_never_encoded():
    ours = "<first@help.northwind.example>"
    raw = compose.build_mail(changed("reply", references=(ours, OUTLOOK_ID)))
    assert OUTLOOK_ID.encode() in raw
    assert read(raw)["In-Reply-To"] == OUTLOOK_ID
    assert read(raw)["References"].split() == [ours, OUTLOOK_ID]


def test_references_are_bounded_and_hold_no_junk():
    many = tuple(f"<{number}@help.northwind.example>" for number in range(100))
    kept = read(compose.build_mail(changed("reply", references=(*many, "junk", "<a b@c>", "<x>\r\nBcc: y"))))[
        "References"
    ].split()
    assert kept == [many[0], *many[-19:]]


def test_one_click_unsubscribe_is_offered_where_there_is_something_to_stop():
    assert read(compose.build_mail(SAMPLES["reply"]))["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert read(compose.build_mail(SAMPLES["sign_in"]))["List-Unsubscribe"] is None
    with pytest.raises(ValueError, match="unsubscribe"):
        compose.build_mail(changed("reply", unsubscribe_url="javascript:alert(1)"))


def test_without_incoming_mail_there_is_no_marker_and_the_mail_says_so():
    preview = compose.build_preview(changed("reply", reply_to=""))
    assert "above this line" not in preview.text + preview.html
    assert "replies to this mail are not read" in preview.text
    assert read(compose.build_mail(changed("reply", reply_to="")))["Reply-To"] is None
    assert quotes.reply_marker("sample-installation") in compose.build_preview(SAMPLES["reply"]).text


def test_small_pictures_are_shown_and_everything_else_is_linked():
    def file(media_type, size):
        return message_types.FileLink("picture", "https://help.northwind.example/f", size, media_type, b"x" * size)

    def types(*files):
        message = dataclasses.replace(SAMPLES["reply"].messages[0], files=files)
        sample = dataclasses.replace(SAMPLES["reply"], messages=(message,))
        return [part.get_content_type() for part in read(compose.build_mail(sample)).walk()][2:]

    assert types(file("image/png", 500)) == ["multipart/related", "text/html", "image/png"]
    assert types(file("image/svg+xml", 500), file("image/png", 200_000)) == ["text/html"]


def test_a_picture_in_the_text_is_shown_there_and_not_again_below():
    url = "https://help.northwind.example/f"
    files = tuple(message_types.FileLink(name, url, 9, "image/png", name.encode()) for name in ("a.png", "b.png"))
    body = "Before ![a.png](attachment:a.png) after"
    message = dataclasses.replace(SAMPLES["reply"].messages[0], body=body, html="", files=files)
    preview = compose.build_preview(dataclasses.replace(SAMPLES["reply"], messages=(message,)))
    placed, below = (f'<img src="cid:{compose.picture_content_id(file)}"' for file in files)
    shown = preview.html[preview.html.index('<div class="body') :]
    assert shown.count(placed) == shown.count(below) == 1 and "(picture:" not in shown
    assert shown.index("Before ") < shown.index(placed) < shown.index(" after") < shown.index(below)
    assert "Before (picture: a.png) after" in preview.text
    linked = dataclasses.replace(message, files=(dataclasses.replace(files[0], content=None),))
    preview = compose.build_preview(dataclasses.replace(SAMPLES["reply"], messages=(linked,)))
    assert "(picture: a.png)" in preview.html and "cid:" not in preview.html


def test_a_delivery_is_found_again_by_its_message_id():
    portal = "https://help.northwind.example:8443/base"
    assert compose.make_message_id("abc-1", portal) == "<abc-1@help.northwind.example>"
    assert compose.extract_delivery_key("<abc-1@help.northwind.example>", portal) == "abc-1"
    assert compose.extract_delivery_key("<abc-1@help.northwind.example.evil>", portal) is None


@pytest.fixture(scope="module")
def key():
    return dkim_signing.generate_key("northwind.example", "s1")


def test_a_signed_mail_verifies_by_its_dns_record(key):
    raw = compose.build_mail(changed("reply", signing=key))
    record = dkim_signing.public_key_record(key).encode()
    assert dkim.verify(
        raw, dnsfunc=lambda name, timeout=5: record if name == b"s1._domainkey.northwind.example." else None
    )
    assert raw.split(b"\r\n\r\n", 1)[1] == compose.build_mail(SAMPLES["reply"]).split(b"\r\n\r\n", 1)[1]


@pytest.mark.parametrize(
    "extra", [b"From: evil@example.com\r\n", b"Subject: other\r\n", b"Reply-To: evil@example.com\r\n"]
)
def test_a_field_added_on_the_way_breaks_the_signature(key, extra):
    raw = extra + compose.build_mail(changed("reply", signing=key))
    assert not dkim.verify(raw, dnsfunc=lambda name, timeout=5: dkim_signing.public_key_record(key).encode())


def test_a_key_that_is_none_is_said_in_a_sentence():
    with pytest.raises(ValueError, match="DKIM key"):
        compose.build_mail(changed("reply", signing=dkim_signing.DkimKey("northwind.example", "s1", "not a key")))
    with pytest.raises(ValueError, match="DKIM key"):
        dkim_signing.public_key_record(dkim_signing.DkimKey("northwind.example", "s1", "not a key"))


def test_the_text_on_the_accent_can_be_read():
    for accent, text in {"#ffff00": "#000000", "#102030": "#ffffff", "red; x": "#ffffff"}.items():
        html = compose.build_preview(changed("reply", accent=accent)).html
        assert f"color:{text};font-weight:600" in html
        assert "red; x" not in html
