"""The results of earlier runs on this machine, in a file that git ignores, and a comparison with them."""

import json
import statistics
import subprocess
import time
from pathlib import Path
from typing import Any

from bench import report

HISTORY_FILE = Path(__file__).resolve().parent.parent / ".bench-history.jsonl"
COMPARED_RUNS = 5  # earlier runs of the same bench that a run is compared with


def add_run(bench: str, settings: dict[str, Any], values: dict[str, float]) -> None:
    """Print ``values``, times the baseline by case, beside those of runs with the same ``settings``, and keep them."""
    earlier = [run for run in _read() if run["bench"] == bench and run["settings"] == settings][-COMPARED_RUNS:]
    if earlier:
        commits = ", ".join(run["commit"] for run in earlier)
        rows = [_compare(name, value, earlier) for name, value in values.items()]
        header = ("case", "now", "last", "median before", "change %")
        report.print_table(f"Times the baseline, beside {len(earlier)} earlier runs ({commits})", header, rows)
    run = {"bench": bench, "settings": settings, "commit": _read_commit(), "at": time.strftime("%Y-%m-%d %H:%M")}
    with HISTORY_FILE.open("a") as file:
        file.write(json.dumps(run | {"values": values}) + "\n")


def _compare(name: str, value: float, earlier: list[dict[str, Any]]) -> tuple[str, ...]:
    before = [run["values"][name] for run in earlier if name in run["values"]]
    if not before:
        return name, f"{value:.1f}", "", "", "new"
    median = statistics.median(before)
    return name, f"{value:.1f}", f"{before[-1]:.1f}", f"{median:.1f}", f"{100 * (value / median - 1):+.0f}"


def _read() -> list[dict[str, Any]]:
    return [json.loads(line) for line in HISTORY_FILE.read_text().splitlines()] if HISTORY_FILE.exists() else []


def _read_commit() -> str:
    command = ["git", "-C", str(HISTORY_FILE.parent), "describe", "--always", "--dirty"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "no git"
