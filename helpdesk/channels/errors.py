"""Why something could not be put into a channel, said so that the outbox knows what to do next.

The class answers one question: may the other side have stored it? Each carries ``reason``, a sentence shown to the team.
"""


class ChannelError(Exception):
    """Base of all; ``reason`` is a sentence for a person and holds no secret."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


class TemporaryError(ChannelError):
    """Certainly not stored; worth another try, after ``retry_after`` seconds where the other side named them."""

    def __init__(self, reason: str, retry_after: float | None = None):
        super().__init__(reason)
        self.retry_after = retry_after


class PermanentError(ChannelError):
    """Certainly not stored, and never will be as it is."""


class UnknownOutcomeError(ChannelError):
    """May have been stored: look before trying again."""


class ChannelBlockedError(ChannelError):
    """Certainly not stored; nothing will be until a person mends it.

    ``scope`` is "channel" (archived, bot removed) or "installation" (token revoked, scope missing).
    """

    def __init__(self, reason: str, scope: str = "channel"):
        super().__init__(reason)
        self.scope = scope
