"""Rate limits and the revoked token."""

import threading
import time

# Tiers of docs.slack.dev/apis/web-api/rate-limits and of each method's page, in calls a minute; chat.postMessage: about
# one a second in a channel.
REQUESTS_PER_MINUTE = {
    "conversations.list": 20,
    "users.list": 20,
    "emoji.list": 20,
    "conversations.history": 50,
    "conversations.replies": 50,
    "conversations.join": 50,
    "conversations.info": 50,
    "users.conversations": 50,
    "conversations.members": 100,
    "users.info": 100,
    "users.lookupByEmail": 50,
    "chat.update": 50,
    "chat.delete": 50,
    "chat.postEphemeral": 100,
    "reactions.add": 50,
    "reactions.remove": 50,
    "reactions.get": 50,
    "files.info": 100,
    "files.getUploadURLExternal": 100,
    "files.completeUploadExternal": 100,
    "views.open": 100,
    "views.push": 100,
    "views.update": 100,
    "views.publish": 100,
    "team.info": 50,
    "bots.info": 50,
}
BURST_SIZE = 5


class RateLimits:
    """Rate limits (if ``enforced``) and until when the token is revoked."""

    def __init__(self, enforced: bool):
        self.enforced = enforced
        self._lock = threading.Lock()
        self._buckets: dict[tuple[str, str], tuple[float, float]] = {}
        self._revoked_until = 0.0

    def wait_for(self, method: str, channel: str) -> int:
        """Seconds to wait before this call is allowed; 0 allows and counts it.

        Source: docs.slack.dev/apis/web-api/rate-limits.
        """
        if not self.enforced:
            return 0
        posting = method == "chat.postMessage"
        if not posting and method not in REQUESTS_PER_MINUTE:
            return 0
        rate = 1.0 if posting else REQUESTS_PER_MINUTE[method] / 60
        most = BURST_SIZE if posting else REQUESTS_PER_MINUTE[method]
        key = (method, channel if posting else "")
        now = time.monotonic()
        with self._lock:
            left, seen = self._buckets.get(key, (float(most), now))
            left = min(float(most), left + (now - seen) * rate)
            if left < 1:
                self._buckets[key] = (left, now)
                return max(1, round((1 - left) / rate + 0.5))
            self._buckets[key] = (left - 1, now)
            return 0

    def revoke(self, seconds: float | None) -> None:
        """Revoke the token for so many seconds; None means for good, 0 ends it.

        Source: docs.slack.dev/reference/methods/auth.test (token_revoked).
        """
        self._revoked_until = float("inf") if seconds is None else time.monotonic() + seconds if seconds else 0.0

    @property
    def revoked(self) -> bool:
        """Whether the token is refused at present.

        Source: docs.slack.dev/reference/methods/auth.test (token_revoked).
        """
        return time.monotonic() < self._revoked_until
