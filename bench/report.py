"""How results are printed: percentiles, tables and the versions they were measured with."""

import sys
import time

import psutil


def percentile(values: list[float], share: float) -> float:
    """The value that ``share`` (0 to 1) of ``values`` do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def print_table(title: str, header: tuple[str, ...], rows: list[tuple]) -> None:
    """Print rows in columns, the first to the left and the others to the right."""
    cells = [tuple(str(cell) for cell in row) for row in [header, *rows]]
    widths = [max(len(row[place]) for row in cells) for place in range(len(header))]
    print(f"\n{title}")
    for number, row in enumerate(cells):
        print(
            "  "
            + "  ".join(
                cell.ljust(width) if not place else cell.rjust(width)
                for place, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
        )
        if number == 0:
            print("  " + "  ".join("-" * width for width in widths))
    sys.stdout.flush()


def describe_versions() -> str:
    """Python version, cores, memory and date, as one line."""
    memory = round(psutil.virtual_memory().total / 2**30)
    return f"Python {sys.version.split()[0]}, {psutil.cpu_count()} cores, {memory} GB; {time.strftime('%d %B %Y')}"
