"""The README lists every setting, command and status."""

import re
from pathlib import Path

from helpdesk import cli, config, environment_variables
from helpdesk.models.ticket import Status

README = (Path(__file__).parents[2] / "README.md").read_text()


def row(setting: environment_variables.EnvironmentVariable) -> str:
    """The setting's row in the README's table."""
    default = setting.default
    shown = "" if default in ("", ()) else "0" if default is False else str(default)
    return f"| `{setting.name}` | {f'`{shown}`' if shown else ''} | {setting.why} |"


def test_settings_table_matches_the_settings():
    rows = [line for line in README.splitlines() if re.match(r"\| `[A-Z][A-Z0-9_]+` \|", line)]
    assert rows == [row(setting) for setting in config.ENVIRONMENT_VARIABLES]


def test_every_command_is_named():
    for name in cli.COMMAND_PATHS:
        assert f"helpdesk {name}" in README, name


def test_every_status_is_explained():
    for status in Status:
        assert re.search(rf"^\| {status} \| ", README, re.M), status


def test_every_picture_and_file_it_links_to_exists():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        if not target.startswith("http"):
            assert (Path(__file__).parents[2] / target).exists(), target
