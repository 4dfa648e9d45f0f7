"""Every break in tests/mutants/breaks.toml still applies to the source, and its tests exist."""

import subprocess
import sys

import pytest

from tests.mutants.breaks import ROOT, Break, load

BREAKS = load()


def test_names_are_unique_and_there_are_enough():
    assert len({each.name for each in BREAKS}) == len(BREAKS) >= 25


@pytest.mark.parametrize("each", BREAKS, ids=lambda each: each.name)
def test_each_break_applies_to_the_source(each: Break):
    broken = each.apply((ROOT / each.file).read_text())
    compile(broken, each.file, "exec")


def test_the_tests_of_each_break_exist():
    """As pytest collects them: a wrong parameter in a name is a test that never runs."""
    assert [each.name for each in BREAKS if not each.tests or not each.why.endswith(".")] == []
    named = sorted({test for each in BREAKS for test in each.tests})
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--collect-only", *named]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
