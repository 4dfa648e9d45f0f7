"""The README lists every setting, command and status; docs/configure.md every setting that is changed at run time."""

import re
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

from helpdesk import cli
from helpdesk.models.ticket import Status

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def load_script() -> ModuleType:
    """``bin/settings-table``, which writes the tables."""
    spec = spec_from_loader("settings_table", SourceFileLoader("settings_table", str(ROOT / "bin" / "settings-table")))
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("page", "rows"), [("README.md", 50), ("docs/configure.md", 50)])
def test_a_table_has_exactly_the_settings(page, rows):
    table = load_script().TABLES[page]()
    assert table.count("\n") > rows
    assert table in (ROOT / page).read_text(), "run bin/settings-table"


def test_every_command_is_named():
    for name in cli.COMMAND_PATHS:
        assert f"helpdesk {name}" in README, name


def test_every_status_is_explained():
    for status in Status:
        assert re.search(rf"^\| {status} \| ", README, re.M), status


def test_every_picture_and_file_it_links_to_exists():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target
