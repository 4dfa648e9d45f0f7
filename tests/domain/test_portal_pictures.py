"""The portal's logos and icon: SVG keeps its shapes and loses what could act, and mails show what mail programs can."""

import dataclasses
import email

import pytest

from helpdesk import storage
from helpdesk.channels.email.render import compose, message_headers, sample_messages
from helpdesk.domain.administration import settings
from helpdesk.domain.errors import PermissionDenied, ValidationError
from helpdesk.domain.portal import pictures
from helpdesk.domain.portal.pictures import Picture
from helpdesk.domain.tickets import stored_files

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9">%s</svg>'
ENTITIES = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))
DOCTYPE = f'<!DOCTYPE svg [<!ENTITY e0 "{"x" * 99}">{ENTITIES}]>{SVG % "<text>&e9;</text>"}'
HOSTILE = (
    "<script>alert(1)</script>",
    '<rect onload="alert(1)" onclick="alert(1)" width="1" height="1"/>',
    '<a href="javascript:alert(1)"><text>x</text></a>',
    '<a xlink:href="java&#x09;script:alert(1)"><text>x</text></a>',
    '<foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" src="https://evil.example/"/></foreignObject>',
    '<image href="https://evil.example/pixel.png"/>',
    '<use href="https://evil.example/a.svg#x"/>',
    '<style>@import url("https://evil.example/a.css"); rect { fill: url(https://evil.example/b) }</style>',
    '<set attributeName="href" to="javascript:alert(1)"/>',
    '<image href="data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+"/>',
    '<image href="data:text/html,alert(1)"/>',
    '<rect style="background: url(https://evil.example/c)"/>',
)


def test_svg_keeps_its_shapes_and_loses_what_could_act():
    kept = (
        '<linearGradient id="g"><stop offset="0" stop-color="#f00"/></linearGradient><path fill="url(#g)" d="M0 0h3"/>'
    )
    cleaned = pictures.clean_picture(Picture.logo, (SVG % kept).encode())
    assert b'fill="url(#g)"' in cleaned and b'viewBox="0 0 9 9"' in cleaned and b"M0 0h3" in cleaned
    for body in HOSTILE:
        cleaned = pictures.clean_picture(Picture.logo, (SVG % f"<rect/>{body}").encode()).lower()
        assert b"<rect" in cleaned, body
        for word in (b"<script", b"onload", b"onclick", b"<iframe", b"foreignobject", b"@import", b'href="java'):
            assert word not in cleaned, (body, cleaned)
        for word in (b"url(http", b'href="http', b"data:", b"attributename="):
            assert word not in cleaned, (body, cleaned)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html><body><svg></svg></body></html>",
        b"<svg",
        b"%PDF-1.7",
        b"<svg>" + b" " * pictures.MAX_BYTES,
        DOCTYPE.encode(),
        (SVG % ("<g>" * 50_000 + "</g>" * 50_000)).encode(),
    ],
)
def test_what_is_no_picture_is_refused(data):
    with pytest.raises(ValidationError):
        pictures.clean_picture(Picture.favicon, data)


@ON_SQLITE
def test_only_admins_store_pictures_and_another_one_replaces_the_former(make, session):
    admin = make.agent(role="admin")
    with pytest.raises(PermissionDenied):
        pictures.replace_picture(Picture.logo, PNG, actor=make.agent())
    pictures.replace_picture(Picture.logo, PNG, actor=admin)
    former = settings.get("logo")
    session.commit()
    assert pictures.load_for_page(Picture.logo) == (PNG, "image/png")
    pictures.replace_picture(Picture.logo, (SVG % "<rect/>").encode(), actor=admin)
    session.commit()
    assert pictures.load_for_page(Picture.logo)[1] == "image/svg+xml"
    pictures.replace_picture(Picture.favicon, PNG, actor=admin)
    session.commit()
    assert len(pictures.list_keys()) == 2
    assert stored_files.delete_marked() == 1
    with pytest.raises(FileNotFoundError):
        storage.read(former)
    assert all(map(storage.read, pictures.list_keys()))


@ON_SQLITE
def test_mails_show_the_logo_of_mails_else_the_logo_if_mail_programs_show_it(make, session):
    admin = make.agent(role="admin")
    assert make_logo(session) is None
    pictures.replace_picture(Picture.logo, (SVG % "<rect/>").encode(), actor=admin)
    session.commit()
    assert make_logo(session) is None, "mail programs show no SVG"
    for wrong in ((SVG % "<rect/>").encode(), PNG + b"\0" * pictures.MAX_MAIL_BYTES):
        with pytest.raises(ValidationError):
            pictures.replace_picture(Picture.logo_mail, wrong, actor=admin)
    pictures.replace_picture(Picture.logo_mail, PNG, actor=admin)
    session.commit()
    logo = make_logo(session)
    values = next(iter(sample_messages.sample_mails().values()))
    envelope = dataclasses.replace(values.envelope, logo=logo, accent="#ff3b30")
    built = email.message_from_bytes(compose.build_mail(dataclasses.replace(values, envelope=envelope)))
    [part] = [each for each in built.walk() if each.get_content_type() == "image/png"]
    html = next(each for each in built.walk() if each.get_content_type() == "text/html").get_payload(decode=True)
    assert part.get_payload(decode=True) == PNG and part["Content-Disposition"].startswith("inline")
    assert f'src="cid:{part["Content-ID"].strip("<>")}"'.encode() in html


def make_logo(session):
    """The logo of a mail, as it is rendered for a delivery."""

    def render():
        try:
            return message_headers.make_logo()
        finally:
            session.rollback()

    return storage.read_between_transactions(render)
