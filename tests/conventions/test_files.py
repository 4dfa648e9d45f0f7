"""Rules for every file of the repository: size, newlines, names."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAX_LINES = 300
MAX_LINE_LENGTH = 120
LONGER: dict[str, str] = {}  # path: why one file is right
SIGNATURE = "-- "  # the line before a mail's signature ends with a space (RFC 3676)
WRITTEN = {
    ".py",
    ".html",
    ".css",
    ".js",
    ".md",
    ".txt",
    ".yaml",
    ".yml",
    ".cfg",
    ".toml",
    ".sh",
    ".service",
    ".conf",
    "",
}


def tracked() -> list[str]:
    """Every file of the repository, or of the folder where there is no repository."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode == 0 and listed.stdout:
        return [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]
    skipped = {".venv", "var", "__pycache__", "vendor", ".git", "test-results"}
    return [str(path.relative_to(ROOT)) for path in ROOT.rglob("*") if path.is_file() and not skipped & set(path.parts)]


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


TEXTS = [name for name in tracked() if Path(name).suffix in WRITTEN]


def test_something_is_tracked():
    assert len(TEXTS) > 100


def test_every_file_ends_with_one_newline():
    wrong = [name for name in TEXTS if (text := text_of(name)) and (not text.endswith("\n") or text.endswith("\n\n"))]
    assert wrong == []


def test_no_trailing_spaces_or_carriage_returns():
    kept = ("tests/channels/",)  # golden mails and messages, byte for byte
    wrong = [
        name
        for name in TEXTS
        if not name.startswith(kept)
        and any(line != line.rstrip() and line != SIGNATURE for line in text_of(name).split("\n"))
    ]
    assert wrong == []


def test_files_are_small():
    lengths = {
        name: text_of(name).count("\n") for name in TEXTS if Path(name).suffix in {".py", ".css", ".js", ".html"}
    }
    long = {name: count for name, count in lengths.items() if count > MAX_LINES and not name.startswith("tests/")}
    assert set(long) <= set(LONGER), {name: long[name] for name in set(long) - set(LONGER)}
    ours = sorted(
        count for name, count in lengths.items() if name.startswith(("helpdesk/", "workers/")) and name.endswith(".py")
    )
    assert ours[len(ours) // 2] <= 110, "the median of our modules grew; a noun wants to be found"


def test_lines_are_short():
    """Of everything a browser or a mail program gets; for Python, the formatter sees to it."""
    shown = [
        name
        for name in tracked()
        if name.startswith("helpdesk/") and name.endswith((".html", ".css", ".js", ".svg", ".txt"))
    ]
    assert len(shown) > 100
    long = [
        f"{name}:{number}"
        for name in shown
        for number, line in enumerate(text_of(name).splitlines(), 1)
        if len(line) > MAX_LINE_LENGTH
    ]
    assert long == []


def test_no_text_is_marked_unfinished():
    words = ("TO" + "DO", "FIX" + "ME", "XX" + "X", "TEMPOR" + "ARY until")
    wrong = [
        (name, word)
        for name in TEXTS
        if name.endswith((".py", ".html", ".js"))
        for word in words
        if word in text_of(name)
    ]
    assert wrong == []


@pytest.mark.parametrize("name", ["utils", "helpers", "common", "misc"])
def test_no_catch_all_module_names(name):
    assert [path for path in tracked() if path.endswith((f"/{name}.py", f"/{name}/__init__.py"))] == []


def test_no_third_party_files():
    """Browser files come from a wheel at set-up; nothing minified or vendored is in the repository."""
    assert [path for path in tracked() if ".min." in path or "/vendor/" in path or "node_modules" in path] == []
