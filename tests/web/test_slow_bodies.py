"""A client may send its body as slowly as it likes: meanwhile its request holds no connection and no lock."""

import io

import pytest

from helpdesk.domain.integrations import api_tokens
from helpdesk.domain.provisioning import tokens
from helpdesk.extensions import db
from helpdesk.models.sign_in_connection import SignInConnection
from tests.web.route_world import World, csrf_of, routes

BOUNDARY = "0123456789"
LONG = "x" * 90_000
INBOUND_SECRET = "i" * 32
API_SCOPES = ["tickets:read", "tickets:write", "organizations:read", "connections:read", "connections:write"]


@pytest.fixture(params=["sqlite"])
def database_url(fresh_sqlite):
    return fresh_sqlite


@pytest.fixture
def settings():
    return {"SLACK_SIGNING_SECRET": "s" * 32, "INBOUND_MAIL_SECRET": INBOUND_SECRET}


class WatchedBody(io.RawIOBase):
    """A body that notes how many connections to the database are in use whenever some of it is read."""

    def __init__(self, data: bytes) -> None:
        self.body, self.in_use = io.BytesIO(data), []

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset, whence=0):
        return self.body.seek(offset, whence)

    def tell(self):
        return self.body.tell()

    def readinto(self, buffer):
        self.in_use.append(db.engine.pool.checkedout())
        return self.body.readinto(buffer)


def form_of(**fields: str) -> tuple[str, bytes]:
    """Content type and body of a form with these fields."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    return f"multipart/form-data; boundary={BOUNDARY}", "".join([*parts, f"--{BOUNDARY}--\r\n"]).encode()


def read_in_use(client, method: str, address: str, content_type: str, body: bytes, headers: dict) -> list[int]:
    """How many connections were in use at each read of the body of a request."""
    watched = WatchedBody(body)
    answer = client.open(
        address,
        method=method,
        input_stream=watched,
        content_length=len(body),
        content_type=content_type,
        headers=headers,
        environ_overrides={"wsgi.input_terminated": True},
    )
    answer.close()
    assert answer.status_code < 500, address
    return watched.in_use


def test_no_request_holds_a_connection_while_its_body_comes(app, browser_of, make, session):
    world = World(make, session)
    _, token = api_tokens.issue_token(name="Test", scopes=API_SCOPES, user=world.people["admin"])
    connection = session.query(SignInConnection).first()
    machines = {
        "/api/": {"Authorization": f"Bearer {token}"},
        "/scim/": {"Authorization": f"Bearer {tokens.issue_token(connection, actor=world.people['admin'])}"},
        "/hooks/": {"X-Inbound-Secret": INBOUND_SECRET},
    }
    session.commit()
    holding, read = [], set()
    for route in routes(app):
        method, _, rule = route.partition(" ")
        if method in ("GET", "DELETE"):
            continue
        headers = next((headers for path, headers in machines.items() if rule.startswith(path)), {})
        client = browser_of(None if headers else world.people["admin"])
        fields = {} if headers else {"csrf_token": csrf_of(client)}
        bodies = [form_of(**fields, body=LONG)]
        if headers:
            bodies.append(("application/json", b'{"body": "' + LONG.encode() + b'"}'))
        for content_type, body in bodies:
            session.rollback()
            in_use = read_in_use(client, method, world.address(rule), content_type, body, headers)
            if in_use:
                read.add(route)
            if any(in_use):
                holding.append(f"{route} {content_type.partition(';')[0]}")
    assert holding == []
    assert {
        "POST /tickets",
        "POST /api/files",
        "POST /api/tickets",
        "POST /hooks/email",
        "POST /scim/v2/<path:path>",
    } <= read
