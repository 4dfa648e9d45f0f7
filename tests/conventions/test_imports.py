"""Import contracts hold, and ruff finds nothing."""

import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*command: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True)


def test_import_contracts_hold():
    done = run("-c", "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))")
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(
    ("contract", "listed", "without"),
    [("channels", "modules", None), ("slack", "source_modules", "slack"), ("mail", "source_modules", "email")],
)
def test_a_contract_lists_every_channel(contract, listed, without):
    settings = ConfigParser()
    settings.read(ROOT / "setup.cfg")
    modules = set(settings[f"importlinter:contract:{contract}"][listed].split())
    packages = {path.parent.name for path in (ROOT / "helpdesk/channels").glob("*/__init__.py")} - {without}
    assert len(packages) > 2
    assert {f"helpdesk.channels.{name}" for name in packages} <= modules


def test_ruff_finds_nothing():
    done = run("-m", "ruff", "check", "--no-cache", ".")
    assert done.returncode == 0, done.stdout
