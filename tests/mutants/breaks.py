"""The table of breaks, read and checked."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLE = Path(__file__).with_name("breaks.toml")


@dataclass(frozen=True)
class Break:
    """One change of one line, or of two that guard the same.

    ``old`` is exactly once in ``file``; ``tests`` are the node ids that must fail.
    """

    name: str
    why: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    short: bool = False

    def apply(self, text: str) -> str:
        """``text`` with the break in it. Raises ValueError where ``old`` is not exactly once in it."""
        if (count := text.count(self.old)) != 1:
            raise ValueError(f"{self.old!r} is {count} times in {self.file}")
        return text.replace(self.old, self.new)


def load() -> list[Break]:
    """Every break, in the order of the table."""
    rows = tomllib.loads(TABLE.read_text())["break"]
    return [Break(**{**row, "tests": tuple(row["tests"])}) for row in rows]
