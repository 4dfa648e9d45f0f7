"""Every part of a mail is somewhere: its text in the body, files and pictures as attachments."""

import base64
import struct
import zlib

import pytest

from helpdesk.channels import email
from helpdesk.channels.email.parse import raw_mail
from helpdesk.markup import markdown_rendering
from tests.channels.email import mail_clients

HEAD = (
    b"From: ann@globex.example\r\nTo: help@support.example\r\nMessage-ID: <one@globex.example>\r\nMIME-Version: 1.0\r\n"
)


def png(width, height, filling=b""):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"tEXt", filling) + chunk(b"IEND", b"")


def part(media_type, content, *fields):
    content = content if isinstance(content, bytes) else content.encode()
    lines = [f"Content-Type: {media_type}", "Content-Transfer-Encoding: base64", *fields]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + base64.encodebytes(content)


def multipart(kind, *parts, boundary="b"):
    inside = b"".join(b"--" + boundary.encode() + b"\r\n" + each + b"\r\n" for each in parts)
    return (
        f"Content-Type: multipart/{kind}; boundary={boundary}\r\n\r\n".encode()
        + inside
        + f"--{boundary}--\r\n".encode()
    )


def parsed(content):
    return email.parse_mail(HEAD + content)[0]


def test_a_disclaimer_in_html_does_not_replace_the_answer():
    mail = parsed(multipart("mixed", part("text/plain", "My answer"), part("text/html", "<p>Confidential</p>")))
    assert mail.body == "My answer\n\nConfidential"


def test_of_one_alternative_only_the_html_is_read():
    inner = multipart(
        "alternative", part("text/plain", "Hello there"), part("text/html", "<b>Hello</b> there"), boundary="c"
    )
    mail = parsed(multipart("mixed", inner, part("text/plain", "A footer")))
    assert mail.body == "**Hello** there\n\nA footer"


def test_an_alternative_with_other_words_keeps_both():
    mail = parsed(
        multipart("alternative", part("text/plain", "The invoice is wrong"), part("text/html", "<p>ACME</p>"))
    )
    assert "The invoice is wrong" in mail.body and "ACME" in mail.body


def test_an_empty_html_half_leaves_the_plain_one():
    mail = parsed(multipart("alternative", part("text/plain", "Hi"), part("text/html", "<div><br></div>")))
    assert mail.body == "Hi"


def test_texts_around_a_picture_stay_in_order():
    picture = part("image/png", png(600, 400), "Content-Disposition: inline; filename=screen.png")
    mail = parsed(multipart("mixed", part("text/plain", "Before"), picture, part("text/plain", "after")))
    assert mail.body == "Before\n\n(picture: screen.png)\n\nafter"
    assert [(file.name, file.is_decoration) for file in mail.files] == [("screen.png", False)]


def test_pictures_inside_html_become_files_and_keep_their_place():
    data = base64.b64encode(png(500, 300)).decode()
    html = f'<p>One</p><img alt="x" src="cid:a@b"><p>Two</p><img src="data:image/png;base64,{data}"><p>Three</p>'
    shown = part("image/png", png(800, 600), "Content-ID: <a@b>", "Content-Disposition: inline; filename=first.png")
    mail = parsed(multipart("related", part("text/html", html), shown))
    places = [mail.body.index(word) for word in ("One", "first.png", "Two", "picture-1.png", "Three")]
    assert places == sorted(places)
    assert [(file.name, file.size) for file in mail.files] == [
        ("first.png", len(png(800, 600))),
        ("picture-1.png", len(png(500, 300))),
    ]


def test_a_picture_nobody_can_see_is_none_and_a_logo_is_decoration():
    html = '<p>Hi</p><img src="cid:dot"><img src="cid:logo">'
    parts = [part("image/png", png(1, 1), "Content-ID: <dot>"), part("image/png", png(160, 60), "Content-ID: <logo>")]
    mail = parsed(multipart("related", part("text/html", html), *parts))
    assert [file.is_decoration for file in mail.files] == [True]


def test_the_signature_of_a_signed_mail_is_no_file():
    signature = part("application/pkcs7-signature", b"xyz", "Content-Disposition: attachment; filename=smime.p7s")
    mail = parsed(multipart("signed", part("text/plain", "Hi"), signature))
    assert (mail.body, mail.files) == ("Hi", ())
    [file] = parsed(multipart("mixed", part("text/plain", "Hi"), signature)).files
    assert file.is_decoration, "kept, but no post of its own"


@pytest.mark.parametrize(
    ("media_type", "name"),
    [
        ("text/calendar", "invitation.ics"),
        ("application/pdf", "document.pdf"),
        ("image/jpeg", "picture-1-2.jpg"),
        ("application/zip", "file-1-2.zip"),
    ],
)
def test_a_part_without_a_name_gets_one_with_an_ending(media_type, name):
    assert parsed(multipart("mixed", part("text/plain", "Hi"), part(media_type, b"x"))).files[0].name == name


def test_the_name_with_every_character_goes_before_the_plain_one():
    fields = "Content-Disposition: attachment; filename=\"Rechnung.pdf\"; filename*=UTF-8''M%C3%A4rz.pdf"
    assert parsed(multipart("mixed", part("application/pdf", b"x", fields))).files[0].name == "März.pdf"


PLAIN = r"""C:\new_folder\_old_\*.*
\\server\share
__init__ and *stars*
Invoice
-------
Total
=====
~~~
```
#1
# not a heading
1) one
2. two
- a
+ b
a | b
--|--
<tag> &amp; &lt;
![x](y) [a](b) `code`
https://x.example/a_b?c=*d* <https://x.example/e>
-----Begin-----"""


def test_plain_text_is_shown_as_it_is_written():
    mail = parsed(part("text/plain; charset=utf-8", PLAIN))
    shown = markdown_rendering.markdown_to_text(mail.body)
    assert [line for line in shown.split("\n") if line] == PLAIN.split("\n")
    html = str(markdown_rendering.markdown_to_html(mail.body))
    assert not any(
        f"<{tag}" in html for tag in ("em", "strong", "h1", "h2", "ul", "ol", "table", "pre", "hr", "code", "s>")
    )
    assert 'href="https://x.example/a_b?c=*d*"' in html and 'href="https://x.example/e"' in html


def test_lines_indented_like_code_stay_so():
    mail = parsed(part("text/plain", "Look:\n\n    if a_b:\n        return *c*\n\nThanks"))
    assert "<pre><code>if a_b:\n    return *c*\n</code></pre>" in str(markdown_rendering.markdown_to_html(mail.body))


def test_an_answer_right_below_a_quoted_question_is_not_part_of_it():
    mail = parsed(part("text/plain", "> Which format?\nCSV.\n> Only finance?\nYes.\n"))
    assert mail.body == "> Which format?\n\nCSV.\n> Only finance?\n\nYes."


def test_flowed_text_is_joined_and_its_stuffing_removed():
    text = "This sentence \ngoes on.\n From the start\n>> deep \n>> er\n> up\n-- \nAnn\n"
    mail = parsed(b"In-Reply-To: <two@x.example>\r\n" + part("text/plain; format=flowed", text))
    assert mail.body == "This sentence goes on.\nFrom the start"
    assert ">> deep er\n> up" in mail.quoted


def test_a_text_longer_than_is_read_is_a_file_to_its_end():
    mail = parsed(part("text/plain", "word " * 150_000 + "END"))
    assert mail.files[0].name == "whole-mail.txt" and mail.files[0].content.endswith(b"END")


def test_a_part_without_name_and_type_has_the_ending_of_its_content():
    unknown = part("application/octet-stream", b"%PDF-1.7")
    assert parsed(multipart("mixed", part("text/plain", "Hi"), unknown)).files[0].name == "file-1-2.pdf"


@pytest.mark.parametrize("written", ["BASE64 ", "base64; charset=utf-8", "Base64 (RFC 2045)"])
def test_an_encoding_with_more_than_its_name_is_decoded(written):
    mail = parsed(f"Content-Type: text/plain\r\nContent-Transfer-Encoding: {written}\r\n\r\nSGVsbG8=".encode())
    assert mail.body == "Hello"


def test_the_only_text_of_a_mail_is_its_text_also_with_a_name():
    assert parsed(b"Content-Type: text/plain; name=mail.txt\r\n\r\nMy words").body == "My words"
    inside = multipart("mixed", part("text/plain; name=log.txt", "a log"))
    assert [file.name for file in parsed(inside).files] == ["log.txt"]


def test_empty_lines_above_the_header_are_no_header():
    [mail] = email.parse_mail(b"\r\n\n" + HEAD + b"\r\nHello")
    assert (mail.author_id, mail.external_id, mail.body) == ("ann@globex.example", "<one@globex.example>", "Hello")
    assert email.mail_fingerprint(b"\n" + HEAD + b"\r\nHello") == email.mail_fingerprint(HEAD + b"\r\nHello")


@pytest.mark.parametrize(
    "above",
    [
        b"From ann@globex.example Mon Nov 30 07:00:00 2026\n",
        b">From ann@globex.example Mon Nov 30 07:00:00 2026\r\n",
        b"\xef\xbb\xbf",
        b"\xef\xbb\xbf\r\n>From ann Mon Nov 30 07:00:00 2026\r\n",
    ],
)
def test_what_programs_put_above_a_mail_is_no_part_of_it(above):
    """The line of a mailbox file (RFC 4155), also escaped, and the mark that shells write before UTF-8."""
    raw = HEAD + part("text/plain", "It fails.")
    mail = email.parse_mail(above + raw)[0]
    assert (mail.author_id, mail.body, mail.external_id) == ("ann@globex.example", "It fails.", "<one@globex.example>")
    assert raw_mail.mail_fingerprint(above + raw) == raw_mail.mail_fingerprint(raw)


def test_a_mail_attached_under_its_subject_has_no_folder_in_its_name():
    mail = parsed(multipart("mixed", b"Content-Type: message/rfc822\r\n\r\nSubject: a/b\\c\r\n\r\nx"))
    assert [file.name for file in mail.files] == ["a-b-c.eml"]


@pytest.mark.parametrize("head", ["Content-Type: multipart/mixed; charset=utf-8", "Date: Fri, 20 Nov 2026 12\x1d04: x"])
def test_an_attached_mail_that_the_library_reads_and_cannot_write_is_whole(head):
    inner = f"Subject: Old\r\n{head}\r\n\r\nAll the größe\r\n".encode()
    mail = parsed(multipart("mixed", part("text/plain", "See below"), b"Content-Type: message/rfc822\r\n\r\n" + inner))
    assert (mail.unparsed, mail.body) == ("", "See below")
    assert "größe" in mail.files[0].content.decode()


def test_an_address_in_angle_brackets_is_whole_over_lines():
    """RFC 3986, appendix C; programs break lines at 76 characters, and the link led to its first half."""
    address = "https://x.example/" + "part/" * 11 + "\nand/the/rest?of=it"
    [mail] = email.parse_mail(mail_clients.mail(f"See <{address}>\nplease, and <https://y.example\nor> this.", None))
    html = markdown_rendering.markdown_to_html(mail.body)
    assert f'href="{address.replace(chr(10), "")}"' in html
    assert 'href="https://y.example"' in html and "or&gt; this." in html
