"""Saved reports: every lead sees, changes and deletes them; those with a schedule are mailed to their recipients."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.exc import StaleDataError

from helpdesk import clock
from helpdesk.database.row_ids import is_id
from helpdesk.domain import outbox
from helpdesk.domain.administration import audit_log
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import permissions
from helpdesk.domain.reporting import date_ranges, unknown_values
from helpdesk.domain.reporting.definition import ReportDefinition
from helpdesk.extensions import db
from helpdesk.markup.name_order import sort_by_name
from helpdesk.markup.one_line import to_one_line
from helpdesk.models.delivery import DeliveryKind
from helpdesk.models.saved_report import ReportSchedule, SavedReport
from helpdesk.models.user import Role, User
from helpdesk.translation import format_number, gettext, lazy_gettext

SEND_HOUR = 7  # in the installation's time zone
MAX_REPORTS = 100
MAX_NAME_LENGTH = 80
BATCH_SIZE = 50  # reports of one transaction
SCHEDULE_LABELS = {
    ReportSchedule.daily: lazy_gettext("Every morning"),
    ReportSchedule.weekly: lazy_gettext("Every Monday"),
    ReportSchedule.monthly: lazy_gettext("On the first of each month"),
}
CHANGED_MEANWHILE = lazy_gettext("Somebody else changed this report meanwhile. Load it again and repeat your change.")


def list_reports() -> list[SavedReport]:
    """Return all saved reports with their recipients, by name. Two queries."""
    query = select(SavedReport).options(selectinload(SavedReport.recipients))
    return sort_by_name(db.session.scalars(query.order_by(SavedReport.id)), lambda report: report.name)


def find_report(report_id: int) -> SavedReport | None:
    """Return the saved report with this id."""
    return db.session.get(SavedReport, report_id) if is_id(report_id) else None


def list_possible_recipients() -> list[User]:
    """Return the active leads and admins, by name: only they may read reports."""
    leads = select(User).where(User.role.in_((Role.lead, Role.admin)), User.deactivated_at.is_(None))
    return sort_by_name(db.session.scalars(leads.order_by(User.id)), lambda user: user.display_name)


def save_report(
    report: SavedReport | None,
    *,
    name: str,
    definition: ReportDefinition,
    schedule: str,
    recipients: Sequence[int],
    actor: User,
    version: int | None = None,
) -> SavedReport:
    """Save a report, a new one if ``report`` is None; ``schedule`` "" mails it to nobody.

    Raises PermissionDenied, ValidationError with a sentence for every wrong field, and ConflictError if it was changed
    since ``version``.
    """
    _ensure_may_edit(actor)
    name = to_one_line(name)
    people = [user for user in list_possible_recipients() if user.id in recipients]
    _ensure_valid(name, definition, schedule, people)
    if report is None:
        if (db.session.scalar(select(func.count()).select_from(SavedReport)) or 0) >= MAX_REPORTS:
            raise ValidationError(
                gettext("The maximum number of saved reports has been reached. Delete one first."), "name"
            )
        report = SavedReport(owner_id=actor.id, name=name)
        db.session.add(report)
    elif version is not None and version != report.version:
        raise ConflictError(str(CHANGED_MEANWHILE))
    rhythm = ReportSchedule(schedule) if schedule else None
    if rhythm is None or rhythm != report.schedule or report.next_at is None:
        report.next_at = find_next_time(rhythm, clock.now()) if rhythm else None
    report.name, report.filters, report.schedule = name, definition.address_values(), rhythm
    report.recipients = people if rhythm else []
    try:
        db.session.flush()
    except StaleDataError:
        raise ConflictError(str(CHANGED_MEANWHILE)) from None
    audit_log.add_entry("saved a report", actor, name)
    return report


def delete_report(report: SavedReport, *, actor: User) -> None:
    """Delete a saved report. Raises PermissionDenied."""
    _ensure_may_edit(actor)
    audit_log.add_entry("deleted a report", actor, report.name)
    db.session.delete(report)
    db.session.flush()


def send_due_reports() -> int:
    """Enqueue the reports that are due, one mail for each recipient; returns how many reports were.

    The caller commits and calls again while the result is not 0. The rows are locked, so that two workers send none
    twice; what was missed meanwhile is sent once.
    """
    now = clock.now()
    due = (
        select(SavedReport)
        .where(SavedReport.next_at.is_not(None), SavedReport.next_at <= now)
        .order_by(SavedReport.next_at, SavedReport.id)
        .limit(BATCH_SIZE)
        .with_for_update(of=SavedReport, skip_locked=True)
    )
    reports = list(db.session.scalars(due))
    for report in reports:
        report.next_at = find_next_time(ReportSchedule(report.schedule), now) if report.schedule else None
        for user in report.recipients:
            if permissions.can_review(user):
                enqueue_report(report, user)
    db.session.flush()
    return len(reports)


def enqueue_report(report: SavedReport, user: User) -> None:
    """Enqueue the mail of a report to one person, about the days that its range means today."""
    days = ReportDefinition.read(report.filters).days
    outbox.enqueue_account_mail(
        DeliveryKind.report, user.id, report=report.id, first=days.first.isoformat(), last=days.last.isoformat()
    )


def find_next_time(schedule: ReportSchedule, after: datetime) -> datetime:
    """Return the first time after ``after`` at which a report with this schedule is mailed."""
    day = after.astimezone(date_ranges.time_zone()).date()
    while not (_is_its_day(schedule, day) and _send_time(day) > after):
        day += timedelta(days=1)
    return _send_time(day)


def _is_its_day(schedule: ReportSchedule, day: date) -> bool:
    if schedule == ReportSchedule.weekly:
        return day.weekday() == 0
    return day.day == 1 if schedule == ReportSchedule.monthly else True


def _send_time(day: date) -> datetime:
    return datetime.combine(day, time(SEND_HOUR), date_ranges.time_zone())


def _ensure_may_edit(actor: User) -> None:
    permissions.ensure(permissions.can_review(actor), gettext("Only leads review."))


def _ensure_valid(name: str, definition: ReportDefinition, schedule: str, people: list[User]) -> None:
    errors = unknown_values.find_unknown(definition.address_values())
    if not name or len(name) > MAX_NAME_LENGTH:
        errors["name"] = gettext("A name has between 1 and %(most)s characters.", most=format_number(MAX_NAME_LENGTH))
    if schedule and schedule not in list(ReportSchedule):
        errors["schedule"] = gettext("Choose when it is mailed.")
    if schedule and not people:
        errors["recipients"] = gettext("Choose to whom it is mailed.")
    if errors:
        raise ValidationError(gettext("Some answers need another look."), errors=errors)
