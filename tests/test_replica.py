"""DATABASE_REPLICA_URL with two real servers: the replica answers only who may be answered by it."""

import re
import threading

import pytest
from sqlalchemy import event

from helpdesk import extensions
from helpdesk.database import replica, transactions
from helpdesk.domain.administration import settings as admin_settings
from helpdesk.domain.authentication import sessions
from helpdesk.domain.monitoring import health
from helpdesk.domain.ticket_lists import csv_export
from helpdesk.web.middleware import replica_reads
from tests import timeouts
from tests.replica_server import ReplicaServer

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture(scope="module")
def server(postgres_server, postgres_database):
    """A replica of the suite's server."""
    running = ReplicaServer(postgres_server("postgres"))
    try:
        running.start()
        yield running
    finally:
        running.remove()


@pytest.fixture
def settings(server, postgres_database, database_url):
    server.resume()
    return {"DATABASE_REPLICA_URL": server.url(postgres_database)}


@pytest.fixture
def patience(monkeypatch):
    """No comparison becomes old, and none starts but by ``compare``, so that a busy machine changes no answer."""
    for name in ("CHECK_SECONDS", "RETRY_SECONDS", "STALE_SECONDS", "MAX_LAG_SECONDS"):
        monkeypatch.setattr(replica, name, timeouts.LIMIT)
    replica.reset()


@pytest.fixture
def answered_by(app, patience):
    """The engines that selected tickets, in order: "primary" or "replica"."""
    used, listeners = [], []
    for key, engine in extensions.db.engines.items():

        def note(_connection, _cursor, statement, *_, name=key or "primary"):
            if re.search(r"FROM tickets", statement):
                used.append(name)

        event.listen(engine, "before_cursor_execute", note)
        listeners.append((engine, note))
    yield used
    for thread in threading.enumerate():  # a comparison that still runs would give its connection to the next test,
        if thread.name == "replica":  # which first ends all connections that there are
            thread.join(timeouts.LIMIT)
    for engine, note in listeners:
        event.remove(engine, "before_cursor_execute", note)
    extensions.db.engines[replica.ENGINE].dispose()
    replica.reset()


@pytest.fixture
def customer(make, server, answered_by):
    """A customer with one ticket, which the replica has, too."""
    user = make.user(make.organization("Globex"))
    make.ticket(user, subject="An earlier one")
    server.catch_up()
    compare()
    answered_by.clear()
    return user


def compare():
    """Compare until the replica may be asked, as the first seconds of a process would."""

    def is_usable():
        replica.reset()  # what was found before is not taken for an answer
        return replica.compare_now().problem is None

    timeouts.wait_for(is_usable, "a replica that may be asked")


def file_ticket(app, client, subject):
    with app.app_context():  # what one request remembers is not the next one's
        page = client.get("/tickets/new").text
    fields = {"form": "default", "subject": subject, "body": "It broke."}
    for name in ("form_token", "csrf_token"):
        fields[name] = re.search(rf'name="{name}"[^>]*value="([^"]+)"', page)[1]
    with app.app_context():
        answer = client.post("/tickets", data=fields)
    assert answer.status_code in (302, 303), answer.text


def forget_announcements():
    extensions.redis().delete(replica.POSITION_KEY)


def test_lists_and_exports_come_from_the_replica(customer, browser_of, answered_by):
    client = browser_of(customer)
    for address in ("/tickets", "/tickets/list", "/tickets?q=earlier", "/tickets.csv"):
        answered_by.clear()
        assert "An earlier one" in client.get(address).text
        assert set(answered_by) == {"replica"}, address


def test_every_part_of_an_export_comes_from_the_replica(customer, make, server, browser_of, answered_by, monkeypatch):
    monkeypatch.setattr(csv_export, "BATCH_SIZE", 1)
    make.ticket(customer, subject="Another one")
    server.catch_up()
    answered_by.clear()
    text = browser_of(customer).get("/tickets.csv").text
    assert "An earlier one" in text and "Another one" in text
    assert len(answered_by) >= 2 and set(answered_by) == {"replica"}


def test_the_teams_lists_and_reports_come_from_the_replica(customer, make, server, browser_of, answered_by):
    lead = make.agent(role="lead")
    server.catch_up()
    client = browser_of(lead)
    addresses = ("/desk?view=all", "/desk/queue?view=all", "/desk/export.csv?view=all", "/review", "/review/promises")
    for address in addresses:
        answered_by.clear()
        assert client.get(address).status_code == 200
        assert set(answered_by) == {"replica"}, address


def test_people_see_what_they_wrote_although_the_replica_has_it_not(
    app, customer, make, server, browser_of, answered_by
):
    make.form()
    server.catch_up()
    server.pause()
    client = browser_of(customer)
    file_ticket(app, client, "A new one")
    forget_announcements()
    answered_by.clear()
    assert "A new one" in client.get("/tickets").text
    assert "replica" not in answered_by
    client.delete_cookie(replica_reads.COOKIE)
    assert "A new one" not in client.get("/tickets").text  # so that it was the cookie
    server.resume()
    server.catch_up()
    assert "A new one" in client.get("/tickets").text
    assert answered_by[-1] == "replica"


def test_what_was_announced_is_seen_by_everybody(app, customer, make, server, browser_of, answered_by):
    make.form()
    server.catch_up()
    colleague = browser_of(customer)
    colleague.get("/tickets")
    server.pause()
    file_ticket(app, browser_of(customer), "From another browser")
    assert "From another browser" in colleague.get("/tickets/list").text
    forget_announcements()
    assert "From another browser" not in colleague.get("/tickets/list").text


def test_a_lower_position_replaces_no_higher_one(app, answered_by):
    for position in (5, 9, 7):
        extensions.send_to_redis(lambda pipeline, position=position: replica.add_announcement(pipeline, position))
    assert replica.read_announced() == 9


def test_the_primary_answers_while_the_replica_is_away(customer, server, browser_of, answered_by):
    client = browser_of(customer)
    assert "An earlier one" in client.get("/tickets").text
    server.stop()
    try:
        answered_by.clear()
        for address in ("/tickets", "/tickets.csv", "/tickets"):
            answer = client.get(address)
            assert answer.status_code == 200 and "An earlier one" in answer.text
        assert answered_by[-1] == "primary"
        ready = client.get("/readyz")
        assert ready.status_code == 200 and ready.json["wrong"].count("replica") == 1
        assert "The primary answers." in ready.json["replica"]
    finally:
        server.start()


def test_a_replica_too_far_behind_is_not_asked(customer, server, browser_of, answered_by, monkeypatch):
    assert [check.ok for check in health.run_checks() if check.name == "Replica"] == [True]
    monkeypatch.setattr(replica, "MAX_LAG_SECONDS", 0.0)
    monkeypatch.setattr(replica, "STALE_SECONDS", 0.0)
    server.pause()
    extensions.db.session.execute(extensions.db.text("SELECT pg_logical_emit_message(false, '', 'x')"))
    extensions.db.session.commit()
    found = [check for check in health.run_checks() if check.name == "Replica"]
    assert [check.ok for check in found] == [False] and "behind" in found[0].sentence
    monkeypatch.setattr(replica, "STALE_SECONDS", 60.0)
    answered_by.clear()
    assert "An earlier one" in browser_of(customer).get("/tickets").text
    assert "replica" not in answered_by


def test_an_ended_session_counts_at_once(customer, session, server, browser_of):
    client = browser_of(customer)
    server.catch_up()  # there the session has not ended
    compare()
    server.pause()
    for each in sessions.list_sessions(customer):
        sessions.revoke_session(customer, each.id)
    session.commit()
    forget_announcements()
    assert client.get("/tickets").status_code == 302


def test_what_is_cached_is_not_older_than_the_change(customer, session, server):
    server.pause()
    admin_settings.set("portal_name", "Renamed desk")
    session.commit()
    with transactions.read_only(), replica.use():
        assert admin_settings.load_all()["portal_name"] == "Renamed desk"
