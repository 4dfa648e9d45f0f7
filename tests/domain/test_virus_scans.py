"""Files are given out only after the virus scanner has judged them; while it is away they wait."""

import io
import socket

import pytest

from helpdesk import clamd, config, config_checks, open_connections, storage
from helpdesk.demo import personas
from helpdesk.domain import tickets
from helpdesk.domain.integrations import webhooks
from helpdesk.domain.tickets import attachments, virus_scans
from helpdesk.models.attachment import Attachment
from helpdesk.models.audit_log import AuditEntry
from helpdesk.models.delivery import Delivery
from helpdesk.models.user import User
from tests import worker_helpers
from tests.clamd_server import Clamd
from tests.factories import signed_in_client
from workers import jobs

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
VIRUS = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@pytest.fixture
def scanner():
    with Clamd() as scanner:
        yield scanner


@pytest.fixture
def settings(scanner, workspace, mailbox):
    return worker_helpers.settings(workspace, mailbox) | {"CLAMD_URL": scanner.url}


@pytest.fixture
def dana(make):
    make.channel(personas.TRIAGE_CHANNEL_ID)
    return make.user(make.organization("Globex", domain="globex.example"), "Dana")


def reply_with(session, make, author, content: bytes, name="plan.txt"):
    """A reply by ``author`` with a file; the file."""
    file = attachments.store_upload(io.BytesIO(content), name, "text/plain", author)
    session.commit()
    ticket = make.ticket(author)
    tickets.reply(
        ticket, author=author, body="See the plan.", attachments=attachments.attach_uploads([file.key], author)
    )
    session.commit()
    return file


def said_in_triage(workspace) -> str:
    return str(workspace.state.channels[personas.TRIAGE_CHANNEL_ID].messages)


def test_a_clean_file_is_given_out_after_its_scan(app, session, make, dana, scanner):
    file = reply_with(session, make, dana, b"North wing, then the roof. " * 10_000)
    number, key = file.ticket_id, file.key
    client = signed_in_client(app, dana)
    page = client.get(f"/tickets/{number}").text
    assert "See the plan." in page and "Being checked for viruses" in page and f"/files/{key}" not in page
    waiting = client.get(f"/files/{key}")
    assert waiting.status_code == 503 and "checked for viruses" in waiting.text and waiting.headers["Retry-After"]
    jobs.scan_files.__wrapped__()
    assert len(scanner.scanned[0]) == 270_000
    assert client.get(f"/files/{key}").data.startswith(b"North wing")
    assert f"/files/{key}" in client.get(f"/tickets/{number}").text


def test_a_virus_is_deleted_and_said_on_the_ticket_and_in_the_audit_trail(app, session, make, dana):
    admin = make.agent(role="admin")
    webhooks.save_webhook(None, name="CRM", url="https://93.184.216.34/", events=["file.removed"], actor=admin)
    file = reply_with(session, make, dana, VIRUS, "invoice.pdf")
    number, key, attachment_id = file.ticket_id, file.key, file.id
    customer, agent = signed_in_client(app, dana), signed_in_client(app, make.agent())
    assert virus_scans.scan_waiting_files() == 1
    page = customer.get(f"/tickets/{number}").text
    assert "invoice.pdf" in page and "A virus was found in this file (Win.Test.EICAR_HDB-1)" in page
    assert agent.get(f"/files/{key}").status_code == 404
    with pytest.raises(FileNotFoundError):
        storage.open(key)
    entry = session.query(AuditEntry).filter_by(action="found a virus in a file").one()
    assert entry.details == {"file": attachment_id, "ticket": number, "virus": "Win.Test.EICAR_HDB-1"}
    [row] = session.query(Delivery).filter_by(kind="webhook")
    assert row.data["payload"]["file"]["name"] == "invoice.pdf"


def test_files_wait_while_the_scanner_is_away_or_busy(app, session, make, dana, scanner):
    first, second = (reply_with(session, make, dana, content).id for content in (b"x" * 2000, b"y"))
    address = config.current().CLAMD_URL
    with socket.create_server(("127.0.0.1", 0)) as silent:
        config.current().__dict__["CLAMD_URL"] = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        clamd_seconds, clamd.SCAN_SECONDS = clamd.SCAN_SECONDS, 0.3
        try:
            assert virus_scans.scan_waiting_files() == 0
        finally:
            clamd.SCAN_SECONDS = clamd_seconds
    assert virus_scans.scan_waiting_files() == 0, "nothing listens there"
    config.current().__dict__["CLAMD_URL"] = address
    assert {state for (state,) in session.query(Attachment.state)} == {"scanning"}
    scanner.limit = 1000
    assert virus_scans.scan_waiting_files() == 1, "one that it cannot judge holds up no other"
    assert session.get(Attachment, first).state == "scanning" and session.get(Attachment, second).state == "stored"
    session.rollback()
    scanner.limit = 25_000_000
    assert virus_scans.scan_waiting_files() == 1
    assert session.get(Attachment, first).state == "stored"


def test_slack_gets_the_file_after_its_scan_or_a_sentence_after_ten_minutes(session, make, dana, workspace):
    dana_id = dana.id
    reply_with(session, make, dana, b"North wing", "north.txt")
    worker_helpers.drain(session)
    posted = said_in_triage(workspace)
    assert "See the plan." in posted and "north.txt" not in posted, "the words do not wait, the file does"
    virus_scans.scan_waiting_files()
    worker_helpers.advance_time(session, 6)
    worker_helpers.drain(session)
    assert "north.txt" in said_in_triage(workspace)
    reply_with(session, make, session.get(User, dana_id), b"South wing", "south.txt")
    worker_helpers.drain(session)
    assert "south.txt" not in said_in_triage(workspace)
    worker_helpers.advance_time(session, virus_scans.OUTGOING_WAIT.total_seconds() + 10)
    worker_helpers.drain(session)
    assert "south.txt, which could not be taken along: The file is not checked" in said_in_triage(workspace)


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (b"stream: OK\0", None),
        (b"stream: OK", None),
        (b"stream: Eicar-Signature FOUND\0more", "Eicar-Signature"),
        (b"stream: " + b"n" * 9000 + b" FOUND\0", clamd.NoVerdict),
        (b"\0", clamd.NoVerdict),
        (b"stream: lstat() failed: No such file. ERROR\0", clamd.NoVerdict),
        (b"OK FOUND NOT\0", clamd.NoVerdict),
    ],
)
def test_what_is_no_verdict_is_not_taken_for_one(app, scanner, answer, result):
    scanner.answer = answer
    if result is clamd.NoVerdict:
        with pytest.raises(clamd.NoVerdict):
            clamd.find_virus(io.BytesIO(b"x"))
    else:
        assert clamd.find_virus(io.BytesIO(b"x")) == result


def test_without_a_scanner_files_are_given_out_at_once_and_the_address_is_checked(app):
    current = config.current()
    for address, mistake, is_open in (
        ("", False, False),
        ("unix:///run/clamav/clamd.ctl", False, False),
        ("tcp://127.0.0.1:3310", False, False),
        ("tcp://scanner.example:3310", False, True),
        ("http://127.0.0.1:3310", True, False),
        ("tcp://", True, False),
        ("unix://", True, False),
    ):
        values = type("Values", (), current.as_dict() | {"CLAMD_URL": address})
        assert bool(config_checks.find_mistake(values)) is mistake, address
        assert bool(open_connections.find_open_connection(values)) is is_open, address
    try:
        config.set_current(config.Config({"SECRET_KEY": "x" * 40}))
        assert virus_scans.begin_state() == "stored"
    finally:
        config.set_current(current)
