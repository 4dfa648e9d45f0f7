"""The figures of a report, for one group of tickets or one part of time."""

from dataclasses import dataclass


@dataclass
class Figures:
    """One row of a report. Times are in seconds; None without data. ``backlog``: at the end of a period, else None.

    ``reopened`` counts tickets. ``response_met`` and so on count targets of the service level.
    """

    filed: int = 0
    answered: int = 0
    unanswered: int = 0
    response_median: float | None = None
    response_p90: float | None = None
    solved: int = 0
    resolution_median: float | None = None
    resolution_p90: float | None = None
    one_touch: int = 0
    rating: float | None = None
    ratings: int = 0
    reopened: int = 0
    response_met: int = 0
    response_missed: int = 0
    resolution_met: int = 0
    resolution_missed: int = 0
    backlog: int | None = None

    @property
    def response_rate(self) -> float | None:
        """The share of the solved tickets that their requesters rated."""
        return _share(self.ratings, self.solved)

    @property
    def one_touch_rate(self) -> float | None:
        return _share(self.one_touch, self.solved)

    @property
    def response_sla(self) -> float | None:
        """The share of the targets for the first response that were met."""
        return _share(self.response_met, self.response_met + self.response_missed)

    @property
    def resolution_sla(self) -> float | None:
        return _share(self.resolution_met, self.resolution_met + self.resolution_missed)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
