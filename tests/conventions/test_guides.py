"""Commands, settings pages and make targets that the guides name exist, with the options they are given."""

import re
import shlex
from collections.abc import Iterator

import click
import pytest

from helpdesk import cli
from helpdesk.models.setting import SETTINGS
from helpdesk.web.settings import navigation
from tests.conventions.test_files import ROOT, TEXTS, text_of

GUIDES = [name for name in TEXTS if name.endswith(".md") and not name.startswith(("docs/adr/", "CHANGELOG"))]
IN_CODE = re.compile(r"```.*?```|`[^`]+`", re.DOTALL)
COMMAND = re.compile(r"(?:^ *|`|&& |/|--rm web )helpdesk ((?:--?)?[a-z][^\n|`;&#]*)", re.MULTILINE)
NO_COMMANDS = ("docs/architecture.md",)  # a picture of the parts, by their names
SETTINGS_PAGE = re.compile(r"\*Settings, ([^*,]+)")


def list_commands() -> Iterator[tuple[str, list[str]]]:
    """Each ``helpdesk ...`` of a guide's code, as its file and its words."""
    for name in GUIDES:
        for code in IN_CODE.findall(text_of(name)) if name not in NO_COMMANDS else ():
            for match in COMMAND.finditer(code.replace("\\\n", " ")):
                words = shlex.split(re.sub(r"[\[\]\"'()]", " ", match[1]).rstrip(" ."))
                yield name, words


def find_problem(words: list[str]) -> str:
    """What is wrong with a command line; "" if nothing is."""
    command: click.Command = cli.helpdesk
    context = click.Context(command)
    while words and isinstance(command, click.Group):
        found = command.get_command(context, words[0].rstrip(","))
        if found is None:
            is_option = words[0].startswith("-") or command.invoke_without_command
            return "" if is_option else f"no command {words[0]}"
        command, words = found, words[1:]
    known = {option for each in command.params for option in (*each.opts, *each.secondary_opts)} | {"--help"}
    wrong = [word for word in words if word.startswith("--") and word.split("=")[0].rstrip(",") not in known]
    if command.name == "set" and len(words) > 1 and words[0].islower() and words[0] not in (*SETTINGS, "name"):
        return f"no setting {words[0]}"
    return f"no option {wrong[0]}" if wrong else ""


def test_commands_exist():
    commands = list(list_commands())
    assert len(commands) > 80
    wrong = [
        f"{name}: helpdesk {' '.join(words)}: {problem}" for name, words in commands if (problem := find_problem(words))
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("doctor --quick", ""),
        ("agent invite you@company.example --role admin", ""),
        ("docter", "no command docter"),
        ("agent add", "no command add"),
        ("backup --check FILE", "no option --check"),
        ("settings set triage_chanel C1", "no setting triage_chanel"),
    ],
)
def test_a_wrong_command_is_noticed(line, problem):
    assert find_problem(line.split()) == problem


def test_settings_pages_have_the_names_of_the_navigation(app):
    labels = {str(entry.label) for _, entries in navigation.GROUPS for entry in entries}
    named = {
        (name, match[1].strip()) for name in GUIDES for match in SETTINGS_PAGE.finditer(" ".join(text_of(name).split()))
    }
    assert len(named) > 15
    assert {(name, page) for name, page in named if page not in labels} == set()


def test_make_targets_exist():
    targets = set(re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        (name, match)
        for name in GUIDES
        for code in IN_CODE.findall(text_of(name))
        for match in re.findall(r"(?:`|&& |\n *)make ([a-z][\w-]*)", code)
    }
    assert len(named) > 20
    assert {(name, target) for name, target in named if target not in targets} == set()
