"""SLA policies for everybody and for single organizations, business hours, and holidays."""

from datetime import date
from typing import Any

from flask import Blueprint, abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from helpdesk import clock
from helpdesk.domain.administration import audit_log, settings
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import organizations
from helpdesk.domain.people.organization_choices import list_choices
from helpdesk.domain.sla import holiday_calendar, policies
from helpdesk.extensions import db
from helpdesk.models.organization import Organization
from helpdesk.models.priorities import Priority
from helpdesk.models.sla import BusinessHours, Holiday, SlaPolicy
from helpdesk.translation import first_weekday, format_date, gettext, ngettext
from helpdesk.web import stale_forms
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings import navigation

blueprint = Blueprint("settings_sla", __name__, url_prefix="/settings/service-levels")
TARGET_NAMES = [f"{priority}-{kind}" for priority in Priority for kind in ("first_response", "resolution")]


@blueprint.get("")
@authorization.admin_only
def show_sla() -> ResponseReturnValue:
    """Show the whole page; ``?organization=`` shows that organization's own targets."""
    slug = request.args.get("organization", "")
    organization = organizations.find_by_slug(slug) if slug else None
    if slug and organization is None:
        abort(404)
    return render_page(organization)


@blueprint.post("/targets")
@authorization.admin_only
def save_targets() -> ResponseReturnValue:
    """Save the targets of everybody, or of the organization that the form names."""
    slug = request.form.get("organization", "")
    organization = (organizations.find_by_slug(slug) or abort(404)) if slug else None
    values = {name: request.form.get(name, "") for name in TARGET_NAMES}
    try:
        stale_forms.begin_change(lambda: stored_targets(organization))
        policies.set_policies(values, actor=authentication.get_current_user(), organization=organization)
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        organization = organizations.find_by_slug(slug) if slug else None
        return render_page(organization, targets=values, errors=get_errors(error)), get_status(error)
    audit_log.add_entry(
        "changed service levels",
        authentication.get_current_user(),
        organization.name if organization else "Everybody",
        organization.id if organization else None,
        **{name: value for name, value in values.items() if value},
    )
    db.session.commit()
    flash(gettext("The targets are saved. Open tickets follow within a minute."), "success")
    return redirect("/settings/service-levels" + (f"?organization={slug}" if slug else ""), 303)


@blueprint.post("/hours")
@authorization.admin_only
def save_business_hours() -> ResponseReturnValue:
    """Save business hours and their time zone."""
    values = {str(day): request.form.get(f"hours-{day}", "") for day in range(7)}
    zone = request.form.get("time_zone", "").strip()
    try:
        stale_forms.begin_change(stored_hours_and_settings)
        policies.set_business_hours(values, zone=zone, actor=authentication.get_current_user())
        settings.set("sla_pauses_on_hold", "sla_pauses_on_hold" in request.form)
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        settings.invalidate_cache()
        return render_page(None, hours=values, zone=zone, errors=get_errors(error)), get_status(error)
    audit_log.add_entry(
        "changed working hours",
        authentication.get_current_user(),
        "Working hours",
        time_zone=zone,
        pauses_on_hold="sla_pauses_on_hold" in request.form,
        **{f"day {day}": text for day, text in values.items()},
    )
    db.session.commit()
    flash(gettext("The working hours are saved."), "success")
    return redirect("/settings/service-levels#hours", 303)


@blueprint.post("/holidays")
@authorization.admin_only
def add_holiday() -> ResponseReturnValue:
    """Add a holiday."""
    values = {"day": request.form.get("day", ""), "name": request.form.get("name", "")}
    every_year = "every_year" in request.form
    try:
        holiday = policies.add_holiday(
            values["day"], values["name"], actor=authentication.get_current_user(), every_year=every_year
        )
    except ValidationError as error:
        db.session.rollback()
        return render_page(None, holiday={**values, "every_year": every_year}, errors=error.errors), 422
    audit_log.add_entry(
        "added a holiday", authentication.get_current_user(), holiday.day.isoformat(), name=holiday.name
    )
    db.session.commit()
    flash(gettext("Nobody works on %(day)s.", day=format_date(holiday.day, "long")), "success")
    return redirect("/settings/service-levels#holidays", 303)


@blueprint.post("/holidays/import")
@authorization.admin_only
def import_holidays() -> ResponseReturnValue:
    """Add the holidays of a calendar file."""
    file = request.files.get("calendar")
    content = file.stream.read(holiday_calendar.MAX_BYTES + 1) if file else b""
    try:
        count = policies.import_holidays(content, actor=authentication.get_current_user())
    except ValidationError as error:
        db.session.rollback()
        return render_page(None, errors=error.errors), 422
    audit_log.add_entry("imported holidays", authentication.get_current_user(), "Working hours", count=count)
    db.session.commit()
    flash(ngettext("%(num)s holiday is imported.", "%(num)s holidays are imported.", count), "success")
    return redirect("/settings/service-levels#holidays", 303)


@blueprint.post("/holidays/<day>/delete")
@authorization.admin_only
def delete_holiday(day: str) -> ResponseReturnValue:
    """Delete a holiday."""
    try:
        holiday = db.session.get(Holiday, date.fromisoformat(day))
    except ValueError:
        holiday = None
    if holiday is None:
        abort(404)
    policies.remove_holiday(holiday, actor=authentication.get_current_user())
    audit_log.add_entry("removed a holiday", authentication.get_current_user(), day)
    db.session.commit()
    flash(gettext("%(day)s is a working day again.", day=format_date(holiday.day, "long")), "success")
    return redirect("/settings/service-levels#holidays", 303)


def render_page(
    organization: Organization | None,
    *,
    targets: dict[str, Any] | None = None,
    hours: dict[str, Any] | None = None,
    zone: str | None = None,
    holiday: dict[str, Any] | None = None,
    errors: dict[str, Any] | None = None,
) -> str:
    """Render the page; typed values with errors replace the stored ones."""
    have_own = Organization.id.in_(select(SlaPolicy.organization_id))
    return navigation.render_settings_page(
        "settings/service_levels.html",
        targets_loaded=stale_forms.fingerprint(stored_targets(organization)),
        hours_loaded=stale_forms.fingerprint(stored_hours_and_settings()),
        pauses_on_hold=settings.get("sla_pauses_on_hold"),
        organization=organization,
        with_own=[(each.slug, each.name) for each in list_choices(have_own, most=None)],
        organizations=[(each.slug, each.name) for each in list_choices()],
        priorities=[(str(priority), priority.definition.label) for priority in reversed(Priority)],
        targets=targets if targets is not None else stored_targets(organization),
        days=list_weekdays(),
        zones=clock.time_zone_names(),
        hours=hours if hours is not None else stored_hours(),
        zone=zone if zone is not None else settings.get("time_zone"),
        holidays=db.session.scalars(select(Holiday).order_by(Holiday.day)).all(),
        holiday=holiday or {},
        errors=errors or {},
    )


def list_weekdays() -> list[tuple[int, str]]:
    """Return the days of the week as (number, name), 0 is Monday; the first is that of the reader's language."""
    first = first_weekday()
    days = list(enumerate(policies.WEEKDAY_NAMES))
    return days[first:] + days[:first]


def get_errors(error: ValidationError | ConflictError) -> dict[str, str]:
    """Return the error messages by field; "" is the form as a whole."""
    return getattr(error, "errors", None) or {error.field or "": error.message}


def get_status(error: ValidationError | ConflictError) -> int:
    """Return the HTTP status of a form that was not saved."""
    return 409 if isinstance(error, ConflictError) else 422


def stored_targets(organization: Organization | None) -> dict[str, str]:
    """Return the stored targets as texts, by the names of their inputs."""
    stored = policies.list_policies(organization)
    return {
        f"{priority}-{kind}": policies.format_duration(getattr(stored[priority], kind)) if priority in stored else ""
        for priority in Priority
        for kind in ("first_response", "resolution")
    }


def stored_hours_and_settings() -> dict[str, Any]:
    """What the form of the hours shows, as it is stored now."""
    stored = settings.load_all()
    return stored_hours() | {name: stored[name] for name in ("time_zone", "sla_pauses_on_hold")}


def stored_hours() -> dict[str, str]:
    """Return the stored hours as texts, by weekday."""
    ranges_by_day: dict[str, list[str]] = {str(day): [] for day in range(7)}
    for row in db.session.scalars(select(BusinessHours).order_by(BusinessHours.weekday, BusinessHours.opens)):
        ranges_by_day[str(row.weekday)].append(f"{_format_minutes(row.opens)}-{_format_minutes(row.closes)}")
    return {day: ", ".join(ranges) for day, ranges in ranges_by_day.items()}


def _format_minutes(minutes: int) -> str:
    """Minutes since midnight as HH:MM."""
    return f"{minutes // 60:02}:{minutes % 60:02}"
