"""A saved report is mailed to its recipients when it is due: once, as one delivery each, in the reader's language."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from helpdesk.channels.email import render
from helpdesk.channels.email.render import compose
from helpdesk.domain import tickets
from helpdesk.domain.administration import settings
from helpdesk.domain.errors import ConflictError, PermissionDenied, ValidationError
from helpdesk.domain.outbox.errors import SkipDelivery
from helpdesk.domain.reporting import saved_reports, weekly_digest
from helpdesk.domain.reporting.definition import ReportDefinition
from helpdesk.models.delivery import Delivery
from helpdesk.models.saved_report import ReportSchedule
from helpdesk.translation import use_language

THURSDAY = datetime(2026, 11, 26, 12, tzinfo=UTC)
BY_AGENT = ReportDefinition.read({"range": "last_week", "by": "agent", "priority": "high"})


@pytest.fixture
def lead(make):
    return make.agent("Tomás", role="lead")


def save(lead, *people, schedule="weekly", report=None, **values):
    given = {"name": "Mondays", "definition": BY_AGENT, "actor": lead, **values}
    ids = [person.id for person in people or (lead,)]
    return saved_reports.save_report(report, schedule=schedule, recipients=ids, **given)


def report_mails(session):
    return list(session.scalars(select(Delivery).where(Delivery.kind == "report").order_by(Delivery.id)))


def test_a_due_report_is_mailed_once_to_each_recipient(session, make, lead):
    admin, former = make.agent("Maya", role="admin"), make.agent("Bo", role="lead")
    with time_machine.travel(THURSDAY, tick=False):
        report = save(lead, lead, admin, former)
        session.commit()
        assert report.next_at == datetime(2026, 11, 30, 7, tzinfo=UTC)
        assert saved_reports.send_due_reports() == 0
    former.role = "agent"
    session.commit()
    with time_machine.travel(datetime(2026, 11, 30, 7, 4, tzinfo=UTC), tick=False):
        assert saved_reports.send_due_reports() == 1
        session.commit()
        assert saved_reports.send_due_reports() == 0
    assert {each.subject_id for each in report_mails(session)} == {lead.id, admin.id}
    assert report_mails(session)[0].data == {"report": report.id, "first": "2026-11-23", "last": "2026-11-29"}
    assert report.next_at == datetime(2026, 12, 7, 7, tzinfo=UTC)


def test_what_was_missed_for_weeks_is_mailed_once(session, lead):
    with time_machine.travel(THURSDAY, tick=False):
        report = save(lead, schedule="daily")
    with time_machine.travel(THURSDAY + timedelta(days=20), tick=False):
        assert saved_reports.send_due_reports() == 1
        assert report.next_at == datetime(2026, 12, 17, 7, tzinfo=UTC)
    assert len(report_mails(session)) == 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_workers_do_not_send_the_same_report(app, session, lead):
    from helpdesk.extensions import db

    with time_machine.travel(THURSDAY, tick=False):
        save(lead)
        session.commit()
    with time_machine.travel(THURSDAY + timedelta(days=7), tick=False):
        assert saved_reports.send_due_reports() == 1  # not committed yet, so the row is locked
        with app.app_context():
            assert saved_reports.send_due_reports() == 0
            db.session.rollback()
        session.commit()
        assert saved_reports.send_due_reports() == 0
    assert len(report_mails(session)) == 1


def test_the_mail_has_the_figures_of_its_days_in_the_readers_language(session, make, lead):
    agent = make.agent("Maya Lind")
    with time_machine.travel(THURSDAY - timedelta(days=8), tick=False):
        ticket = make.ticket()
        tickets.assign(ticket, agent, actor=agent)
        tickets.set_priority(ticket, "high", actor=agent)
        make.ticket()
    with time_machine.travel(THURSDAY, tick=False):
        report = save(lead)
        saved_reports.enqueue_report(report, lead)
        session.commit()
    (delivery,) = report_mails(session)
    mail = render.RENDERERS["report"](delivery)
    assert mail.rows == (("Maya Lind", "1", "0", "–", "–"),)
    assert (mail.figures[0].label, mail.figures[0].value, mail.figures[0].change) == ("Filed", "1", "before: 0")
    assert "by=agent" in mail.url and "from=2026-11-16" in mail.url and "priority=high" in mail.url
    text = compose.build_preview(mail).text
    assert "Maya Lind" in text and "None" not in text
    with use_language("de"):
        assert "Alle Zahlen" in compose.build_preview(render.RENDERERS["report"](delivery)).text
    lead.role = "agent"
    session.commit()
    with pytest.raises(SkipDelivery):
        render.RENDERERS["report"](delivery)
    lead.role = "lead"
    saved_reports.delete_report(report, actor=lead)
    with pytest.raises(SkipDelivery):
        render.RENDERERS["report"](delivery)


def test_a_report_without_a_ticket_says_so_in_its_mail(session, lead):
    saved_reports.enqueue_report(save(lead), lead)
    session.commit()
    (delivery,) = report_mails(session)
    seen = compose.build_preview(render.RENDERERS["report"](delivery))
    for text in (seen.text, seen.html):
        assert "Nothing was filed or solved in these days." in text and "None" not in text


def test_the_weekly_digest_of_a_silent_week_has_no_none(session, lead):
    weekly_digest.send_digest_to(lead, THURSDAY.date())
    delivery = session.scalar(select(Delivery).where(Delivery.kind == "weekly_summary"))
    for language in ("en", "de", "ja"):
        with use_language(language):
            seen = compose.build_preview(render.RENDERERS["weekly_summary"](delivery))
            assert "None" not in seen.text + seen.html + seen.subject


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_times_are_those_of_the_installation_across_summer_time(app):
    settings.set("time_zone", "Europe/Berlin")
    after = datetime(2026, 10, 24, 12, tzinfo=UTC)  # summer time ends in the night that follows
    assert saved_reports.find_next_time(ReportSchedule.daily, after) == datetime(2026, 10, 25, 6, tzinfo=UTC)
    assert saved_reports.find_next_time(ReportSchedule.weekly, after) == datetime(2026, 10, 26, 6, tzinfo=UTC)
    assert saved_reports.find_next_time(ReportSchedule.monthly, after) == datetime(2026, 11, 1, 6, tzinfo=UTC)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_only_leads_save_what_is_complete(session, make, lead):
    agent = make.agent()
    with pytest.raises(PermissionDenied):
        save(agent)
    with pytest.raises(ValidationError) as refused:
        save(lead, agent, name=" ")
    assert set(refused.value.errors) == {"name", "recipients"}
    report = save(lead, schedule="")
    assert (report.recipients, report.next_at) == ([], None)
    version = report.version
    save(lead, report=report, name="Other")
    with pytest.raises(ConflictError):
        save(lead, report=report, version=version)
