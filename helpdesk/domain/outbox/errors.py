"""Why a claimed delivery is not sent now."""


class SkipDelivery(Exception):
    """It need not be sent any more; ``reason`` is shown to the team."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


class RetryLater(Exception):
    """It must wait ``seconds`` longer; ``reason`` is shown to the team."""

    def __init__(self, reason: str, seconds: float):
        super().__init__(reason)
        self.reason = reason
        self.seconds = seconds
