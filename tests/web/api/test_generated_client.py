"""A client that a stock generator makes from our description files, reads, replies, uploads and downloads."""

import importlib
import json
import sys
from io import BytesIO

import httpx
import openapi_python_client
import pytest
from openapi_python_client.config import Config, ConfigFile, MetaType

from helpdesk.web.api import openapi

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PACKAGE = "generated_helpdesk_client"


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """The generated package; it is made anew for each run."""
    folder = tmp_path_factory.mktemp("client")
    description = folder / "openapi.json"
    description.write_text(json.dumps(openapi.describe("http://localhost")))
    config = Config.from_sources(
        ConfigFile(post_hooks=[]),
        MetaType.NONE,
        document_source=description,
        file_encoding="utf-8",
        overwrite=False,
        output_path=folder / PACKAGE,
    )
    problems = openapi_python_client.generate(config=config)
    assert problems == [], "the generator understands every operation and every schema"
    sys.path.insert(0, str(folder))
    yield importlib.import_module(PACKAGE)
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


@pytest.fixture
def client(package, app, program, session):
    headers = program().headers
    made = package.AuthenticatedClient(base_url="http://localhost", token="x")
    hooks = {"request": [lambda _: session.rollback()]}  # a transaction left open would keep the portal waiting
    transport = httpx.WSGITransport(app=app)
    return made.set_httpx_client(
        httpx.Client(transport=transport, base_url="http://localhost", headers=headers, event_hooks=hooks)
    )


def call(name: str, client, *arguments, **values):
    """Call the operation ``name`` (folder.module) of the generated package."""
    return importlib.import_module(f"{PACKAGE}.api.{name}").sync(*arguments, client=client, **values)


def test_a_generated_client_files_reads_replies_and_uploads(package, client, ann):
    models = importlib.import_module(f"{PACKAGE}.models")
    types = importlib.import_module(f"{PACKAGE}.types")
    upload = models.UploadFileBody(file=types.File(BytesIO(b"cold"), "oven.txt", "text/plain"))
    file = call("files.upload_file", client, body=upload)
    assert (file.name, file.size) == ("oven.txt", 4)

    new = models.NewTicket(requester=ann.email, subject="Oven", body="It is cold.", tags=["refund"])
    new.attachments = [file.key]
    ticket = call("tickets.file_ticket", client, body=new, idempotency_key="once")
    again = call("tickets.file_ticket", client, body=new, idempotency_key="once")
    assert ticket.number == again.number and ticket.tags == ["refund"] and ticket.requester.email == ann.email

    said = call("tickets.say", client, ticket.number, body=models.NewMessage(body="Try the switch."))
    assert said.from_team and said.kind == models.MessageKind.REPLY
    change = models.TicketChange(status=models.Status.PENDING, add_tags=["switch"])
    assert call("tickets.change_ticket", client, ticket.number, body=change).tags == ["refund", "switch"]

    whole = call("tickets.read_ticket", client, ticket.number, expand="messages,requester")
    assert [each.body for each in whole.messages] == ["It is cold.", "Try the switch."]
    assert whole.messages[0].attachments[0].key == file.key and whole.requester.organization == "globex"
    assert whole.status == models.Status.PENDING
    page = call("tickets.list_tickets", client, tag="switch", fields="number,subject")
    [row] = page.data
    assert (row.number, row.subject, page.next_) == (ticket.number, "Oven", None)
    assert not isinstance(row, models.Ticket) and row.to_dict().keys() == {"number", "subject"}
    assert call("files.download_file", client, file.key).payload.read() == b"cold"
    assert [each.name for each in call("tags.list_tags", client).data] == ["refund", "switch"]
    [person] = call("organizations.list_people", client, "globex").data
    assert person.id == ann.id

    refused = call("tickets.read_ticket", client, 999_999)
    assert isinstance(refused, models.Problem) and refused.status == 404
