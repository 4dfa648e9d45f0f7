"""The Python code of docs/how-to/add-a-status.md: the entry and the migration, as somebody would copy them."""

import re
from pathlib import Path

GUIDE = Path(__file__).parents[3] / "docs/how-to/add-a-status.md"


def read_blocks() -> tuple[str, str]:
    """The entry of the table, indented as in the class, and the migration."""
    entry, migration = re.findall(r"^ *```python\n(.*?)^ *```", GUIDE.read_text(encoding="utf-8"), re.M | re.DOTALL)
    indented = [re.sub(r"^ {3}", "", line) for line in migration.splitlines(keepends=True)]
    return re.sub(r"^ {3}", "    ", entry, flags=re.M), "".join(indented)


def write_migration(versions: Path) -> str:
    """Write the guide's migration into ``versions``, numbered after the last; returns its source."""
    last = max(path.name[:4] for path in versions.glob("[0-9]*.py"))
    number = f"{int(last) + 1:04d}"
    source = re.sub(r'^revision = "\d+"', f'revision = "{number}"', read_blocks()[1], flags=re.M)
    source = re.sub(r'^down_revision = "\d+"', f'down_revision = "{last}"', source, flags=re.M)
    (versions / f"{number}_add_status_escalated.py").write_text(source, encoding="utf-8")
    return source
