"""Rows that only grow are deleted after the days of their settings, in batches; what waits or failed stays."""

import secrets
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from helpdesk import clock
from helpdesk.domain.administration import audit_log, settings
from helpdesk.domain.monitoring import sizes
from helpdesk.domain.privacy import row_retention
from helpdesk.models.audit_log import AuditEntry
from helpdesk.models.delivery import Delivery
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.operation import Operation
from helpdesk.models.setting import SETTINGS
from helpdesk.models.size_record import SizeRecord
from tests.factories import signed_in_client


def purge(session) -> int:
    total = 0
    while count := row_retention.purge_next_batch():
        session.commit()
        total += count
    session.commit()
    return total


def received(state: str, days: int) -> InboundEvent:
    at = clock.now() - timedelta(days=days)
    finished_at = at if state in ("done", "ignored") else None
    return InboundEvent(
        source="email",
        external_id=secrets.token_hex(8),
        state=state,
        raw=b"words",
        received_at=at,
        finished_at=finished_at,
    )


def sent(kind: str, days: int, state: str = "sent", **values) -> Delivery:
    return Delivery(kind=kind, state=state, finished_at=clock.now() - timedelta(days=days), **values)


def test_processed_mail_goes_after_its_days_and_what_waits_for_a_person_stays(session):
    session.add_all([received(state, 91) for state in ("done", "ignored", "quarantined", "failed")])
    session.add(received("done", 89))
    session.commit()
    assert purge(session) == 2
    assert sorted(session.scalars(select(InboundEvent.state))) == ["done", "failed", "quarantined"]
    settings.set("received_retention_days", 0)
    session.commit()
    assert purge(session) == 0


def test_finished_deliveries_go_but_the_copies_of_messages_stay(session, make):
    make.channel("TRIAGE")
    ticket = make.ticket()
    thread = ticket.threads[0]
    session.query(Delivery).delete()
    message = ticket.messages[0]
    session.add_all([sent("webhook", 91), sent("sign_in", 91, "cancelled"), sent("card_update", 91, thread=thread)])
    kept = [sent("webhook", 89), sent("message", 91, thread=thread, message=message), sent("webhook", 91, "failed")]
    session.add_all(kept)
    session.commit()
    assert purge(session) == 3
    assert set(session.scalars(select(Delivery.id))) == {delivery.id for delivery in kept}


def test_a_batch_is_as_large_as_it_says(session, monkeypatch):
    monkeypatch.setattr(row_retention, "BATCH_SIZE", 2)
    session.add_all([received("done", 91) for _ in range(5)])
    session.commit()
    assert [row_retention.purge_next_batch() for _ in range(4)] == [2, 2, 1, 0]


def test_the_audit_log_keeps_what_is_not_routine_unless_set_otherwise(session):
    for action in (audit_log.SIGNED_IN, "changed role"):
        audit_log.add_entry(action, None, "ann").at = clock.now() - timedelta(days=800)
    session.commit()
    assert purge(session) == 1
    settings.set("audit_retention_days", 700)
    session.commit()
    assert purge(session) == 1
    assert session.scalar(select(func.count()).select_from(AuditEntry)) == 0


def test_an_operation_goes_when_it_is_finished_and_old(session):
    old = clock.now() - timedelta(days=366)
    session.add(Operation(kind="merge_people", source_id=1, state="done", finished_at=old, created_at=old))
    session.add(Operation(kind="merge_organizations", source_id=1, state="running", created_at=old))
    session.commit()
    assert purge(session) == 1
    assert session.scalars(select(Operation.state)).all() == ["running"]


def test_every_purge_has_a_setting():
    assert {purge.setting for purge in row_retention.PURGES} <= set(SETTINGS)


def test_the_health_page_shows_sizes_and_their_growth(app, session, make, monkeypatch):
    session.add(SizeRecord(name="tickets", rows=1, bytes=4096, at=clock.now() - timedelta(days=8)))
    make.ticket()
    make.ticket()
    assert sizes.is_due()
    sizes.record()
    session.commit()
    assert not sizes.is_due()
    monkeypatch.setattr(sizes, "MAX_SHOWN", 1000)  # which tables are the largest depends on what else was tested
    found = {size.name: size for size in sizes.list_growth()}
    assert found["files"].rows == 0
    if session.get_bind().dialect.name == "sqlite":  # PostgreSQL estimates, and has not yet
        assert (found["tickets"].rows, found["tickets"].more_rows) == (2, 1)
    page = signed_in_client(app, make.agent(role="admin")).get("/settings/health").text
    assert "What grows" in page and '<th scope="row">files</th>' in page


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_admin_sets_the_days(app, session, make):
    from tests.web import page_forms

    client = signed_in_client(app, make.agent(role="admin"))
    path = "/settings/retention"
    form = next(f for f in page_forms.forms_of(page_forms.parse(client.get(path)), path) if f.action == path)
    given = form.sent_values() | {"received_retention_days": "7"}
    assert page_forms.submit(client, form, given).status_code == 303
    assert settings.load_all()["received_retention_days"] == 7
