"""MDN's browser compatibility data: since which version a browser knows a feature of CSS or JavaScript.

The data is a package of npm, which ``.ci/run`` installs; BROWSER_DATA_DIR is the folder. Source of the format:
github.com/mdn/browser-compat-data, its schema of compat data.
"""

import json
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

BROWSERS = ("chrome", "firefox", "safari", "safari_ios")
NEVER = 9999.0
FOLDER = os.environ.get("BROWSER_DATA_DIR", "")


def find_module(name: str) -> Path:
    """The folder of an installed package of npm; skips the test where there is none."""
    path = Path(FOLDER) / "node_modules" / name
    if not FOLDER or not path.exists():
        pytest.skip(f"WARNING: {name} is not installed (BROWSER_DATA_DIR), so newer features are not looked for.")
    return path


@cache
def load() -> dict[str, Any]:
    return json.loads((find_module("@mdn/browser-compat-data") / "data.json").read_text(encoding="utf-8"))


def versions(entry: dict[str, Any]) -> tuple[float, ...]:
    """The first version of each of BROWSERS that knows the feature, without a prefix or a setting; NEVER if none."""
    return tuple(_first_version(entry["__compat"]["support"].get(browser, [])) for browser in BROWSERS)


def _first_version(statements: Any) -> float:
    listed = statements if isinstance(statements, list) else [statements]
    return min((_version(statement) for statement in listed), default=NEVER)


def _version(statement: dict[str, Any]) -> float:
    added = statement.get("version_added")
    if not isinstance(added, str) or statement.get("flags") or statement.get("prefix"):
        return NEVER
    if statement.get("version_removed") or statement.get("alternative_name"):
        return NEVER
    number = re.search(r"\d+(\.\d+)?", added)
    return float(number[0]) if number else NEVER


def entries(tree: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Every feature below ``tree``, with its path."""
    for name, child in tree.items():
        if isinstance(child, dict) and name != "__compat":
            if "__compat" in child:
                yield (*path, name), child
            yield from entries(child, (*path, name))
