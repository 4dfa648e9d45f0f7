"""Tests in a browser wait for what they expect of a page: a live refresh may replace an element between two steps."""

import ast
import re
from pathlib import Path

FOLDERS = (Path("tests/journeys"), Path("tests/engines"))
HELPERS = {"tests/journeys/waiting.py", "tests/engines/engine.py", "tests/engines/chromium.py"}
# A handle, or what looks for elements in one step and reads them in the next.
IN_TWO_STEPS = {
    "all",
    "all_inner_texts",
    "all_text_contents",
    "bounding_box",
    "element_handle",
    "element_handles",
    "eval_on_selector",
    "eval_on_selector_all",
    "evaluate_all",
    "evaluate_handle",
    "query_selector",
    "query_selector_all",
}
# What reads once, so no assertion may stand on it alone.
ONCE = {
    "content",
    "count",
    "evaluate",
    "get_attribute",
    "inner_html",
    "inner_text",
    "input_value",
    "is_checked",
    "is_disabled",
    "is_editable",
    "is_enabled",
    "is_hidden",
    "is_visible",
    "run",
    "text_content",
}
WAITING = {"wait_for", "expect_value", "what_stays"}
LOCATOR = re.compile(r"\.(locator|get_by_\w+)\(")


def called(node: ast.AST) -> str:
    """The name of what is called: of the method or of the function."""
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def is_of_an_element(call: ast.Call, locators: set[str]) -> bool:
    """Whether ``evaluate`` is called on a locator instead of the page, which looks and reads in one step."""
    of = call.func.value
    return not isinstance(of, ast.Name) or of.id in locators


def reads_within(node: ast.AST, readers: frozenset[str] = frozenset()) -> list[str]:
    """What is read once within an assertion, but for what a waiting function repeats; ``readers`` are functions."""
    name = called(node)
    if name in WAITING:
        return []
    is_method = name in ONCE and isinstance(node.func, ast.Attribute)
    is_of_a_list = name == "count" and node.args  # or of a text
    own = [name] if (is_method and not is_of_a_list) or name in readers else []
    return own + [each for child in ast.iter_child_nodes(node) for each in reads_within(child, readers)]


def find_readers(tree: ast.AST) -> frozenset[str]:
    """The functions of a file that return what they read once."""
    return frozenset(
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and any(isinstance(each, ast.Return) and each.value and reads_within(each.value) for each in ast.walk(node))
    )


def racing(source: str) -> list[tuple[int, str]]:
    """(line, what) of each read of a page that a refresh can come between."""
    tree = ast.parse(source)
    found, readers = [], find_readers(tree)
    locators = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and LOCATOR.search(ast.unparse(node.value))
        for target in node.targets
        if isinstance(target, ast.Name) and called(node.value) not in ONCE
    }
    for node in ast.walk(tree):
        name = called(node)
        if isinstance(node, ast.Assert):
            found += [(node.lineno, f"assert … {read}() reads once") for read in reads_within(node.test, readers)]
        elif not name or not isinstance(node.func, ast.Attribute):
            continue
        elif name in IN_TWO_STEPS and not (name == "all" and node.args):
            found.append((node.lineno, f"{name}() takes two steps"))
        elif name == "evaluate" and is_of_an_element(node, locators):
            found.append((node.lineno, "evaluate() of an element takes two steps"))
        elif name == "wait_for_timeout":
            found.append((node.lineno, "wait_for_timeout() guesses"))
    return sorted(set(found))


def test_reads_of_pages_wait():
    files = [path for folder in FOLDERS for path in sorted(folder.rglob("*.py")) if path.as_posix() not in HELPERS]
    assert len(files) > 20
    wrong = [f"{path}:{line}: {what}" for path in files for line, what in racing(path.read_text())]
    assert wrong == [], "expect(…), expect_value, what_stays and wait_for wait (tests/journeys/waiting.py)"


def test_the_racing_forms_are_found():
    source = """
def direction_of(page):
    return page.locator("h1").evaluate("each => each.dir")
def test():
    title = page.locator("h1")
    title.evaluate("each => each.dir")
    assert page.locator("li").count() == 2
    assert direction_of(page) == "rtl"
    for each in page.query_selector_all("li"):
        page.wait_for_timeout(100)
    assert wait_for(lambda: page.locator("li").count() == 2)
    expect(title).to_have_css("direction", "rtl")
    assert [1, 1].count(1) == page.evaluate("2")
"""
    assert [line for line, _ in racing(source)] == [3, 6, 7, 8, 9, 10, 13]
