"""Migrations of a running installation: an index on a table that is there is made without stopping whoever writes."""

import ast
from collections.abc import Iterator
from pathlib import Path

from flask_migrate import downgrade, stamp, upgrade

from helpdesk import config, extensions
from helpdesk.cli import schema_migration

WITH_STOPPED_PROCESSES = "0058"  # up to here: the upgrade from 1.0 to 2.0 stops web and workers anyway
COMMITS_EARLY = "autocommit_block"
VERSIONS = sorted((Path(config.MIGRATIONS_FOLDER) / "versions").glob("*.py"))


def calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    """The calls of ``op.name(...)`` in ``tree``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name:
            yield node


def list_blocking_indexes(source: str) -> list[int]:
    """The lines of ``source`` on which an index of an earlier table is made while PostgreSQL locks the table."""
    tree = ast.parse(source)
    new_tables = {ast.unparse(call.args[0]) for call in calls(tree, "create_table") if call.args}
    going_up = [part for part in tree.body if isinstance(part, ast.FunctionDef) and part.name != "downgrade"]
    return [
        call.lineno
        for function in going_up
        for call in calls(function, "create_index")
        if ast.unparse(call.args[1]) not in new_tables
        and not any(keyword.arg == "postgresql_concurrently" for keyword in call.keywords)
    ]


def test_indexes_of_earlier_tables_are_made_concurrently():
    blocking = {
        path.name: lines
        for path in VERSIONS
        if path.name[:4] > WITH_STOPPED_PROCESSES and (lines := list_blocking_indexes(path.read_text()))
    }
    assert blocking == {}, "use postgresql_concurrently=True inside op.get_context().autocommit_block()"


def test_the_rule_tells_them_apart():
    table = 'def upgrade():\n    op.create_table("new")\n    op.create_index("a", "new", ["b"])\n'
    later = 'def upgrade():\n    op.create_index("a", "tickets", ["b"]{})\n'
    assert list_blocking_indexes(table) == [] and list_blocking_indexes(later.format("")) == [2]
    assert list_blocking_indexes(later.format(", postgresql_concurrently=True")) == []


def test_a_migration_that_was_interrupted_goes_on(app):
    """What commits before its end may be asked for again: its column is there, its version is not written."""
    names = [path.name[:4] for path in VERSIONS]
    early = [path.name[:4] for path in VERSIONS if COMMITS_EARLY in path.read_text()]
    extensions.db.session.remove()
    for revision in (each for each in reversed(early) if each > WITH_STOPPED_PROCESSES):
        downgrade(revision=revision)
        stamp(revision=names[names.index(revision) - 1])
        upgrade(revision=revision)
    upgrade()
    at, head = schema_migration.get_revisions()
    assert at == head
