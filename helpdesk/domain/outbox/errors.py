"""Errors of channels, and the exceptions with which a channel postpones or skips a delivery.

A subclass of ``ChannelError`` states whether the external service may have stored the message. ``SkipDelivery`` and
``RetryLater`` are raised while a delivery is rendered.
"""


class ChannelError(Exception):
    """Base of all errors of a channel. ``reason`` is a sentence shown to the team; it contains no secret."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TemporaryError(ChannelError):
    """Certainly not stored; to be retried, after ``retry_after`` seconds if the external service named them."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class PermanentError(ChannelError):
    """Certainly not stored; a retry would fail as well."""


class UnknownOutcomeError(ChannelError):
    """May have been stored; to be looked up before a retry."""


class ChannelBlockedError(ChannelError):
    """Certainly not stored; the channel accepts nothing until a person repairs it.

    ``scope`` is "channel" (archived, bot removed) or "installation" (token revoked, scope missing).
    """

    def __init__(self, reason: str, scope: str = "channel") -> None:
        super().__init__(reason)
        self.scope = scope


class SkipDelivery(Exception):
    """The delivery need not be sent; ``reason`` is shown to the team."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RetryLater(Exception):
    """The delivery must wait ``seconds`` longer; ``reason`` is shown to the team."""

    def __init__(self, reason: str, seconds: float) -> None:
        super().__init__(reason)
        self.reason = reason
        self.seconds = seconds
