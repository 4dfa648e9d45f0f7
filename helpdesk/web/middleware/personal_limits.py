"""Throttle what costs much, for each signed-in person: previews, searches, exports and changes.

Counted in Redis for each minute, and in each process for what runs at the same time.
"""

import threading
import time
from collections import Counter
from dataclasses import dataclass

from flask import Response, g, request

from helpdesk import extensions
from helpdesk.models.user import User
from helpdesk.translation import gettext, lazy_gettext
from helpdesk.web.middleware import error_handlers, request_transactions


@dataclass(frozen=True)
class Limit:
    """What one person may do in a minute and, in one web process, at the same time; ``what`` it is in words."""

    what: str
    per_minute: int
    at_once: int


LIMITS = {
    "previews": Limit(lazy_gettext("previews"), 60, 2),
    "exports": Limit(lazy_gettext("exports"), 20, 2),
    "checks": Limit(lazy_gettext("checks"), 12, 2),
    "searches": Limit(lazy_gettext("searches"), 240, 4),
    "changes": Limit(lazy_gettext("changes"), 600, 12),
}
PREVIEW_ENDPOINTS = {"markdown_preview.preview_markdown"}
EXPORT_ENDPOINTS = {
    "ticket_list.export_tickets",
    "agent_queue.export_queue",
    "review_reports.export_report",
    "settings_data_requests.export_person",
    "settings_data_requests.export_organization",
}
# They ask servers that whoever presses the button has named.
CHECK_ENDPOINTS = {
    f"{blueprint}.{view}"
    for blueprint in ("colleague_sign_in", "settings_connections")
    for view in ("check_connection", "check_domain")
}
SEARCH_ENDPOINTS = {"new_ticket.list_similar_tickets"}
RETRY_AFTER_SECONDS = 20

_running: Counter[tuple[int, str]] = Counter()
_counts: Counter[str] = Counter()  # in the minute ``_minute``, while Redis is away
_minute = 0
_lock = threading.Lock()


def enforce_limits(_audience: str, user: User | None) -> Response | None:
    """Refuse with 429 and a sentence what is beyond a limit; None for everything else."""
    kind = classify_request() if user is not None and user.is_authenticated else None
    if user is None or kind is None:
        return None
    limit, user_id = LIMITS[kind], user.viewer.id if user.is_impersonating else user.id
    key = (user_id, kind)
    with _lock:
        if _running[key] >= limit.at_once:
            return _refuse(
                gettext(
                    "Too much at the same time (%(what)s: at most %(at_once)s). Wait until one has ended.",
                    at_once=limit.at_once,
                    what=limit.what,
                ),
                2,
            )
        _running[key] += 1
    g.personal_limit = key
    if count_in_this_minute(f"{kind}:{user_id}") > limit.per_minute:
        return _refuse(
            gettext(
                "Too much in a minute (%(what)s: at most %(per_minute)s). Wait a moment and try again.",
                per_minute=limit.per_minute,
                what=limit.what,
            )
        )
    return None


def end_request() -> None:
    """Count the request no longer among those that run."""
    key = g.pop("personal_limit", None)
    if key is not None:
        with _lock:
            _running[key] -= 1
            if _running[key] <= 0:
                del _running[key]


def classify_request() -> str | None:
    """Which limit the request counts for; None for pages that are simply read."""
    endpoint = request.endpoint
    if endpoint in PREVIEW_ENDPOINTS:
        return "previews"
    if endpoint in EXPORT_ENDPOINTS:
        return "exports"
    if endpoint in CHECK_ENDPOINTS:
        return "checks"
    if request.method not in request_transactions.SAFE_METHODS:
        return "changes"
    return "searches" if endpoint in SEARCH_ENDPOINTS or request.args.get("q") else None


def count_in_this_minute(name: str) -> int:
    """Count one more of ``name`` in this minute, and return how many there are.

    Counted in Redis; while it does not answer, each process counts those that it gets.
    """
    minute = int(time.time() // 60)
    key = f"helpdesk:limit:{name}:{minute}"
    counts = extensions.call_redis(lambda pipeline: pipeline.incr(key).expire(key, 120).execute())
    return int(counts[0]) if counts else _count_here(name, minute)


def clear() -> None:
    """Forget what this process has counted itself."""
    with _lock:
        _counts.clear()


def _count_here(name: str, minute: int) -> int:
    global _minute
    with _lock:
        if _minute != minute:
            _counts.clear()
            _minute = minute
        _counts[name] += 1
        return _counts[name]


def _refuse(sentence: str, retry_after: int = RETRY_AFTER_SECONDS) -> Response:
    return error_handlers.render_error_page(429, sentence, headers={"Retry-After": str(retry_after)})
