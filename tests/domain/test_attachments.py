"""Files: names, kinds, limits, drafts, and who may read them."""

from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import select

from helpdesk import clock, storage
from helpdesk.domain import tickets
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.tickets import attachments
from helpdesk.models.attachment import Attachment

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


@pytest.fixture
def dana(make):
    return make.user(make.organization("Globex"), "Dana Kim")


def keep(uploader, data=b"words", name="a.txt", media_type="text/plain"):
    return attachments.store_upload(BytesIO(data), name, media_type, uploader)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\x.doc", "x.doc"),
        ("\u200b.htaccess", "htaccess"),
        (".\u200b./..", "file"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("a\x00b\r\nSet-Cookie: x.txt", "ab Set-Cookie: x.txt"),
        ("e\u0301te\u0301.png", "été.png"),
        ("", "file"),
        (None, "file"),
        ("   . ", "file"),
        ("x" * 300 + ".tar.gz", "x" * 147 + ".gz"),
        ("<img src=x>.png", "<img src=x>.png"),
    ],
)
def test_a_name_is_cleaned_before_it_is_kept(given, kept):
    assert attachments.clean_file_name(given) == kept
    assert len(attachments.clean_file_name(given)) <= 150


@pytest.mark.parametrize(
    ("beginning", "claimed", "kept"),
    [
        (PNG, "text/html", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg", "image/jpeg"),
        (b"GIF89a<script>", "text/html", "image/gif"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "", "image/webp"),
        (b"<svg xmlns=", "image/svg+xml", "image/svg+xml"),
        (b"<script>alert(1)", "image/png", "application/octet-stream"),
        (b"%PDF-1.7", "application/pdf; charset=x", "application/pdf"),
        (b"hello", "text/plain\r\nX: y", "application/octet-stream"),
        (b"hello", None, "application/octet-stream"),
    ],
)
def test_a_picture_is_what_its_first_bytes_say(beginning, claimed, kept):
    assert attachments.detect_media_type(beginning, claimed) == kept


def test_only_the_four_kinds_of_picture_are_shown(session, make, dana):
    assert keep(dana, PNG, "a.png").is_image
    for data, media_type in (
        (b"<svg onload=alert(1)>", "image/svg+xml"),
        (b"<html>", "image/png"),
        (b"%PDF", "application/pdf"),
    ):
        assert not keep(dana, data, "a.png", media_type).is_image


def test_a_file_is_refused_beyond_its_limits(monkeypatch, session, make, dana):
    monkeypatch.setattr(attachments, "MAX_BYTES", 10)
    assert keep(dana, b"x" * 10).size == 10
    with pytest.raises(ValidationError, match="larger"):
        keep(dana, b"x" * 11)
    with pytest.raises(ValidationError, match="empty"):
        keep(dana, b"")
    monkeypatch.setattr(attachments, "QUOTA_BYTES", 15)
    with pytest.raises(ValidationError, match="limit"):
        keep(dana, b"x" * 6)


def test_drafts_belong_to_who_added_them(session, make, dana):
    draft = keep(dana)
    session.commit()
    colleague = make.user(dana.organization)
    for other in (colleague, make.agent()):
        assert attachments.find_attachment(other, draft.key) is None
        with pytest.raises(ValidationError, match="no longer there"):
            attachments.attach_uploads([draft.key], other)
        attachments.discard_upload(other, draft.key)
    assert attachments.find_attachment(dana, draft.key) is draft
    assert attachments.attach_uploads([draft.key, draft.key], dana) == [draft]


def test_a_claimed_file_cannot_be_claimed_again(session, make, dana):
    draft = keep(dana)
    ticket = make.ticket(dana, attachments=attachments.attach_uploads([draft.key], dana))
    with pytest.raises(ValidationError):
        attachments.attach_uploads([draft.key], dana)
    assert attachments.find_attachment(dana, draft.key).ticket_id == ticket.id


def test_a_file_is_read_by_those_who_read_its_message(session, make, dana):
    agent, other_customer = make.agent(), make.user(make.organization("Initech"))
    ticket = make.ticket(dana)
    public, internal = keep(agent, name="public.txt"), keep(agent, name="internal.txt")
    reply = tickets.reply(ticket, author=agent, body="here", attachments=[public])
    tickets.add_note(ticket, author=agent, body="secret", attachments=[internal])
    session.commit()
    assert attachments.find_attachment(dana, public.key) and attachments.find_attachment(agent, internal.key)
    assert attachments.find_attachment(dana, internal.key) is None
    assert attachments.find_attachment(other_customer, public.key) is None
    assert attachments.find_attachment(make.user(dana.organization, ticket_visibility="own"), public.key) is None
    tickets.delete_message(reply, editor=agent)
    session.commit()
    assert attachments.find_attachment(dana, public.key) is None and attachments.find_attachment(agent, public.key)


def test_forgotten_drafts_are_swept_bytes_and_all(session, make, dana):
    old, new, used = keep(dana, b"old"), keep(dana, b"new"), keep(dana, b"used")
    make.ticket(dana, attachments=[used])
    old.created_at = used.created_at = clock.now() - timedelta(days=2)
    session.commit()
    key = old.key
    assert storage.read(key) == b"old"
    assert attachments.delete_expired_uploads() == 1
    session.commit()
    assert attachments.delete_expired_uploads() == 0
    with pytest.raises(FileNotFoundError):
        storage.read(key)
    assert set(session.scalars(select(Attachment.key))) == {new.key, used.key}
    assert storage.read(used.key) == b"used"
