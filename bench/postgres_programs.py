"""The programs of a PostgreSQL server to run beside others: from the wheel pgserver, else those of this machine.

POSTGRESQL_PROGRAMS names the folder of others, POSTGRESQL_INITDB more options of initdb.
"""

import importlib.util
import os
import pwd
import shlex
import shutil
from pathlib import Path

PACKAGED = "/usr/lib/postgresql"  # Debian and Ubuntu keep initdb and postgres here, by version, and not on the PATH


def find_programs() -> Path:
    """The folder with initdb, postgres, pg_dump and the others. Raises RuntimeError in words if there is none."""
    chosen = os.environ.get("POSTGRESQL_PROGRAMS")
    if chosen:
        return Path(chosen).resolve()
    package = importlib.util.find_spec("pgserver")
    if package and package.origin:
        return Path(package.origin).parent / "pginstall" / "bin"
    versions = sorted(Path(PACKAGED).glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = versions[-1] if versions else shutil.which("initdb")
    if found is None:
        raise RuntimeError(
            "There is no PostgreSQL to try with: install postgresql, or name a server with TEST_DATABASE_URL."
        )
    return Path(found).resolve().parent


def get_initdb_options() -> list[str]:
    """The options of initdb that the environment asks for, such as another collation."""
    return shlex.split(os.environ.get("POSTGRESQL_INITDB", ""))


def get_ordinary_user(folder: Path, own: Path) -> str | None:
    """The user that PostgreSQL runs as, since it refuses root; None for the present one. ``own`` is made theirs."""
    if os.geteuid() != 0:
        return None
    name = _find_or_make_user()
    folder.chmod(0o755)
    own.mkdir(mode=0o700, exist_ok=True)
    shutil.chown(own, name)
    return name


def _find_or_make_user() -> str:
    if importlib.util.find_spec("pgserver"):
        from pgserver import utils

        utils.ensure_user_exists("pgserver")
        return "pgserver"
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"
