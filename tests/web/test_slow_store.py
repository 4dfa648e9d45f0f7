"""The store of files may answer as late as it likes: meanwhile no request holds a connection to the database."""

import io

import pytest

from helpdesk import storage
from helpdesk.domain.integrations import api_tokens
from helpdesk.domain.portal import pictures
from helpdesk.extensions import db
from tests.web.route_world import csrf_of

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


@pytest.fixture(params=["sqlite"])
def database_url(fresh_sqlite):
    return fresh_sqlite


@pytest.fixture
def calls(monkeypatch):
    """How many connections were in use at each call of the store, with its name."""
    noted, get_store = [], storage.get_store

    class NotingStore:
        def __getattr__(self, name):
            noted.append((name, db.engine.pool.checkedout()))
            return getattr(get_store(), name)

    monkeypatch.setattr(storage, "get_store", NotingStore)
    return noted


def test_no_request_holds_a_connection_while_the_store_answers(app, browser_of, make, session, calls):
    admin, form = make.agent(role="admin"), make.form(fields=({"key": "log", "kind": "file"},))
    dana = make.user(make.organization("Globex"))
    _, token = api_tokens.issue_token(name="Test", scopes=["tickets:write", "tickets:read"], user=admin)
    addresses = form.form.slug, admin.id, dana.id
    session.commit()
    client, settings_client = browser_of(dana), browser_of(admin)
    session.remove()
    pictures._load.cache_clear()

    def files(*names):
        return [(io.BytesIO(b"words"), f"{name}.txt") for name in names]

    key = client.post("/files", data={"file": files("a")[0], "csrf_token": csrf_of(client)}).get_json()["key"]
    typed = {"form": addresses[0], "form_token": "f" * 32, "subject": "Files", "body": "Here", "uploads": key}
    data = typed | {"files": files("b", "c"), "field-log": files("d"), "csrf_token": csrf_of(client)}
    assert client.post("/tickets", data=data).status_code == 303
    api = {"Authorization": f"Bearer {token}", "Idempotency-Key": "once"}
    for _ in range(2):
        assert app.test_client().post("/api/files", data={"file": files("e")[0]}, headers=api).status_code == 201
    picture = {"logo": (io.BytesIO(PNG), "logo.png")}
    settings_client.post("/settings/portal/logo", data=picture | {"csrf_token": csrf_of(settings_client)})
    for address in (f"/files/{key}", "/logo", "/favicon.ico", "/manifest.webmanifest"):
        client.get(address).close()
    export = settings_client.post(
        f"/settings/retention/people/{addresses[2]}/export", data={"csrf_token": csrf_of(settings_client)}
    )
    assert export.status_code == 200
    export.close()
    assert [name for name, _ in calls].count("write") >= 5 and [name for name, _ in calls].count("open") >= 5
    assert {in_use for _, in_use in calls} == {0}
