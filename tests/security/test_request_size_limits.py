"""Sizes of requests: anonymous users cannot upload files or fill the disk."""

import io

import pytest

from helpdesk.domain.integrations import api_tokens
from helpdesk.domain.tickets import attachments
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.web import hooks
from helpdesk.web.request import MAX_ANONYMOUS_BODY_BYTES
from tests.web.route_world import csrf_of


@pytest.fixture(params=["sqlite"])
def database_url(fresh_sqlite):
    return fresh_sqlite


@pytest.fixture
def settings():
    return {"INBOUND_MAIL_SECRET": "i" * 32}


def files(size: int) -> dict:
    return {"data": {"file": (io.BytesIO(b"x" * size), "a.txt")}, "content_type": "multipart/form-data"}


@pytest.mark.parametrize(
    "path", ["/sign-in/link", "/scheme", "/files", "/tickets", "/previews", "/sign-in/link/" + "t" * 43]
)
def test_anonymous_upload_is_refused(browser_of, path):
    """Not even where the body is read before the answer is that they must sign in."""
    assert browser_of().post(path, **files(MAX_ANONYMOUS_BODY_BYTES)).status_code == 413
    client = browser_of()
    client.set_cookie("session", "made-up")
    assert client.post(path, **files(MAX_ANONYMOUS_BODY_BYTES)).status_code == 413


@pytest.mark.parametrize("path", ["/sign-in/link", "/files"])
def test_anonymous_upload_without_content_length_is_refused(browser_of, path):
    body = b"email=" + b"x" * MAX_ANONYMOUS_BODY_BYTES
    answer = browser_of().post(
        path,
        input_stream=io.BytesIO(body),
        content_type="application/x-www-form-urlencoded",
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert answer.status_code == 413


def test_a_mail_of_unstated_length_is_refused_whole_and_never_cut(browser_of, session, monkeypatch):
    """What is longer than allowed and was taken in part would be answered as received, and its end lost."""
    monkeypatch.setattr(hooks, "MAX_MAIL_BYTES", 2000)

    def post(body: bytes):
        return browser_of().post(
            "/hooks/email",
            input_stream=io.BytesIO(body),
            headers={"X-Inbound-Secret": "i" * 32},
            environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
        )

    assert post(b"From: a@b.example\r\n\r\n" + b"x" * 3000).status_code == 413
    assert session.query(InboundEvent).count() == 0
    assert post(b"From: a@b.example\r\n\r\n" + b"x" * 1000).status_code == 200
    assert session.query(InboundEvent).one().raw.endswith(b"x" * 1000)


def test_signed_in_upload_is_accepted(browser_of, make):
    client = browser_of(make.user(make.organization()))
    upload = files(MAX_ANONYMOUS_BODY_BYTES + 1)
    upload["data"]["csrf_token"] = csrf_of(client)
    assert client.post("/files", **upload).status_code == 201


def test_a_form_of_very_many_fields_is_refused(browser_of, make):
    client = browser_of(make.user(make.organization()))
    fields = {f"field-{number}": "x" for number in range(600)} | {"csrf_token": csrf_of(client)}
    assert client.post("/previews", data=fields, content_type="multipart/form-data").status_code == 413


@pytest.mark.parametrize(
    ("size", "status"),
    [(MAX_ANONYMOUS_BODY_BYTES + 1, 201), (attachments.MAX_BYTES, 201), (attachments.MAX_BYTES + 1, 422)],
)
def test_a_program_with_a_token_uploads_as_much_as_a_person(browser_of, make, session, size, status):
    _, secret = api_tokens.issue_token(name="Test", scopes=["tickets:write"], user=make.agent("Ada", role="admin"))
    session.commit()
    answer = browser_of().post("/api/files", headers={"Authorization": f"Bearer {secret}"}, **files(size))
    assert answer.status_code == status, answer.json
    refused = browser_of().post("/api/files", headers={"Authorization": "Bearer hd_wrong"}, **files(size))
    assert refused.status_code in (401, 413)


def test_api_body_size_is_limited(browser_of):
    answer = browser_of().post(
        "/api/tickets", data=b"x" * (MAX_ANONYMOUS_BODY_BYTES + 1), content_type="application/json"
    )
    assert answer.status_code in (401, 413)
