"""A new status is the entry and the migration of docs/how-to/add-a-status.md: then it is found on every page and in
every channel."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = "tests/domain/new_status"


@pytest.mark.slow
def test_a_status_is_added_by_one_entry():
    """In a process of its own, since the table is read when the product is imported."""
    command = [
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "tests.domain.new_status.extra_entry",
        f"{FOLDER}/walk.py",
        f"{FOLDER}/migration.py",
    ]
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-6000:]
    assert "9 passed" in done.stdout
