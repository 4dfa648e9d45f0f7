"""Remember for how long Slack asked us to leave a method alone, so that nothing is called in vain meanwhile.

Slack limits each method in a workspace, posting in each channel (docs.slack.dev, "Rate limits"): a limit of one method
holds no call of another. Each process learns a limit from its own calls.
"""

import threading
from datetime import datetime, timedelta

from helpdesk import clock
from helpdesk.channels.slack.api import api_errors
from helpdesk.domain.outbox import errors

LIMITED_BY_CHANNEL = {"chat.postMessage", "chat.postEphemeral"}
RATE_LIMIT_CODES = {"ratelimited", "rate_limited"}  # the second is that of chat.postMessage
DEFAULT_SECONDS = 1.0  # where Slack names no time
MAX_ENTRIES = 5000

_lock = threading.Lock()
_until: dict[tuple[str, ...], datetime] = {}


def ensure_allowed(client_key: tuple[str, str], method: str, channel: str) -> None:
    """Raise TemporaryError with the seconds that are left while Slack limits ``method`` (in ``channel``)."""
    until = _until.get(_key(client_key, method, channel))
    remaining = (until - clock.now()).total_seconds() if until else 0.0
    if remaining > 0:
        raise api_errors.error_for_code("ratelimited", retry_after=remaining)


def remember(client_key: tuple[str, str], method: str, channel: str, error: errors.ChannelError) -> None:
    """Store the limit that Slack's refusal ``error`` names, if it names one."""
    if not is_rate_limit(error) or not isinstance(error, errors.TemporaryError):
        return
    seconds = DEFAULT_SECONDS if error.retry_after is None else error.retry_after
    with _lock:
        if len(_until) >= MAX_ENTRIES:
            _until.clear()
        _until[_key(client_key, method, channel)] = clock.now() + timedelta(seconds=seconds)


def is_rate_limit(error: errors.ChannelError) -> bool:
    """Return whether Slack asked us to slow down."""
    return api_errors.error_code(error) in RATE_LIMIT_CODES


def clear() -> None:
    """Remove every limit."""
    with _lock:
        _until.clear()


def _key(client_key: tuple[str, str], method: str, channel: str) -> tuple[str, ...]:
    return (*client_key, method, channel if method in LIMITED_BY_CHANNEL else "")
