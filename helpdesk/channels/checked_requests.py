"""Send one POST to a checked address, without redirects or retries, and map the answer to our errors.

No outcome here is unknown: whoever receives it recognises a repeated request, so sending again is always safe.
"""

from collections.abc import Mapping

import urllib3

from helpdesk import bounded_http
from helpdesk.channels import ssrf
from helpdesk.domain.outbox import errors
from helpdesk.domain.outbox.channel import SendResult
from helpdesk.translation import gettext

TIMEOUT = urllib3.Timeout(connect=5, read=10)
TOTAL_SECONDS = 15.0  # of one request: a receiver that sends a byte now and then holds no worker for longer
MAX_SHOWN_LENGTH = 300  # characters of an answer that the log shows
MAX_RESPONSE_BYTES = 2_000  # bytes of an answer that are read


class ReceiverGone(errors.PermanentError):
    """The receiver answered that nothing is there any more."""


def post_request(url: str, headers: Mapping[str, str], body: bytes, gone: tuple[int, ...] = (410,)) -> SendResult:
    """POST ``body``; any 2xx counts as received. Raises the errors of domain.outbox.errors; ReceiverGone for the
    statuses ``gone``.
    """
    place = ssrf.resolve_url(url)
    try:
        with bounded_http.cut_after(TOTAL_SECONDS), _connection_pool(place) as pool:
            answer = pool.urlopen(
                "POST",
                place.path,
                body=body,
                headers={**headers, "Host": _host_header(place)},
                redirect=False,
                retries=False,
                preload_content=False,
            )
            status = answer.status
            beginning = _read_beginning(answer)
            retry_after = answer.headers.get("Retry-After", "")
            answer.close()
    except urllib3.exceptions.NewConnectionError:
        raise errors.TemporaryError(gettext("%(host)s takes no connection.", host=place.host)) from None
    except urllib3.exceptions.ConnectTimeoutError:
        raise errors.TemporaryError(gettext("%(host)s did not answer in time.", host=place.host)) from None
    except urllib3.exceptions.SSLError:
        raise errors.TemporaryError(
            gettext("The certificate of %(host)s could not be verified.", host=place.host)
        ) from None
    except urllib3.exceptions.HTTPError:
        raise errors.TemporaryError(
            gettext("%(host)s ended the connection before it answered.", host=place.host)
        ) from None
    if 200 <= status < 300:
        return SendResult(str(status), {"status": status, "answer": _shown_text(beginning)})
    if status in gone:
        raise ReceiverGone(
            gettext("%(host)s answered %(status)s: it wants no more of these.", host=place.host, status=status)
        )
    if status in (429, 503):
        raise errors.TemporaryError(
            gettext("%(host)s answered %(status)s.", host=place.host, status=status), _parse_seconds(retry_after)
        )
    if 300 <= status < 400:
        raise errors.PermanentError(
            gettext("%(host)s answered %(status)s, a redirect, which is not followed.", host=place.host, status=status)
        )
    raise errors.TemporaryError(gettext("%(host)s answered %(status)s.", host=place.host, status=status))


def _read_beginning(answer: urllib3.BaseHTTPResponse) -> bytes:
    """Read what the log shows; the status is the answer, also where the rest breaks off or takes too long."""
    try:
        return answer.read(MAX_RESPONSE_BYTES, decode_content=False)
    except (OSError, urllib3.exceptions.HTTPError):
        return b""


def _connection_pool(place: ssrf.ResolvedUrl) -> urllib3.HTTPConnectionPool:
    if place.scheme == "http":
        return bounded_http.BoundedPool(place.address, place.port, timeout=TIMEOUT, maxsize=1)
    return bounded_http.BoundedSecurePool(
        place.address, place.port, timeout=TIMEOUT, maxsize=1, server_hostname=place.host, assert_hostname=place.host
    )


def _host_header(place: ssrf.ResolvedUrl) -> str:
    host = f"[{place.host}]" if ":" in place.host else place.host
    return host if place.port in (80, 443) else f"{host}:{place.port}"


def _shown_text(beginning: bytes) -> str:
    """Return the beginning of an answer as text for the log: printable and on one line."""
    text = beginning.decode("utf-8", errors="replace")
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:MAX_SHOWN_LENGTH]


def _parse_seconds(text: str) -> float | None:
    return min(float(text), 3600.0) if text.isdecimal() else None
