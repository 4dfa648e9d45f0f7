"""The examples of docs/api.md do what the guide says, as they are written there."""

import base64
import re
import shlex
import sys
import types
from io import BytesIO

import pytest

from helpdesk.channels.webhook import signing
from tests.conventions.test_files import text_of
from tests.web.api.conftest import ALL, Program

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", text_of("docs/api.md"), re.DOTALL | re.MULTILINE)
SHELL = "\n".join(code for language, code in BLOCKS if not language).replace("\\\n", " ")
CALLS = [line for line in SHELL.splitlines() if line.startswith("curl ")]
SYNCHRONISE, VERIFY = (code for language, code in BLOCKS if language == "python")
HOST = "https://help.your-company.example"
FILE_NAME = "manual.pdf"


class Curl:
    """Makes the request of a line as curl would, by the test's client; knows the options that the guide uses."""

    def __init__(self, client, token):
        self.client, self.variables = client, {"PORTAL": "", "TOKEN": token}

    def __call__(self, line, **values):
        for name, value in (values | self.variables).items():
            line = line.replace(f"${name}", value).replace(name, value)
        words, headers, options = iter(shlex.split(line)[1:]), {}, {}
        for word in words:
            if word == "-H":
                name, _, value = next(words).partition(": ")
                headers[name] = value
            elif word == "-X":
                options["method"] = next(words)
            elif word == "--json":
                options = {"method": "POST"} | options | {"data": next(words), "content_type": "application/json"}
            elif word == "-F":
                name, _, value = next(words).partition("=")
                options |= {"method": "POST", "data": {name: (BytesIO(b"toner"), value.removeprefix("@"))}}
            else:
                assert word.startswith("/"), f"{word!r} is an option the test does not know"
                path = word
        return self.client.open(path, headers=headers, **options)


@pytest.fixture
def token(program) -> str:
    asking: Program = program(ALL)
    return asking.headers["Authorization"].removeprefix("Bearer ")


@on_sqlite
def test_each_call_of_the_guide_is_answered(token, browser_of, make):
    make.user(make.organization("Globex"), "Dana Whitfield", email="dana@globex.example")
    assert f"PORTAL={HOST}\nTOKEN=hd_...\n" in SHELL
    curl = Curl(browser_of(), token)
    listing, filing, uploading, replying, changing, selecting = CALLS
    assert curl(listing).json == {"data": [], "next": None}
    filed = curl(filing)
    assert (filed.status_code, filed.json["subject"]) == (201, "Printer")
    assert curl(filing).json["number"] == filed.json["number"], "the same key files once"
    uploaded = curl(uploading)
    assert (uploaded.status_code, uploaded.json["name"]) == (201, FILE_NAME)
    number = {"tickets/42": f"tickets/{filed.json['number']}"}
    replied = curl(replying, **number, **{"KEY-OF-THE-FILE": uploaded.json["key"]})
    assert (replied.status_code, replied.json["kind"]) == (201, "reply")
    assert [each["name"] for each in replied.json["attachments"]] == [FILE_NAME]
    changed = curl(changing, **number)
    assert (changed.status_code, changed.json["status"], changed.json["tags"]) == (200, "pending", ["toner"])
    [row] = curl(selecting, refund="toner").json["data"]
    assert row.keys() == {"number", "subject", "messages"} and len(row["messages"]) == 2


@on_sqlite
def test_the_synchronising_example_reads_every_page(token, browser_of, make, ann, monkeypatch):
    client = browser_of()
    numbers = [make.ticket(ann).number for _ in range(103)]
    monkeypatch.setitem(sys.modules, "requests", types.ModuleType("requests"))

    class Answer:
        def __init__(self, response):
            self.json = response.get_json

    def get(url, headers, params):
        asked = {name: value for name, value in params.items() if value is not None}
        return Answer(client.get(url.removeprefix(HOST), headers=headers, query_string=asked))

    sys.modules["requests"].get = get
    monkeypatch.setenv("PORTAL", HOST)
    monkeypatch.setenv("TOKEN", token)
    names: dict = {}
    exec(SYNCHRONISE, names)  # noqa: S102, it is ours
    found = [each["number"] for each in names["changed_tickets"]("2020-01-01T00:00:00Z")]
    assert sorted(found) == sorted(numbers)


def test_the_verifying_example_knows_our_signatures_from_others():
    names: dict = {}
    exec(VERIFY, names)  # noqa: S102, it is ours
    is_genuine, now, body = names["is_genuine"], 1_800_000_000, b'{"event": "ticket.filed"}'
    names["time"] = types.SimpleNamespace(time=lambda: now + 299.0)
    secret = "whsec_" + base64.b64encode(b"k" * 32).decode()
    signed = signing.signed_headers("1", [b"former" * 6, b"k" * 32], body, now)
    assert is_genuine(signed, body, secret)
    assert not is_genuine(signed, body + b" ", secret)
    assert not is_genuine(signing.signed_headers("1", [b"other" * 6], body, now), body, secret)
    assert not is_genuine(signing.signed_headers("1", [b"k" * 32], body, now - 2), body, secret)
