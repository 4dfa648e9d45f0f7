"""Map connection errors to our errors: the request was certainly not stored, or it may have been. Pure.

Only failures that happen before a byte could be sent are certain. Our own pool knows when it was connecting. urllib,
which downloads and uploads files, wraps failures while connecting and sending into ``URLError``; later failures are not
wrapped, and "unreachable" then does not state what was sent before.
"""

import errno
import http.client
import socket
import ssl
from collections.abc import Mapping
from urllib.error import HTTPError, URLError

from slack_sdk.errors import SlackClientError
from urllib3.exceptions import HTTPError as PoolError
from urllib3.exceptions import ProtocolError
from urllib3.exceptions import TimeoutError as PoolTimeout

from helpdesk.channels.slack.api import api_errors
from helpdesk.domain.outbox import errors
from helpdesk.translation import gettext

# Whatever urllib, urllib3 and the SDK raise when a connection breaks or an answer is not what it should be.
CONNECTION_ERRORS = (
    OSError,
    http.client.HTTPException,
    SlackClientError,
    PoolError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    RecursionError,
)

_NOT_SENT_ERRNOS = {errno.ECONNREFUSED, errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL}


def error_for_exception(error: Exception) -> errors.ChannelError:
    """Make our error for an exception of the connection; an unknown exception means an unknown outcome."""
    if isinstance(error, errors.ChannelError):
        return error
    if isinstance(error, HTTPError):
        return api_errors.error_for_status(error.code, parse_retry_after(error.headers))
    cause = error.reason if isinstance(error, URLError) else error
    if isinstance(cause, socket.gaierror | ssl.SSLCertVerificationError):
        return error_for_connect_failure(cause)
    if isinstance(cause, OSError) and (
        cause.errno in (_NOT_SENT_ERRNOS if cause is not error else {errno.ECONNREFUSED})
        or "Tunnel connection failed" in str(cause)
    ):
        return error_for_connect_failure(cause)
    if isinstance(cause, TimeoutError | PoolTimeout):
        return api_errors.unknown_outcome_error(gettext("Slack did not answer in time and may still have stored this."))
    if isinstance(cause, OSError | ProtocolError):
        return api_errors.unknown_outcome_error(gettext("The connection to Slack broke, and it may have stored this."))
    return api_errors.unknown_outcome_error(gettext("Slack's answer could not be read."))


def error_for_connect_failure(error: Exception) -> errors.TemporaryError:
    """Make our error for an exception while connecting: whatever it is, nothing was sent."""
    if isinstance(error, PoolError) and isinstance(error.__cause__, OSError):
        error = error.__cause__
    if isinstance(error, socket.gaierror):
        return api_errors.temporary_error(
            gettext("Slack's address could not be found; the network or its DNS may be down.")
        )
    if isinstance(error, ssl.SSLCertVerificationError):
        return api_errors.temporary_error(gettext("Slack's certificate could not be verified, so nothing was sent."))
    return api_errors.temporary_error(gettext("No connection to Slack could be made."))


def parse_retry_after(headers: Mapping[str, str] | None) -> float | None:
    """Return the seconds named by Retry-After among ``headers`` (any mapping), None where missing or no number."""
    for name, value in (headers or {}).items():
        if name.lower() == "retry-after":
            try:
                seconds = float(value)
            except (TypeError, ValueError):
                return None
            return min(seconds, 3600.0) if seconds >= 0 else None
    return None


def is_loopback(host: str | None) -> bool:
    """Return whether ``host`` is this machine, where only a stand-in for Slack can be."""
    return host in {"127.0.0.1", "localhost", "::1"}
