"""What leads read: numbers over weeks, what waits longest, what is at risk, and solved tickets to look into."""

import csv
import io

from flask import Blueprint, Response, abort, flash, render_template, request

from helpdesk.domain import exports, permissions, reports, reviews, service_levels, summaries, words
from helpdesk.domain.errors import Conflict, Invalid
from helpdesk.extensions import db
from helpdesk.models.desk import MARKS
from helpdesk.web import access, fragments, identity

blueprint = Blueprint("review", __name__, url_prefix="/review")
SPANS = (4, 12, 26, 52)
HOLDERS = {"team": "Us", "customer": "Customer", "third_party": "Third party"}
HEADINGS = (
    "Filed",
    "Solved",
    "First answer, median",
    "First answer, p90",
    "Solution, median",
    "Solution, p90",
    "Satisfaction",
    "Ratings",
    "Unsolved",
)


@blueprint.get("")
@access.lead_only
def index():
    """The numbers, by one grouping (``?by=``) over some weeks (``?weeks=``)."""
    by, count = chosen()
    periods = reports.weeks(count)
    span = (periods[0][0], periods[-1][1])
    by_week = reports.table("week", periods)
    lines = by_week if by == "week" else reports.table(by, periods)
    held = reports.time_by_holder(span)
    return render_template(
        "review/index.html",
        section="numbers",
        by=by,
        weeks=count,
        groups=list(reports.GROUPS.items()),
        spans=SPANS,
        whole=reports.whole(span),
        backlog=reports.backlog(),
        lines=lines,
        charts=charts(by_week),
        held=[hours(HOLDERS[who], seconds) for who, seconds in held.items()],
    )


@blueprint.get("/export.csv")
@access.lead_only
def export():
    """The same table as CSV; times in seconds, empty where nothing was measured."""
    by, count = chosen()
    target = io.StringIO()
    writer = csv.writer(target, quoting=csv.QUOTE_ALL)
    writer.writerow([reports.GROUPS[by], *HEADINGS])
    for line in reports.table(by, reports.weeks(count)):
        figures = (
            line.filed,
            line.solved,
            line.response_median,
            line.response_p90,
            line.resolution_median,
            line.resolution_p90,
            line.rating,
            line.ratings,
            line.backlog,
        )
        writer.writerow([exports.safe(line.label), *("" if each is None else f"{each:g}" for each in figures)])
    headers = {"Content-Disposition": f'attachment; filename="review-by-{by}.csv"'}
    return Response("\ufeff" + target.getvalue(), mimetype="text/csv", headers=headers)


@blueprint.get("/promises")
@access.lead_only
def promises():
    """Where the team has the ball, the longest wait first."""
    return render_template("review/promises.html", section="promises", tickets=reviews.open_promises(identity.me(), 50))


@blueprint.get("/service-levels")
@access.lead_only
def at_risk():
    """Clocks that run out soon or have."""
    return render_template(
        "review/service_levels.html", section="service-levels", clocks=service_levels.at_risk(limit=100)
    )


@blueprint.get("/reading")
@access.lead_only
def reading():
    """Solved tickets to look into."""
    return render_template("review/reading.html", section="reading", rows=reviews.to_read(identity.me()))


@blueprint.get("/reading/<int:number>")
@access.lead_only
def ask_mark(number: int):
    """One ticket's mark and remark."""
    return mark_page(number, {"mark": "", "remark": ""})


@blueprint.post("/reading/<int:number>")
@access.lead_only
def mark(number: int):
    """Write the mark down."""
    values = {name: request.form.get(name, "") for name in ("mark", "remark")}
    ticket = permissions.find_ticket(identity.me(), number) or abort(404)
    try:
        reviews.mark(ticket, reviewer=identity.me(), **values)
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return mark_page(number, values, {error.field or "": error.sentence}), 422
    db.session.commit()
    flash(f"Your mark for #{number} is saved.", "success")
    return fragments.go("/review/reading")


@blueprint.post("/summary")
@access.lead_only
def send_summary():
    """Mail oneself last week's summary now."""
    summaries.send_to(identity.me(), summaries.today())
    db.session.commit()
    flash(f"Last week's summary is on its way to {identity.me().email}.", "success")
    return fragments.go("/review")


def mark_page(number: int, values: dict, errors: dict | None = None) -> str:
    ticket = permissions.find_ticket(identity.me(), number) or abort(404)
    found = reviews.of(ticket, identity.me())
    if found and not errors:
        values = {"mark": found.mark, "remark": found.remark}
    marks = [(mark, reviews.WORDS[mark]) for mark in MARKS]
    return render_template(
        "review/mark.html",
        section="reading",
        ticket=ticket,
        values=values,
        errors=errors or {},
        marks=marks,
        found=found,
    )


def charts(by_week: list[reports.Figures]) -> dict[str, list[tuple[str, float, str]]]:
    """Rows for the pictures, all by week."""
    return {
        "filed": [(line.label, line.filed, str(line.filed)) for line in by_week],
        "backlog": [(line.label, line.backlog or 0, str(line.backlog or 0)) for line in by_week],
        "response": [hours(line.label, line.response_median) for line in by_week if line.response_median is not None],
        "resolution": [
            hours(line.label, line.resolution_median) for line in by_week if line.resolution_median is not None
        ],
    }


def hours(label: str, seconds: float) -> tuple[str, float, str]:
    """A measured week as a row of a picture."""
    return (label, round(seconds / 3600, 1), words.length(seconds))


def chosen() -> tuple[str, int]:
    """Grouping and number of weeks in the address; what makes no sense is the default."""
    by, weeks = request.args.get("by", ""), request.args.get("weeks", "")
    return by if by in reports.GROUPS else "week", int(weeks) if weeks in {str(span) for span in SPANS} else 12
