"""Builds the package with the browser files inside, which are not in the repository, and with the migrations."""

import shutil
import subprocess
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
BROWSER_FILE = ROOT / "helpdesk" / "static" / "vendor" / "htmx.min.js"


class BuildWithBrowserFiles(build_py):
    """Fetch the browser files first. An installation that stays in the checkout has bin/set-up fetch them."""

    def run(self) -> None:
        if not self.editable_mode and not BROWSER_FILE.exists():
            subprocess.run([sys.executable, str(ROOT / "bin" / "fetch-browser-files")], check=True)
        super().run()
        if not self.editable_mode:
            target = Path(self.build_lib) / "helpdesk" / "migrations"
            shutil.copytree(
                ROOT / "migrations", target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
            )


setup(cmdclass={"build_py": BuildWithBrowserFiles})
