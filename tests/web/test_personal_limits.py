"""One signed-in person cannot slow the portal down for the others; the answer says what to do."""

import threading

import pytest

from helpdesk.web.middleware import personal_limits
from tests import time_travel, timeouts
from tests.factories import signed_in_client

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def few(monkeypatch):
    """Small limits, and one minute in which everything is counted."""
    limits = {name: personal_limits.Limit(limit.what, 3, 2) for name, limit in personal_limits.LIMITS.items()}
    monkeypatch.setattr(personal_limits, "LIMITS", limits)
    with time_travel.frozen():
        yield


REQUESTS = {
    "previews": ("POST", "/previews", {"body": "**x**"}),
    "exports": ("GET", "/desk/export.csv", None),
    "searches": ("GET", "/desk?q=printer", None),
    "changes": ("POST", "/account", {"name": "Maya"}),
}


def send(client, kind):
    method, path, data = REQUESTS[kind]
    token = client.get("/account").text.partition('name="csrf-token" content="')[2].partition('"')[0]
    return client.open(path, method=method, data=data, headers={"X-CSRFToken": token})


@pytest.mark.parametrize("kind", REQUESTS)
def test_a_person_beyond_a_limit_reads_why_and_others_go_on(kind, few, make, browser_of):
    maya, omar = browser_of(make.agent("Maya")), browser_of(make.agent("Omar"))
    for _ in range(3):
        assert send(maya, kind).status_code in (200, 303)
    refused = send(maya, kind)
    assert refused.status_code == 429 and int(refused.headers["Retry-After"]) > 0
    assert f"Too much in a minute ({personal_limits.LIMITS[kind].what}: at most 3)" in refused.text
    assert send(omar, kind).status_code in (200, 303)
    assert maya.get("/account").status_code == 200
    for other in set(REQUESTS) - {kind}:
        assert send(maya, other).status_code in (200, 303), "each kind is counted by itself"


def test_no_more_than_a_few_at_the_same_time(few, make, app, monkeypatch):
    from helpdesk.markup import markdown_rendering

    inside, leave = threading.Semaphore(0), threading.Event()

    def render_slowly(text):
        inside.release()
        assert leave.wait(60)
        return text

    monkeypatch.setattr(markdown_rendering, "markdown_to_html", render_slowly)
    users = [make.agent("Maya"), make.agent("Omar")]
    clients = [signed_in_client(app, user) for user in (users[0], users[0], users[0], users[1])]
    statuses = []

    def preview(client):
        with app.app_context():
            statuses.append(send(client, "previews").status_code)

    threads = [threading.Thread(target=preview, args=(client,)) for client in clients[:2]]
    for thread in threads:
        thread.start()
    assert all(inside.acquire(timeout=timeouts.LIMIT) for _ in threads), statuses
    third = send(clients[2], "previews")
    assert third.status_code == 429 and "at the same time" in third.text
    other = threading.Thread(target=preview, args=(clients[3],))
    other.start()
    assert inside.acquire(timeout=timeouts.LIMIT)
    leave.set()
    for thread in [*threads, other]:
        thread.join(60)
    assert statuses == [200, 200, 200] and not personal_limits._running


def test_every_endpoint_named_exists(app):
    named = personal_limits.PREVIEW_ENDPOINTS | personal_limits.EXPORT_ENDPOINTS | personal_limits.SEARCH_ENDPOINTS
    assert named <= set(app.view_functions)
    exports = {name for name in app.view_functions if ".export_" in name}
    assert exports == personal_limits.EXPORT_ENDPOINTS


@pytest.mark.parametrize("settings", [{"REDIS_URL": "redis://127.0.0.1:1/0"}])
def test_without_redis_each_process_counts(few, settings, make, browser_of):
    maya, omar = browser_of(make.agent("Maya")), browser_of(make.agent("Omar"))
    assert [send(maya, "changes").status_code for _ in range(4)] == [303, 303, 303, 429]
    assert send(omar, "changes").status_code == 303
