"""A part of a page that is kept has no way to its reader, to the request or to the database but what it is given."""

import re

import pytest
from jinja2 import meta, nodes

from tests.conventions.test_fragments import TEMPLATES, environment

# The same for all readers of a language, and forms, whose token is filled in for each response.
ALLOWED = {
    "_",
    "_trans",  # Jinja's name for a sentence with values
    "gettext",
    "ngettext",
    "pgettext",
    "npgettext",
    "forms",
    "ui",
    "icons",
    "status_icon",
    "composer",
    "people",
}
ALLOWED |= {
    "page_language",
    "dict",
    "labels",
    "Status",
    "Priority",
    "status",
    "csrf_token",
    "script_sentences",
    "customer_groups",
}
# They know neither reader nor time.
FILTERS = {"render_avatar", "render_options", "build_url", "length", "replace", "list", "reverse", "selectattr", "join"}
FILTERS |= {
    "is_narrowed",
    "format_capped_count",
    "character_references",
    "asset_url",
    "urlencode",
    "plain_excerpt",
    "string",
    "format_file_size",
}
PLACED = re.compile(r"(?:kept|filled)_part\(\s*[\"']([\w./]+)")
RENDERED = re.compile(r"render_part\(\s*\"([\w./]+)\"")


def kept_templates() -> list[str]:
    """The templates that are rendered once for everything that they show."""
    pages = (path.read_text() for path in TEMPLATES.rglob("*.html"))
    modules = (path.read_text() for path in (TEMPLATES.parent / "web").rglob("*.py"))
    return sorted(
        {name for text in pages for name in PLACED.findall(text)}
        | {name for text in modules for name in RENDERED.findall(text)}
    )


def test_there_are_kept_parts():
    assert "site_header.html" in kept_templates()


@pytest.mark.parametrize("name", kept_templates())
def test_a_kept_part_has_only_what_it_is_given(name):
    for part in (name, *meta.find_referenced_templates(environment.parse((TEMPLATES / name).read_text()))):
        source = (TEMPLATES / part).read_text()
        needed = re.match(r"\{# needs: ([a-z_,\s]*)", source)
        assert needed, f"{part} does not begin with what it needs"
        given = {word.strip() for word in needed[1].split(",")} | ALLOWED
        tree = environment.parse(source)
        made_here = {node.name for node in tree.find_all(nodes.Name) if node.ctx == "store"}
        assert meta.find_undeclared_variables(tree) - made_here <= given, part
        assert {node.name for node in tree.find_all(nodes.Filter)} <= FILTERS, part
