"""Every break in tests/mutants/breaks.toml still applies to the source, and its tests exist."""

import pytest

from tests.mutants.breaks import ROOT, Break, load

BREAKS = load()


def test_names_are_unique_and_there_are_enough():
    assert len({each.name for each in BREAKS}) == len(BREAKS) >= 25


@pytest.mark.parametrize("each", BREAKS, ids=lambda each: each.name)
def test_each_break_applies_to_the_source(each: Break):
    broken = each.apply((ROOT / each.file).read_text())
    compile(broken, each.file, "exec")


@pytest.mark.parametrize("each", BREAKS, ids=lambda each: each.name)
def test_tests_of_each_break_exist(each: Break):
    assert each.tests and each.why.endswith(".")
    for test in each.tests:
        path, *names = test.split("::")
        source = (ROOT / path).read_text()
        for name in names:
            assert f"def {name.partition('[')[0]}(" in source or f"class {name}" in source, test
