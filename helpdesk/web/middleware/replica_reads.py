"""Views that a replica answers, if it has what this reader has written and what was announced to anybody (ADR 0029).

The person and their session are always read from the primary, so that an ended session or a lost right counts at once.
"""

import functools
import logging
from collections.abc import Callable
from typing import TypeVar

from flask import Response, request

from helpdesk import outage_log
from helpdesk.database import errors, replica
from helpdesk.extensions import db
from helpdesk.web import cookies
from helpdesk.web.middleware import authorization

COOKIE = "position"  # of this browser's last write, for as long as a replica may lag
MAX_DIGITS = 19
View = TypeVar("View", bound=Callable)

log = logging.getLogger(__name__)


def from_replica(view: View) -> View:
    """Let the replica answer this view, which only reads and depends on nothing that was just read.

    Whatever goes wrong, and whatever is missing there, the primary is asked again.
    """

    @functools.wraps(view)
    def answer(*arguments, **options):
        if replica.is_configured() and _has_what_the_reader_expects():
            try:
                with replica.use():
                    return view(*arguments, **options)
            except Exception as error:
                db.session.rollback()
                if isinstance(error, errors.UNAVAILABLE_ERRORS):
                    replica.note_error(error)
                    outage_log.report(log, "The replica did not answer", errors.describe_for_log(error))
        return view(*arguments, **options)

    return answer  # type: ignore[return-value]


def remember_position(response: Response) -> Response:
    """Give the browser the position of what its request has written."""
    position = replica.last_written()
    if position is not None and authorization.get_audience(request.endpoint) != authorization.MACHINE:
        cookies.set_cookie(response, _cookie_name(), str(position), seconds=replica.REMEMBERED_SECONDS)
    return response


def _has_what_the_reader_expects() -> bool:
    own = request.cookies.get(_cookie_name(), "")
    announced = replica.read_announced()
    position = int(own) if own.isdecimal() and len(own) <= MAX_DIGITS else 0
    return replica.has_reached(max(position, announced or 0))


def _cookie_name() -> str:
    return cookies.get_cookie_name(COOKIE)
