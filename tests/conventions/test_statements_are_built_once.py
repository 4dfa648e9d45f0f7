"""A function that keeps statements for all threads builds them one at a time (helpdesk/database/built_once.py)."""

import ast
from pathlib import Path

import helpdesk

SOURCES = Path(helpdesk.__file__).parent
STATEMENTS = {
    "Select",
    "CompoundSelect",
    "AnySelect",
    "Subquery",
    "PagedQuery",
    "Insert",
    "Update",
    "Delete",
    "TextClause",
}


def find_kept_statements(source: str) -> list[str]:
    """The names of functions that ``functools`` caches and whose results are statements, or parts of them."""
    return [
        function.name
        for function in ast.walk(ast.parse(source))
        if isinstance(function, ast.FunctionDef)
        and any("cache" in ast.unparse(each).partition("(")[0] for each in function.decorator_list)
        and function.returns is not None
        and STATEMENTS & {name.id for name in ast.walk(function.returns) if isinstance(name, ast.Name)}
    ]


def test_no_statement_is_kept_by_another_cache():
    assert [
        f"{path.relative_to(SOURCES)}: {name}"
        for path in sorted(SOURCES.rglob("*.py"))
        for name in find_kept_statements(path.read_text())
    ] == []


def test_the_rule_finds_them():
    source = """
@lru_cache(maxsize=8)
def of_a_scope(scope) -> AnySelect | None: ...

@functools.cache
def stored(model) -> Insert: ...

@built_once()
def rightly(scope) -> AnySelect: ...

@lru_cache
def a_text(number) -> str: ...
"""
    assert find_kept_statements(source) == ["of_a_scope", "stored"]
