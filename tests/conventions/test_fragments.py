"""A fragment declares its parameters, uses no other names, and is one element with an id."""

import re
from html.parser import HTMLParser
from pathlib import Path

import jinja2
import pytest
from jinja2 import meta, nodes

TEMPLATES = Path(__file__).parents[2] / "helpdesk" / "templates"
FRAGMENTS = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("_*.html"))
NEEDS = re.compile(r"\{# needs: ([a-z_,\s]*)#\}")
# What every template has: Flask's, the extensions' and the context processor's of web/fragments, and the tables of
# web/filters.
AMBIENT = {
    "current_user",
    "request",
    "session",
    "g",
    "url_for",
    "get_flashed_messages",
    "csrf_token",
    "portal",
    "config",
}
AMBIENT |= {
    "_",
    "gettext",
    "ngettext",
    "pgettext",
    "npgettext",
    "page_language",
    "script_sentences",
    "offered_languages",
}
AMBIENT |= {"filled_part", "fixed_part", "kept_part", "status_icon", "dict"}
AMBIENT |= {"labels", "Status", "Priority", "WaitingOn", "customer_groups", "MAX_SUBJECT_LENGTH"}
VOID = {
    "area",
    "br",
    "col",
    "hr",
    "img",
    "input",
    "link",
    "meta",
    "source",
    "wbr",
    "path",
    "circle",
    "use",
    "rect",
    "line",
}


class AnyFilter(dict):
    """Filters by any name: which names are taken is asked here, not what filters do."""

    def get(self, name, default=None):
        return super().get(name, str)


environment = jinja2.Environment(
    loader=jinja2.FileSystemLoader(TEMPLATES), extensions=["jinja2.ext.do", "jinja2.ext.i18n"]
)
environment.newstyle_gettext = True
environment.filters = AnyFilter(environment.filters)


@pytest.mark.parametrize("name", FRAGMENTS)
def test_fragment_parameters_are_the_used_names(name):
    assert needs(name) == used(name)


@pytest.mark.parametrize("name", FRAGMENTS)
def test_one_root_element_with_an_id(name):
    roots = Roots()
    roots.feed(without_jinja((TEMPLATES / name).read_text()))
    roots.close()
    assert len(roots.found) == 1, f"{name} has the roots {roots.found}"
    assert roots.depth == 0
    assert "id" in roots.found[0][1], f"the root of {name} has no id"


def test_there_are_fragments():
    assert len(FRAGMENTS) > 10


def needs(name: str) -> set[str]:
    """The names that the comment at the beginning of the template ``name`` says, in as many lines as it takes."""
    match = NEEDS.match((TEMPLATES / name).read_text())
    assert match, f"{name} does not begin with {{# needs: … #}}"
    return {word.strip() for word in match[1].split(",") if word.strip()}


def used(name: str) -> set[str]:
    """The names that the template ``name`` takes from outside, those of the fragments it includes among them."""
    tree = environment.parse((TEMPLATES / name).read_text())
    names = meta.find_undeclared_variables(tree)
    made_here = {node.name for node in tree.find_all(nodes.Name) if node.ctx == "store"}
    for included in (
        included for included in meta.find_referenced_templates(tree) if Path(included).name.startswith("_")
    ):
        names |= needs(included)
    # Jinja reports a name that a branch sets and uses; only one that is set from itself comes from outside too.
    names = {word for word in names if word not in made_here or word in needs(name)}
    return {word for word in names - AMBIENT if not (TEMPLATES / "macros" / f"{word}.html").exists()}


def without_jinja(source: str) -> str:
    """The HTML of a template alone; of alternatives in the source, all stay."""
    return re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", source, flags=re.S)


class Roots(HTMLParser):
    """Collects the elements that stand in no other."""

    def __init__(self):
        super().__init__()
        self.depth = 0
        self.found: list[tuple[str, dict]] = []

    def handle_starttag(self, tag, attributes):
        if self.depth == 0:
            self.found.append((tag, dict(attributes)))
        self.depth += tag not in VOID

    def handle_startendtag(self, tag, attributes):
        if self.depth == 0:
            self.found.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        self.depth -= tag not in VOID
