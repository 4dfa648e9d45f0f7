"""Why something could not be put into a channel, or is not sent now: what the outbox needs to know to go on.

A ``ChannelError`` answers one question: may the other side have stored it? Each carries ``reason``, a sentence shown to
the team that holds no secret. ``SkipDelivery`` and ``RetryLater`` are what a channel raises while it renders a
delivery.
"""


class ChannelError(Exception):
    """Base of all errors of a channel; ``reason`` is a sentence for a person and holds no secret."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TemporaryError(ChannelError):
    """Certainly not stored; worth another try, after ``retry_after`` seconds where the other side named them."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class PermanentError(ChannelError):
    """Certainly not stored, and never will be as it is."""


class UnknownOutcomeError(ChannelError):
    """May have been stored: look before trying again."""


class ChannelBlockedError(ChannelError):
    """Certainly not stored; nothing will be until a person repairs the channel.

    ``scope`` is "channel" (archived, bot removed) or "installation" (token revoked, scope missing).
    """

    def __init__(self, reason: str, scope: str = "channel") -> None:
        super().__init__(reason)
        self.scope = scope


class SkipDelivery(Exception):
    """The delivery need not be sent any more; ``reason`` is shown to the team."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RetryLater(Exception):
    """The delivery must wait ``seconds`` longer; ``reason`` is shown to the team."""

    def __init__(self, reason: str, seconds: float) -> None:
        super().__init__(reason)
        self.reason = reason
        self.seconds = seconds
