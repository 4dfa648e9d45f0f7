"""Links and addresses of one person are cut wherever a copy of our mail goes: text, quotes, attached mails and
files.
"""

import base64
from email.message import EmailMessage

import pytest

from helpdesk.channels import email
from helpdesk.channels.email.render import inline_styles
from helpdesk.domain.authentication import private_links
from helpdesk.markup import markdown_reader, markdown_rendering, text_writer

TOKEN = "mzxw6ytboi2dgnbvgy3tqojqme"
SECRET = "q" * 40
LINK = f"https://help.example/unsubscribe/12/{SECRET}"


@pytest.mark.parametrize(
    "text",
    [
        LINK,
        LINK.replace("/", "%2F"),
        f"https://help.example/sign-in/link/{SECRET}",
        f"https://safe.example/?url=https%3A%2F%2Fhelp.example%2Funsubscribe%2F12%2F{SECRET}&data=1",
        f"Von: Support <reply+{TOKEN}@reply.example>",
        f"mailto:reply%2B{TOKEN}%40reply.example",
        f"[x](mailto:REPLY+{TOKEN}@reply.example)",
    ],
)
def test_no_form_of_a_secret_is_left(text):
    cut = private_links.cut(text)
    assert SECRET not in cut and TOKEN not in cut.lower() and "…" in cut
    assert private_links.cut(cut) == cut


@pytest.mark.parametrize("text", ["reply+me@x.example", "/unsubscribe/12", "Please unsubscribe/stop", "sign-in/link/x"])
def test_other_words_stay(text):
    assert private_links.cut(text) == text


def make_mail(encoding="base64"):
    ours = EmailMessage()
    ours["From"], ours["Reply-To"] = "help@x.example", f"reply+{TOKEN}@reply.example"
    ours["Subject"], ours["List-Unsubscribe"] = "[#1] Größe", f"<{LINK}>"
    ours.set_content(f"Hällo\n\nStop: {LINK}\n", cte=encoding)
    ours.add_alternative(f'<p>Hällo <a href="{LINK}">stop</a></p>', subtype="html", cte=encoding)
    ours.add_attachment(b"\x00\x01 other bytes", "application", "octet-stream", filename="a.bin")
    return ours


@pytest.mark.parametrize("kind", ["message/rfc822", "application/octet-stream"])
def test_an_attached_mail_says_nowhere_which_way_it_came(kind):
    ours = f"Received: by mx.example for <reply+{TOKEN}@reply.example>\r\nEnvelope-To: reply+{TOKEN}@reply.example\r\n"
    ours += "Subject: Ours\r\n\r\nHello"
    raw = f"From: bob@globex.example\r\nContent-Type: {kind}; name=ours.eml\r\n\r\n{ours}".encode()
    (file,) = email.parse_mail(raw)[0].files
    assert TOKEN.encode() not in file.content and b"Received: by mx.example" in file.content
    assert file.content.endswith(b"Hello")


def test_an_attached_mail_with_too_many_parts_is_cut_and_whole():
    inside = "".join(f"--b{n}\r\n\r\nboundary=b{n}\r\n" for n in range(120))
    ours = f"Reply-To: reply+{TOKEN}@reply.example\r\n\r\n{inside}The last words"
    head = "Content-Type: application/x; name=a.eml\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    (file,) = email.parse_mail(head.encode() + base64.encodebytes(ours.encode()))[0].files
    assert TOKEN.encode() not in file.content and file.content.endswith(b"The last words")


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
def test_an_attached_mail_of_ours_is_cut_and_stays_a_mail(encoding):
    forward = EmailMessage()
    forward["From"], forward["To"] = "bob@globex.example", "help@x.example"
    forward.set_content("See attached")
    forward.add_attachment(make_mail(encoding))
    (file,) = email.parse_mail(forward.as_bytes())[0].files
    inner = email.parse_mail(file.content)[0]
    assert TOKEN.encode() not in file.content and SECRET.encode() not in file.content
    assert inner.subject == "[#1] Größe" and "Hällo" in inner.body and "stop" in inner.body
    text = " ".join(part.get_payload(decode=True).decode("utf-8", "replace") for part in walk(file.content))
    assert SECRET not in text and "other bytes" in text


def walk(raw):
    import email as library

    return [part for part in library.message_from_bytes(raw).walk() if not part.is_multipart()]


def test_an_attached_mail_without_secrets_stays_byte_for_byte():
    inner = b"From: a@b.example\r\nSubject: x\r\n\r\nunsubscribe here\r\n"
    raw = b"From: bob@globex.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nhi\r\n--x\r\n"
    raw += b"Content-Type: message/rfc822\r\n\r\n" + inner + b"--x--\r\n"
    (file,) = email.parse_mail(raw)[0].files
    assert file.content.replace(b"\r\n", b"\n").strip() == inner.replace(b"\r\n", b"\n").strip()


def test_a_saved_text_is_cut():
    forward = EmailMessage()
    forward["From"] = "bob@globex.example"
    forward.set_content("See attached")
    forward.add_attachment(f"Größe {LINK}", filename="mail.txt")
    (file,) = email.parse_mail(forward.as_bytes())[0].files
    assert SECRET.encode() not in file.content and "Größe".encode() in file.content


def test_every_element_of_a_message_has_its_style_written_into_it():
    text = "# T\n\na [l](https://x.example) `c`\n\n> q\n\n- i\n\n```\ncode\n```\n\n|a|b|\n|-|-|\n|1|2|"
    html = inline_styles.add_styles(str(markdown_rendering.markdown_to_html(text)))
    for name in ("h1", "p", "a", "code", "blockquote", "ul", "pre", "table", "th", "td"):
        assert f'<{name} style="' in html, name
    assert "overflow-wrap:anywhere" in html.split("<td")[1].split(">")[0]
    assert "<thead>" in html and "<th style" in html
    assert inline_styles.add_styles("<p>&lt;p&gt; a &lt;td</p>").count("style=") == 1


def test_code_in_the_text_part_is_set_apart():
    blocks = markdown_reader.read_markdown("Run:\n\n```\nif x:\n    y()\n```\n\nDone")
    assert text_writer.write_text(blocks, indents_code=True) == "Run:\n\n    if x:\n        y()\n\nDone"
    assert text_writer.write_text(blocks) == "Run:\n\nif x:\n    y()\n\nDone"
