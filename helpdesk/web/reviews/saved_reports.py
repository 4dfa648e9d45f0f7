"""The saved reports of support leads: their list, the form of one, deleting, and mailing one to oneself now."""

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from helpdesk.database.row_ids import parse_id
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.reporting import saved_reports, unknown_values
from helpdesk.domain.reporting.date_ranges import CHOSEN, RANGE_LABELS
from helpdesk.domain.reporting.definition import FILTER_NAMES, TABLE_TITLES, ReportDefinition
from helpdesk.extensions import db
from helpdesk.models.saved_report import SavedReport
from helpdesk.translation import format_date, gettext
from helpdesk.web.form_base import Form
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.reviews import report_filters
from helpdesk.web.reviews.saved_report_form import SavedReportForm

blueprint = Blueprint("saved_reports", __name__, url_prefix="/review/reports")


@blueprint.get("")
@authorization.lead_only
def list_saved_reports() -> ResponseReturnValue:
    """Show the saved reports, what each is about, and to whom it is mailed when."""
    rows, choices = [], report_filters.load_choices()
    for saved in saved_reports.list_reports():
        definition = ReportDefinition.read(saved.filters)
        rows.append(
            (saved, describe(definition, choices), report_filters.report_url("/review", definition, saved=saved.id))
        )
    return render_template(
        "review/saved_reports.html", section="reports", rows=rows, schedules=saved_reports.SCHEDULE_LABELS
    )


@blueprint.get("/new")
@authorization.lead_only
def show_new_report() -> ResponseReturnValue:
    """Show the form of a new report about what the address says."""
    return render_form(None, SavedReportForm(data={"schedule": ""}), report_filters.read_definition())


@blueprint.post("")
@authorization.lead_only
def create_report() -> ResponseReturnValue:
    """Save a new report."""
    return save_report(None)


@blueprint.get("/<int:report_id>")
@authorization.lead_only
def show_saved_report(report_id: int) -> ResponseReturnValue:
    """Show one report in its form; what the address says replaces what it was about."""
    saved = get_report_or_404(report_id)
    is_changed = any(name in request.args for name in ("range", "from", "by", *FILTER_NAMES))
    definition = report_filters.read_definition() if is_changed else ReportDefinition.read(saved.filters)
    return render_form(saved, SavedReportForm.of(saved), definition)


@blueprint.post("/<int:report_id>")
@authorization.lead_only
def update_report(report_id: int) -> ResponseReturnValue:
    """Save a changed report."""
    return save_report(get_report_or_404(report_id))


@blueprint.post("/<int:report_id>/send")
@authorization.lead_only
def send_report(report_id: int) -> ResponseReturnValue:
    """Mail a report to oneself now."""
    saved, user = get_report_or_404(report_id), authentication.get_current_user()
    saved_reports.enqueue_report(saved, user)
    db.session.commit()
    flash(gettext("The report is on its way to %(email)s.", email=user.email), "success")
    return redirect("/review/reports", 303)


@blueprint.post("/<int:report_id>/delete")
@authorization.lead_only
def delete_report(report_id: int) -> ResponseReturnValue:
    """Delete a report."""
    saved_reports.delete_report(get_report_or_404(report_id), actor=authentication.get_current_user())
    db.session.commit()
    flash(gettext("The report is deleted."), "success")
    return redirect("/review/reports", 303)


def save_report(saved: SavedReport | None) -> ResponseReturnValue:
    """Save the form as a new or changed report, or show it again with the errors."""
    form, definition = SavedReportForm(request.form), ReportDefinition.read(request.form)
    report_id = saved.id if saved else None
    try:
        saved_reports.save_report(
            saved,
            name=form.name.data,
            definition=definition,
            schedule=form.schedule.data or "",
            recipients=[number for text in form.recipients.data or () if (number := parse_id(text))],
            actor=authentication.get_current_user(),
            version=parse_id(form.version.data),
        )
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        form.add_refusal(error)
        page = render_form(get_report_or_404(report_id) if report_id else None, form, definition)
        return page, 409 if isinstance(error, ConflictError) else 422
    db.session.commit()
    flash(gettext("The report is saved."), "success")
    return redirect("/review/reports", 303)


def render_form(saved: SavedReport | None, form: Form, definition: ReportDefinition) -> str:
    """Render the form of one report; None is a new one."""
    return render_template(
        "review/saved_report.html",
        section="reports",
        saved=saved,
        form=form,
        about=describe(definition, report_filters.load_choices()),
        hidden=definition.address_values(),
        unknown=tuple(unknown_values.find_unknown(definition.address_values()).values()),
        change_url=report_filters.report_url("/review", definition, saved=saved.id if saved else ""),
    )


def describe(definition: ReportDefinition, choices: dict[str, list[tuple[str, str]]]) -> list[str]:
    """What a report is about, in a few words each: its days, its table, its filters by their names in ``choices``."""
    days = definition.days
    span = f"{format_date(days.first)} – {format_date(days.last)}"
    names = [dict(choices[name]).get(value, value) for name in FILTER_NAMES if (value := getattr(definition, name))]
    range_label = span if definition.range == CHOSEN else str(RANGE_LABELS[definition.range])
    return [range_label, str(TABLE_TITLES[definition.by]), *names]


def get_report_or_404(report_id: int) -> SavedReport:
    """Return the saved report with this id, else 404."""
    return saved_reports.find_report(report_id) or abort(404)
