"""Tests replace functions of the standard library for one module, never for the whole process.

Threads that an earlier test left behind, a timer or a server, would call what a test puts in their place.
"""

import ast
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
ALLOWED = {"sys.stdin"}  # pytest replaces it for the whole process too


def find_replaced_libraries(source: str) -> list[str]:
    """The first arguments of ``setattr`` and ``delattr`` of monkeypatch that name a module of the standard library."""
    found = []
    for call in ast.walk(ast.parse(source)):
        match call:
            case ast.Call(func=ast.Attribute(value=ast.Name(), attr="setattr" | "delattr"), args=[target, *_]):
                is_text = isinstance(target, ast.Constant)
                name = str(target.value) if is_text else ast.unparse(target)
                *modules, last = name.split(".")
                parts = modules if is_text else [*modules, last]
                if name not in ALLOWED and any(is_library(parts, index) for index in range(len(parts))):
                    found.append(name)
    return found


def is_library(parts: list[str], index: int) -> bool:
    """Whether a part of a dotted name is a module of the standard library; ``helpdesk.….email`` is one of ours."""
    return parts[index] in sys.stdlib_module_names and not (parts[0] == "helpdesk" and parts[index - 1] == "channels")


def test_no_test_replaces_a_function_for_the_whole_process():
    assert [
        f"{path.relative_to(TESTS)}: {name}"
        for path in sorted(TESTS.rglob("*.py"))
        for name in find_replaced_libraries(path.read_text())
    ] == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('monkeypatch.setattr(probes.time, "time", now)', ["probes.time"]),
        ('monkeypatch.setattr(socket, "getaddrinfo", now)', ["socket"]),
        ('monkeypatch.setattr("helpdesk.clock.time.time", now)', ["helpdesk.clock.time.time"]),
        ('patched.setattr(smtplib.SMTP, "quit", now)', ["smtplib.SMTP"]),
        ('monkeypatch.setattr("helpdesk.channels.email.settings.PORT", 1)', []),
        ('monkeypatch.setattr(probes, "time", now)', []),
    ],
)
def test_it_would_be_found(line, found):
    assert find_replaced_libraries(line) == found
