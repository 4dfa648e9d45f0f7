"""Bytes and rows of files: after a crash or an outage at any moment no words are lost, and no bytes stay for ever."""

from datetime import timedelta
from io import BytesIO, RawIOBase

import pytest
from sqlalchemy import select

from helpdesk import clock, storage
from helpdesk.domain import tickets
from helpdesk.domain.tickets import attachments, stored_files
from helpdesk.extensions import db
from helpdesk.models.attachment import Attachment
from helpdesk.storage import StorageUnavailable
from workers import jobs

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Crash(BaseException):
    """The process ends."""


class CrashingStream(RawIOBase):
    """A stream in whose reading the process ends."""

    def read(self, size=-1):
        raise Crash


@pytest.fixture(autouse=True)
def bound(app):
    jobs.bind(app, None)


@pytest.fixture
def dana(make, session):
    user = make.user(make.organization("Globex"), "Dana Kim")
    session.commit()
    return user


@pytest.fixture
def away(monkeypatch, tmp_path):
    """Let the store take nothing, until the function that is given is called."""
    blocked = tmp_path / "blocked"
    blocked.write_bytes(b"")
    usual = storage._open_store
    monkeypatch.setattr(storage, "_open_store", lambda url: usual(f"file://{blocked}"))
    return lambda: monkeypatch.setattr(storage, "_open_store", usual)


def upload(person, data=b"words"):
    return attachments.store_upload(BytesIO(data), "a.txt", "text/plain", person)


def states(session):
    found = {(row.state, row.uploader_id is not None) for row in session.scalars(select(Attachment))}
    session.rollback()
    return found


def test_a_crash_while_bytes_are_stored_leaves_a_row_by_which_they_are_deleted(session, dana):
    crashed = Attachment(key=attachments.generate_key(), name="a", media_type="", size=1, uploader_id=dana.id)
    with pytest.raises(Crash):
        stored_files.store_file(crashed, CrashingStream())
    session.rollback()
    assert states(session) == {("storing", True)}
    key = session.scalar(select(Attachment.key))
    storage.write(key, b"was stored all the same")
    session.commit()
    jobs.sweep_drafts()
    assert storage.read(key), "another process may be storing it"
    session.scalars(select(Attachment)).one().created_at = clock.now() - timedelta(days=2)
    session.commit()
    jobs.sweep_drafts()
    assert states(session) == set()
    with pytest.raises(FileNotFoundError):
        storage.read(key)


def test_what_the_store_did_not_take_is_no_draft(session, dana, away):
    with pytest.raises(StorageUnavailable):
        upload(dana)
    assert states(session) == {("deleting", False)}
    away()
    jobs.delete_files()
    assert states(session) == set()


def test_a_draft_is_discarded_also_while_the_store_is_away(session, dana, request):
    key = upload(dana).key
    session.commit()
    back = request.getfixturevalue("away")
    attachments.discard_upload(dana, key)
    session.commit()
    jobs.delete_files()
    assert attachments.pending_uploads([key], dana) == [] and states(session) == {("deleting", False)}
    back()
    jobs.delete_files()
    with pytest.raises(FileNotFoundError):
        storage.read(key)
    assert states(session) == set()


def test_nobody_discards_what_is_on_a_message_or_somebody_elses(session, make, dana):
    mine, sent = upload(dana), upload(dana)
    tickets.create_ticket(requester=dana, subject="Files", body="Here", attachments=[sent])
    session.commit()
    attachments.discard_upload(dana, sent.key)
    attachments.discard_upload(make.user(dana.organization), mine.key)
    session.commit()
    jobs.delete_files()
    assert storage.read(sent.key) == storage.read(mine.key) == b"words"


def test_bytes_of_a_withdrawn_file_are_deleted_after_the_commit(session, make, dana):
    file = upload(dana)
    file.origin_external_id = "F1"
    ticket = tickets.create_ticket(requester=dana, subject="Files", body="Here", attachments=[file])
    session.commit()
    key, message = file.key, ticket.messages[0]
    tickets.withdraw_files(message, "F1", "It was deleted.")
    session.rollback()
    jobs.delete_files()
    assert storage.read(key) == b"words", "nothing was withdrawn"
    assert tickets.withdraw_files(message, "F1", "It was deleted.") == 1
    session.commit()
    jobs.delete_files()
    with pytest.raises(FileNotFoundError):
        storage.read(key)
    assert [(row.name, row.reason) for row in session.scalars(select(Attachment))] == [("a.txt", "It was deleted.")]


def test_what_a_row_has_is_not_deleted(session, dana):
    file = upload(dana)
    stored_files.delete_later([file.key, "k" * 30])
    session.commit()
    jobs.delete_files()
    assert storage.read(file.key) == b"words" and len(session.scalars(select(Attachment)).all()) == 1


def test_files_that_are_read_in_a_transaction_are_read_after_it(session):
    for name in ("a", "b"):
        storage.write(name * 30, name.encode())
    tries = []

    def render():
        tries.append(1)
        try:
            db.session.execute(select(1))
            return storage.read("a" * 30) + storage.read("b" * 30)
        finally:
            db.session.rollback()

    assert storage.read_between_transactions(render) == b"ab" and len(tries) == 3
    with pytest.raises(FileNotFoundError):
        storage.read_between_transactions(lambda: storage.read("c" * 30))
