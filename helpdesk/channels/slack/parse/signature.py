"""Verify that a request comes from Slack: slack_sdk's own check, called so that malformed input cannot raise."""

import time
from collections.abc import Iterable, Mapping
from datetime import datetime

from slack_sdk.signature import SignatureVerifier


class _FixedClock:
    def __init__(self, now: float) -> None:
        self._now = now

    def now(self) -> float:
        return self._now


def verify_signature(
    headers: Mapping[str, str], body: bytes, secrets: Iterable[str], now: float | datetime | None = None
) -> bool:
    """Return whether ``body`` was signed with one of ``secrets`` within five minutes of ``now`` (Unix seconds or aware
    datetime).

    Compares in constant time. Any malformed header, body or secret gives False. Several secrets allow a rotation.
    """
    moment = now.timestamp() if isinstance(now, datetime) else time.time() if now is None else now
    named = [(str(name).lower(), value) for name, value in headers.items()]
    stamps = [value for name, value in named if name == "x-slack-request-timestamp"]
    signatures = [value for name, value in named if name == "x-slack-signature"]
    if len(stamps) != 1 or len(signatures) != 1:
        return False
    # Each secret is tried, so that the time taken does not depend on which one fitted.
    fitting = [
        _matches_secret(body, stamps[0], signatures[0], secret, moment)
        for secret in secrets
        if secret and secret.strip()
    ]
    return any(fitting)


def _matches_secret(body: bytes, stamp: str, signature: str, secret: str, now: float) -> bool:
    if not (isinstance(stamp, str) and stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        return False
    try:
        return bool(SignatureVerifier(secret, _FixedClock(now)).is_valid(body, stamp, signature))
    except (
        TypeError,
        ValueError,
        OverflowError,
    ):  # the verifier raises on malformed input, which is simply not Slack's
        return False
