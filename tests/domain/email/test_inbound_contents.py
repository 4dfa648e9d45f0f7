"""A large mail is stored in parts, so that no transaction holds all of it, and goes with its event."""

import secrets
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import event, select

from helpdesk import clock, storage
from helpdesk.channels.email import quarantine
from helpdesk.channels.email.handlers import folded_text
from helpdesk.database import transactions
from helpdesk.domain import inbox
from helpdesk.domain.inbox import contents
from helpdesk.domain.privacy import row_retention
from helpdesk.extensions import db
from helpdesk.models.attachment import Attachment
from helpdesk.models.inbound_content import InboundContent
from helpdesk.models.message import Message
from helpdesk.translation import catalogues
from tests.domain import mail_samples

FILE = secrets.token_bytes(1_500_000)


@pytest.fixture
def mail(make, session, mailbox):
    mail_samples.filed_ticket(make, session)
    return mailbox.wait_for("dana@globex.example")


@pytest.fixture
def written_bytes(app):
    """The bytes that each transaction has given the database."""
    sizes = [0]

    def add(connection, cursor, statement, parameters, context, executemany):
        sizes[-1] += measure(parameters)

    def measure(value):
        value = getattr(value, "obj", value)  # what the drivers' types for bytes are made of
        if isinstance(value, bytes | str):
            return len(value)
        values = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
        return sum(map(measure, values))

    def begin(connection):
        sizes.append(0)

    event.listen(db.engine, "before_cursor_execute", add)
    event.listen(db.engine, "commit", begin)
    event.listen(db.engine, "rollback", begin)
    yield sizes
    for name, function in (("before_cursor_execute", add), ("commit", begin), ("rollback", begin)):
        event.remove(db.engine, name, function)


@pytest.fixture
def press(browser_of, make):
    """``press(path, **fields)`` as an agent; ``press.browser`` is their browser."""
    browser = browser_of(make.agent("Maya"))

    def press(path, **fields):
        page = BeautifulSoup(browser.get("/desk/quarantine").text, "html.parser")
        token = page.find("meta", {"name": "csrf-token"})["content"]
        return browser.post(f"/desk/quarantine/{path}", data={"csrf_token": token, **fields})

    press.browser = browser
    return press


def long_reply(mail, by="dana@globex.example") -> bytes:
    return mail_samples.reply(mail, by=by, files=[("scan.bin", FILE)])


def part_count(session) -> int:
    return session.query(InboundContent).count()


def test_no_transaction_writes_more_than_a_part_and_the_mail_arrives_whole(session, post, mail, written_bytes):
    raw = long_reply(mail)
    assert post(raw).status_code == 200
    assert max(written_bytes) < 600_000  # said here: a larger part would make its own limit larger
    message = session.query(Message).order_by(Message.id.desc()).first()
    assert [storage.read(each.key) for each in message.attachments] == [FILE]
    row = post.last()
    assert (row.state, row.raw) == ("done", None) and inbox.load_raw(row) == raw
    assert part_count(session) == -(-len(raw) // contents.PART_BYTES)


def test_no_catalogue_is_read_while_other_writers_wait(app, session, post, mail):
    catalogues.clear_catalogues()
    for cached in (folded_text._own_sentences, folded_text._marker_beginnings, folded_text._list_said_lines):
        cached.cache_clear()
    read: list[int] = []

    def begin(connection):
        if not transactions.is_read_only():
            read.append(-catalogues.get_catalogue.cache_info().misses)

    def end(connection):
        if read and read[-1] < 0:
            read[-1] += catalogues.get_catalogue.cache_info().misses

    listeners = [("begin", begin), ("commit", end), ("rollback", end)]
    for name, function in listeners:
        event.listen(db.engine, name, function)
    post(mail_samples.reply(mail))
    for name, function in listeners:
        event.remove(db.engine, name, function)
    assert post.last().state == "done" and catalogues.get_catalogue.cache_info().misses > 5
    assert set(read) == {0}, "catalogues read in each transaction that writes"


def test_the_same_long_mail_twice_is_stored_once(session, post, mail, monkeypatch):
    raw = long_reply(mail)
    post(raw)
    count = part_count(session)
    post(raw)
    store_parts = contents.store_parts

    def store_after_another(content):
        monkeypatch.setattr(contents, "store_parts", store_parts)
        inbox.store_event("email", "raced", {}, raw=raw)
        return store_parts(content)

    monkeypatch.setattr(contents, "store_parts", store_after_another)
    assert not inbox.store_event("email", "raced", {}, raw=raw), "another request stored it meanwhile"
    session.commit()
    assert part_count(session) == 2 * count, "of the mail that arrived once and of the one that arrived twice at once"


def test_a_long_mail_in_quarantine_is_read_accepted_and_discarded(session, post, mail, press):
    for text in ("first", "second"):
        post(mail_samples.reply(mail, text=text, by="stranger@globex.example", files=[("scan.bin", FILE)]))
    first, second = quarantine.list_waiting()[1], quarantine.list_waiting()[0]
    assert contents.measure(contents.InboundEvent.id == first.id) > len(FILE)
    assert press.browser.get(f"/desk/quarantine/{first.id}/raw").data == inbox.load_raw(first)
    session.rollback()
    answer = press(f"{first.id}/attachment", **{"ticket": first.ticket_id, "as": "note"})
    assert answer.status_code == 303
    note = session.query(Message).order_by(Message.id.desc()).first()
    assert note.kind == "note" and storage.read(note.attachments[0].key) == FILE
    session.rollback()
    count, parts = part_count(session), -(-len(inbox.load_raw(second)) // contents.PART_BYTES)
    session.rollback()
    assert press(f"{second.id}/delete").status_code == 303
    assert part_count(session) == count - parts


def test_a_refused_press_leaves_no_files_behind(session, post, mail, press):
    post(long_reply(mail, by="stranger@elsewhere.example"))
    [waiting] = quarantine.list_waiting()
    answer = press(f"{waiting.id}/attachment", **{"ticket": waiting.ticket_id, "as": "reply"})
    assert answer.status_code == 422
    session.rollback()
    stored = {path.name for path in storage.get_store().root.rglob("*") if path.is_file()}
    assert stored <= set(session.scalars(select(Attachment.key)))


def test_parts_without_an_event_are_deleted_after_a_day(session, post, mail):
    raw = long_reply(mail)
    post(raw)
    kept = part_count(session)
    contents.store_parts(raw)  # the process ended here: the mail server was not answered, and sends it again
    assert not row_retention.purge_next_batch()
    session.query(InboundContent).update({"created_at": clock.now() - timedelta(days=2)})
    session.commit()
    while row_retention.purge_next_batch():
        session.commit()
    assert part_count(session) == kept and inbox.load_raw(post.last()) == raw


def test_what_a_sender_may_store_counts_parts(session, post, mail, monkeypatch):
    monkeypatch.setattr("helpdesk.channels.email.handlers.storage_limits.MAX_BYTES_OF_SENDER", len(FILE))
    for number in range(2):
        post(mail_samples.reply(mail, text=str(number), by="who@elsewhere.example", files=[("scan.bin", FILE)]))
    assert post.last().state == "ignored" and "too many mails" in post.last().result
    assert inbox.load_raw(post.last()) is None
