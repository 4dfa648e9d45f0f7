"""The geometry of the review's charts, which the server draws as SVG (templates/macros/charts.html)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import ceil, log10

WIDTH, TOP, BASE = 320.0, 18.0, 126.0  # of the drawing, and the y of its highest and lowest value
STEPS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


@dataclass(frozen=True)
class ChartRow:
    """One value: ``value`` is None where nothing was measured; ``url`` leads to the tickets behind it."""

    label: str
    value: float | None
    text: str
    url: str = ""


@dataclass(frozen=True)
class Point:
    """A row at its place. ``left`` and ``width`` are the part of the drawing that belongs to it; ``y`` of a value."""

    row: ChartRow
    left: float
    width: float
    y: float | None

    @property
    def x(self) -> float:
        """The middle of its part."""
        return round(self.left + self.width / 2, 1)

    @property
    def height(self) -> float:
        """Of a column: a value above nothing is seen."""
        if self.y is None or not self.row.value:
            return 0
        return round(max(BASE - self.y, 1.5), 1)

    @property
    def side(self) -> str:
        """Where a text at this point begins, so that it stays inside the drawing."""
        return "start" if self.x < WIDTH * 0.3 else "end" if self.x > WIDTH * 0.7 else "middle"

    @property
    def text_x(self) -> float:
        """Where a text at this point is set."""
        return round({"start": self.left, "end": self.left + self.width}.get(self.side, self.x), 1)


@dataclass(frozen=True)
class Chart:
    """A chart over time. ``lines``: the points of each unbroken piece of its line. ``ticks``: y and text."""

    title: str
    unit: str
    points: list[Point]
    ticks: list[tuple[float, str]] = field(default_factory=list)
    is_line: bool = False

    @property
    def lines(self) -> list[str]:
        """The pieces of the line; it ends where nothing was measured and begins anew."""
        pieces: list[list[str]] = [[]]
        for point in self.points:
            if point.y is None:
                pieces.append([])
            else:
                pieces[-1].append(f"{point.x},{point.y}")
        return [" ".join(piece) for piece in pieces if len(piece) > 1]

    @property
    def rows(self) -> list[ChartRow]:
        return [point.row for point in self.points]

    @property
    def marks(self) -> list[Point]:
        """The points whose labels stand below the axis: the first, the middle and the last."""
        count = len(self.points)
        places = sorted({0, (count - 1) // 2, count - 1} if count > 4 else {0, count - 1}) if count else []
        return [self.points[place] for place in places]


def make_chart(
    title: str,
    unit: str,
    rows: Sequence[ChartRow],
    format_tick: Callable[[float], str],
    *,
    is_line: bool = False,
    highest: float = 0,
) -> Chart:
    """Return the chart of ``rows``, whose axis goes from 0 to ``highest``, else to a round number above all values."""
    highest = highest or round_up(max((row.value or 0 for row in rows), default=0))
    width = WIDTH / max(len(rows), 1)
    points = [
        Point(
            row,
            round(place * width, 1),
            round(width, 1),
            None if row.value is None else round(BASE - row.value / highest * (BASE - TOP), 1),
        )
        for place, row in enumerate(rows)
    ]
    ticks = [(TOP, format_tick(highest)), (BASE, format_tick(0))]
    return Chart(title, unit, points, ticks, is_line)


def round_up(value: float) -> float:
    """Return the round number at or above ``value`` that the axis ends with; 1 at least."""
    if value <= 1:
        return 1
    power = 10.0 ** int(log10(value))
    step = next(step for step in STEPS if step * power >= value)
    return ceil(step * power) if step * power >= 10 else step * power
