"""Template filters and globals: how values are shown on a page."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from babel.dates import format_timedelta
from babel.units import format_unit
from flask import Flask, g, has_request_context
from flask_login import current_user
from markupsafe import Markup, escape

from helpdesk import clock, translation
from helpdesk.domain import labels
from helpdesk.domain.administration import settings
from helpdesk.domain.content_translation import editing
from helpdesk.domain.content_translation.lookup import translate_content
from helpdesk.domain.forms import field_types
from helpdesk.domain.ticket_lists import customer_list
from helpdesk.markup import markdown_rendering
from helpdesk.models.priorities import Priority
from helpdesk.models.statuses import Status, WaitingOn
from helpdesk.models.ticket import MAX_SUBJECT_LENGTH
from helpdesk.translation.catalogues import Catalogue
from helpdesk.translation.current import current_catalogue
from helpdesk.translation.languages import ENGLISH
from helpdesk.translation.templates import add_translation
from helpdesk.web.templating import emoji_pictures, options, placed_pictures, ticket_links

ALPHABET = "abcdefghijklmnopqrstuvwxyz"
DUE_SOON = timedelta(hours=1)
# Mirrored where a page reads from right to left.
DIRECTIONAL_ICONS = {"left", "right", "back", "reply", "leave", "external", "list", "quote", "high", "normal", "low"}
HEADING_TAG = re.compile(r"<(/?)h([1-6])>")
ONE_MINUTE = timedelta(minutes=1)
WEEK_SECONDS = 7 * 86400
FILE_SIZE_UNITS = (("byte", "B"), ("kilobyte", "KB"), ("megabyte", "MB"), ("gigabyte", "GB"))
DURATION_UNITS = ((60, "min", 60), (24, "h", 3600), (7, "d", 86400))


def register(app: Flask) -> None:
    """Register the filters and globals."""
    app.add_template_filter(format_time_ago)
    app.add_template_filter(format_time_until)
    app.add_template_filter(format_time_since)
    app.add_template_filter(format_due_time)
    app.add_template_filter(labels.format_duration, "format_duration")
    app.add_template_filter(format_datetime)
    app.add_template_filter(translation.isolate)
    app.add_template_filter(get_initials)
    app.add_template_filter(build_icon_renderer)
    app.add_template_filter(render_avatar)
    app.add_template_filter(build_url)
    app.add_template_filter(options.render_options)
    app.add_template_filter(format_capped_count)
    app.add_template_filter(format_file_size)
    app.add_template_filter(demote_headings)
    app.add_template_filter(ticket_links.link_ticket)
    app.add_template_filter(ticket_links.link_ticket_numbers)
    app.add_template_filter(emoji_pictures.show_custom_emoji)
    app.add_template_filter(emoji_pictures.write_character_references, "character_references")
    placed_pictures.register(app)
    app.add_template_filter(markdown_rendering.make_excerpt, "plain_excerpt")
    app.add_template_filter(markdown_rendering.make_excerpt_of_html, "html_excerpt")
    app.add_template_filter(format_status)
    app.add_template_filter(field_types.get_field_type, "field_type")
    app.add_template_filter(format_short_duration)
    app.add_template_filter(translation.format_date, "format_day")
    app.add_template_filter(translate_stored, "stored_sentence")
    app.add_template_filter(translate_content, "own_words")
    app.add_template_filter(markdown_rendering.markdown_to_html, "markdown")
    app.jinja_env.globals.update(labels=labels, now=clock.now, Status=Status, Priority=Priority, WaitingOn=WaitingOn)
    app.jinja_env.globals.update(
        customer_groups=tuple(customer_list.GROUP_LABELS.items()), MAX_SUBJECT_LENGTH=MAX_SUBJECT_LENGTH
    )
    app.jinja_env.globals.update(translation_languages=editing.list_languages)
    add_translation(app.jinja_env)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.autoescape = lambda name: not (name or "").endswith(".txt")


def format_time_ago(moment: datetime | None, prefix: str = "") -> Markup:
    """Relative time ("5 min ago"), with the exact time as title and in ``datetime``."""
    return PageTimes().ago(moment, prefix)


class PageTimes:
    """What the times of one page have in common, found once for all its rows: now, the reader's zone and language."""

    def __init__(self) -> None:
        self._now, self._zone, self._catalogue = clock.now(), reader_time_zone(), current_catalogue.get()

    def ago(self, moment: datetime | None, prefix: str = "") -> Markup:
        """Relative time ("5 min ago"), with the exact time as title and in ``datetime``."""
        if moment is None:
            return Markup("")
        minutes = max(0, (self._now - moment) // ONE_MINUTE)
        return _format_time_ago(moment, minutes, prefix, self._zone, self._catalogue)

    def since(self, moment: datetime | None) -> Markup:
        """How long something lasts already: "5 min", "3 d"; the exact time it began is the title."""
        if moment is None:
            return Markup("")
        return _format_time_since(moment, (self._now - moment) // ONE_MINUTE, self._zone, self._catalogue)


@lru_cache(maxsize=10_000)
def _format_time_ago(moment: datetime, minutes: int, prefix: str, zone: str, _catalogue: Catalogue) -> Markup:
    local = moment.astimezone(ZoneInfo(zone))
    text, exactly = (
        format_short_duration(minutes * ONE_MINUTE, ago=True, moment=local),
        moment.isoformat(timespec="seconds"),
    )
    return Markup(
        f'<time data-ago datetime="{exactly}" title="{format_local_datetime(local)}">{escape(prefix)}{text}</time>'
    )


def format_time_since(moment: datetime | None) -> Markup:
    """How long something lasts already: "5 min", "3 d"; the exact time it began is the title."""
    return PageTimes().since(moment)


@lru_cache(maxsize=10_000)
def _format_time_since(moment: datetime, minutes: int, zone: str, _catalogue: Catalogue) -> Markup:
    return Markup(f"<time {_exact_attributes(moment, zone)}>{format_short_duration(minutes * ONE_MINUTE)}</time>")


def format_time_until(moment: datetime | None) -> Markup:
    """Return a future or recent time ("in 2 h", "5 min ago"), with the exact time as title."""
    if moment is None:
        return Markup("")
    left = moment - clock.now()
    text = format_time_ahead(left) if left > timedelta() else format_short_duration(-left, ago=True, moment=moment)
    return Markup(
        f'<time datetime="{moment.isoformat(timespec="seconds")}" title="{format_datetime(moment)}">{text}</time>'
    )


def format_due_time(moment: datetime) -> Markup:
    """When an SLA timer is due: "Due in 2 h", coloured when that is soon, or "Overdue 5 min"."""
    left = moment - clock.now()
    tone = "red" if left <= timedelta() else "orange" if left <= DUE_SOON else "grey"
    return _format_due_time(moment, abs(left) // ONE_MINUTE, tone, reader_time_zone(), current_catalogue.get())


@lru_cache(maxsize=10_000)
def _format_due_time(moment: datetime, minutes: int, tone: str, zone: str, _catalogue: Catalogue) -> Markup:
    duration = format_short_duration(minutes * ONE_MINUTE)
    text = (
        translation.gettext("Overdue %(duration)s", duration=duration)
        if tone == "red"
        else translation.gettext("Due in %(duration)s", duration=duration)
    )
    return Markup(f'<time class="due tone-{tone}" {_exact_attributes(moment, zone)}>{text}</time>')


def _exact_attributes(moment: datetime, zone: str) -> str:
    exact = format_local_datetime(moment.astimezone(ZoneInfo(zone)))
    return f'datetime="{moment.isoformat(timespec="seconds")}" title="{exact}"'


def format_short_duration(length: timedelta, ago: bool = False, moment: datetime | None = None) -> str:
    """Return a duration in its largest unit; the date for more than a week, if ``moment`` is given.

    English has units of its own, which are shorter than CLDR's; static/js/relative_times.js follows both.
    """
    seconds = length.total_seconds()
    if seconds < 60:
        return translation.gettext("just now") if ago else translation.gettext("under a minute")
    if seconds >= WEEK_SECONDS and moment:
        return translation.format_date(moment.date())
    if translation.current_code() != ENGLISH:
        return (
            translation.format_time_difference(-length)
            if ago
            else format_timedelta(length, threshold=1, format="short", locale=translation.current_locale())
        )
    for limit, unit, size in DURATION_UNITS:
        count = int(seconds // size)
        if count < limit or unit == "d":
            return f"{count} {unit}" + (" ago" if ago else "")
    return ""


def format_time_ahead(left: timedelta) -> str:
    """How long it is until something: "in 2 h"."""
    if translation.current_code() == ENGLISH or left < ONE_MINUTE:
        return translation.gettext("in %(duration)s", duration=format_short_duration(left))
    return translation.format_time_difference(left)


def reader_time_zone() -> str:
    """Return the name of the reader's time zone, else that of the installation."""
    if not has_request_context():
        return settings.get("time_zone")
    found: str | None = g.get("time_zone")
    if found is None:
        found = g.time_zone = getattr(current_user, "time_zone", None) or settings.get("time_zone")
    return found


def format_datetime(moment: datetime) -> str:
    """Return the exact time on the reader's clock: "28 November 2026, 09:30 NZDT"."""
    return format_local_datetime(moment.astimezone(ZoneInfo(reader_time_zone())))


def format_local_datetime(local: datetime) -> str:
    """Return the exact time ``local`` with the abbreviation of its zone, or its distance from UTC where it has none."""
    return f"{translation.format_datetime(local, local.tzinfo or UTC)} {clock.name_zone(local)}"


def get_initials(name: str) -> str:
    """Return one or two initials of ``name``."""
    names = [name_part for name_part in name.replace("@", " ").split() if name_part[0].isalnum()]
    return (
        "".join(name_part[0] for name_part in (names[:1] + names[-1:] if len(names) > 1 else names[:1])).upper() or "?"
    )


def build_icon_renderer(shapes: Mapping[str, str]) -> Callable[[str, str], Markup]:
    """Build the function that renders one of ``shapes`` by name, with a cache: a page has a dozen icons."""

    @lru_cache(maxsize=1_000)
    def icon(name: str, label: str = "") -> Markup:
        aria = Markup('role="img" aria-label="{}"').format(label) if label else 'aria-hidden="true"'
        css_class = "icon icon-directional" if name in DIRECTIONAL_ICONS else "icon"
        return Markup(f'<svg class="{css_class}" viewBox="0 0 16 16" {aria}>{shapes.get(name, "")}</svg>')

    return icon


@lru_cache(maxsize=5_000)
def render_avatar(name: str, picture: str | None = "", size: str = "", alt: str = "") -> Markup:
    """Render a person's picture or initials: decoration beside a name, or with ``alt`` an image of that name."""
    tint = (ALPHABET.find((name or "?")[0].lower()) + len(name or "")) % 6
    css_class = f"avatar avatar-{size} tint-{tint}" if size else f"avatar tint-{tint}"
    aria = Markup('role="img" aria-label="{0}" title="{0}"').format(alt) if alt else 'aria-hidden="true"'
    content = (
        Markup('<img src="{}" alt="" loading="lazy" width="36" height="36">').format(picture)
        if picture
        else get_initials(name or "?")
    )
    return Markup(f'<span class="{escape(css_class)}" {aria}>{escape(content)}</span>')


def format_capped_count(count: int, most: int = customer_list.MAX_COUNT) -> str:
    """Format ``count``; "1,000+" if it is greater than ``most``, where counting stopped."""
    return f"{translation.format_number(most)}+" if count > most else translation.format_number(count)


def build_url(path: str, now: Mapping[str, object] | None = None, **changes: object) -> str:
    """``path`` with the filters in ``now``, changed by the keywords; empty ones are left out."""
    parameters = {name: value for name, value in {**(now or {}), **changes}.items() if value}
    return f"{path}?{urlencode(parameters)}" if parameters else path


def demote_headings(html: str) -> Markup:
    """Sanitized HTML with its headings below those of the page: <h1> becomes <h4>, nothing is beyond <h6>."""
    return Markup(HEADING_TAG.sub(lambda found: f"<{found[1]}h{min(6, int(found[2]) + 3)}>", html))


def format_file_size(size: float) -> str:
    """Format bytes in the largest unit with at least one digit before the point."""
    for unit, name in FILE_SIZE_UNITS:
        if size < 1024 or unit == "gigabyte":
            digits = 0 if unit == "byte" or size >= 10 and unit != "gigabyte" else 1
            number = translation.format_number(size, digits)
            if translation.current_code() == ENGLISH:
                return f"{number} {name}"
            return format_unit(number, f"digital-{unit}", "short", locale=translation.current_locale())
        size /= 1024
    return ""


def format_status(status: str, for_team: bool = False) -> str:
    """Return the status's label, as the team or as customers read it."""
    return labels.status_label(status, for_team)


def translate_stored(text: str | None) -> str:
    """A sentence that is stored in English where a worker wrote it; one with values in it is shown as it is stored."""
    return translation.gettext(text) if text else ""
