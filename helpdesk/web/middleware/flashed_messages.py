"""The messages that wait in the session's cookie for the next page: only as many as a browser keeps.

Whoever files tickets in several tabs, or by a script, may never open that page. A browser ignores a cookie of more than
4,096 bytes with its name and attributes (RFC 6265bis, section 5.7), and would lose the newest message with it.
"""

from flask import Response, current_app, session
from flask.sessions import SecureCookieSessionInterface

KEY = "_flashes"  # where flask.flash puts them
MAX_WAITING = 10
MAX_VALUE_BYTES = 3_800


def keep_newest(response: Response) -> Response:
    """Forget the oldest messages that wait where they are too many or too long for a cookie; at least one is kept."""
    if session.modified and len(waiting := session.get(KEY, ())) > 1:
        session[KEY] = waiting[-MAX_WAITING:]
        serializer = SecureCookieSessionInterface().get_signing_serializer(current_app)
        while serializer and len(session[KEY]) > 1 and len(serializer.dumps(dict(session))) > MAX_VALUE_BYTES:
            session[KEY] = session[KEY][1:]
    return response
