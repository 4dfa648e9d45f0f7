"""The weekly summary in figures: last week beside the one before."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from helpdesk.channels.email import mails
from helpdesk.domain import reports, settings, words

WAITING = 5  # tickets named


def figures(begins: date) -> tuple[mails.Figure, ...]:
    """What the week from the Monday ``begins`` looked like, each with its change against the week before."""
    now, before = reports.whole(period(begins)), reports.whole(period(begins - timedelta(weeks=1)))
    rating = f"{now.rating:.1f} of 5 from {now.ratings}" if now.rating is not None else "None"
    return (
        mails.Figure("New tickets", str(now.filed), _more(now.filed, before.filed)),
        mails.Figure("Solved", str(now.solved), _more(now.solved, before.solved)),
        mails.Figure(
            "First answer, median",
            words.length(now.response_median),
            _faster(now.response_median, before.response_median),
        ),
        mails.Figure(
            "Solution, median",
            words.length(now.resolution_median),
            _faster(now.resolution_median, before.resolution_median),
        ),
        mails.Figure("Satisfaction", rating),
        mails.Figure("Unsolved now", str(reports.backlog())),
    )


def period(begins: date) -> reports.Period:
    """The week that begins on that day, in the helpdesk's time zone."""
    zone = ZoneInfo(settings.get("time_zone"))
    ends = begins + timedelta(weeks=1)
    return (
        datetime(begins.year, begins.month, begins.day, tzinfo=zone),
        datetime(ends.year, ends.month, ends.day, tzinfo=zone),
    )


def _more(now: int, before: int) -> str:
    if now == before:
        return "as the week before"
    return f"{abs(now - before)} {'more' if now > before else 'fewer'} than the week before"


def _faster(now: float | None, before: float | None) -> str:
    if now is None or before is None or round(now / 60) == round(before / 60):
        return ""
    return f"{words.length(abs(now - before))} {'slower' if now > before else 'faster'}"
