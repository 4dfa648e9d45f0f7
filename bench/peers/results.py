"""What was measured, as a table: each site's median, how many times the best peer's it is, and the noise."""

import statistics
from dataclasses import dataclass

QUARTILES = 4


@dataclass(frozen=True)
class Cost:
    """Milliseconds of processor time of a request: the application's servers and the database."""

    app: float
    database: float

    @property
    def total(self) -> float:
        return self.app + self.database


@dataclass(frozen=True)
class Row:
    """One case: medians of the rounds; ``times``: the best peer's by ours, None where no peer can do it."""

    case: str
    medians: dict[str, Cost]
    noise: int
    times: float | None


def summarize(found: dict[str, dict[str, list[Cost]]], ours: str) -> list[Row]:
    """One row for each case."""
    return [make_row(case, costs, ours) for case, costs in found.items() if ours in costs]


def make_row(case: str, costs: dict[str, list[Cost]], ours: str) -> Row:
    """The row of one case, whose rounds are in ``costs`` by site."""
    medians = {site: find_median(rounds) for site, rounds in costs.items()}
    peers = [median.total for site, median in medians.items() if site != ours]
    times = min(peers) / medians[ours].total if peers and medians[ours].total else None
    return Row(case, medians, max(find_noise(rounds) for rounds in costs.values()), times)


def find_median(rounds: list[Cost]) -> Cost:
    """The round whose total is in the middle, so that its two parts belong together."""
    return sorted(rounds, key=lambda cost: cost.total)[(len(rounds) - 1) // 2]


def find_noise(rounds: list[Cost]) -> int:
    """How far the rounds are apart: the spread between the quartiles, in percent of the median."""
    totals = [cost.total for cost in rounds]
    if len(totals) < 2 or not statistics.median(totals):
        return 0
    low, _, high = statistics.quantiles(totals, n=QUARTILES, method="inclusive")
    return round(100 * (high - low) / statistics.median(totals))


def format_rows(rows: list[Row], ours: str, peers: list[str]) -> list[tuple[str, ...]]:
    """The lines of the table: application + database of each site, times the best peer, noise."""
    return [
        (
            row.case,
            *(format_cost(row.medians.get(site)) for site in (ours, *peers)),
            "" if row.times is None else f"{row.times:.1f}",
            str(row.noise),
        )
        for row in rows
    ]


def format_cost(cost: Cost | None) -> str:
    """Application + database = both; nothing for what a site cannot do."""
    return "none" if cost is None else f"{cost.app:.1f} + {cost.database:.1f} = {cost.total:.1f}"
