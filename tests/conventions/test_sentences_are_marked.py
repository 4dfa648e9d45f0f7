"""Every sentence of a page goes through the catalogue: no word in a template stands outside ``_()`` and its
relatives.
"""

import re
from html.parser import HTMLParser
from pathlib import Path

import jinja2
import pytest
from jinja2 import nodes

TEMPLATES = Path(__file__).parents[2] / "helpdesk" / "templates"
# The API's reference is English as the API is; mails are looked at as they are sent.
PAGES = sorted(
    str(path.relative_to(TEMPLATES))
    for path in TEMPLATES.rglob("*.html")
    if path.relative_to(TEMPLATES).parts[0] != "mail" and path.name != "api_reference.html"
)
READ_ALOUD = {
    "title",
    "aria-label",
    "placeholder",
    "alt",
    "data-confirm",
    "data-busy",
    "data-failed",
    "data-announcement",
}
CODE_TAGS = {"script", "style", "svg", "code", "kbd", "pre"}
# Names that are the same in every language, and examples that are typed as they are.
NAMES = {"CSV", "Slack", "Ctrl", "Z", "OK", "pt", "B", "KB", "MB", "name,domains"}
JINJA = re.compile(r"\{#.*?#\}|\{%-?\s*trans\b.*?endtrans\s*-?%\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
CLASSES = re.compile(r"\{% block page %\}.*?\{% endblock %\}")
WORD = re.compile(r"[A-Za-z]{2,}")
SENTENCE = re.compile(r"[A-Z][a-z]+[ .,…:?]|[a-z]+ [a-z]+ [a-z]+|^[A-Z][a-z]{2,}$")
MARKERS = {"_", "gettext", "ngettext", "pgettext", "npgettext"}
# Values that look like words but are code: arguments of filters and of HTMX.
CODE = re.compile(r"<|^input changed|^(GET|POST)$|^page |^button|^name,domains|^[A-Z_]+$")

environment = jinja2.Environment(
    loader=jinja2.FileSystemLoader(TEMPLATES), extensions=["jinja2.ext.do", "jinja2.ext.i18n"]
)
environment.newstyle_gettext = True


class Words(HTMLParser):
    """Collects the words of texts and of attributes that people read or hear."""

    def __init__(self):
        super().__init__()
        self.found, self.inside = [], []

    def handle_starttag(self, tag, attributes):
        if tag in CODE_TAGS:
            self.inside.append(tag)
        self.found += [f"{name}={text}" for name, text in attributes if name in READ_ALOUD and has_words(text or "")]

    def handle_endtag(self, tag):
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, data):
        if not self.inside and has_words(data) and not data.strip().startswith("aria-"):
            self.found.append(" ".join(data.split()))


def has_words(text: str) -> bool:
    return any(word not in NAMES for word in WORD.findall(text))


def unmarked_texts(source: str) -> list[str]:
    parser = Words()
    parser.feed(JINJA.sub("", CLASSES.sub("", source)))
    parser.close()
    return parser.found


def unmarked_literals(source: str) -> list[str]:
    """Strings in expressions that read like a sentence and are no argument of a marker."""
    tree = environment.parse(source)
    marked = {
        id(const)
        for call in tree.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name in MARKERS
        for const in call.find_all(nodes.Const)
    }
    return [
        const.value
        for const in tree.find_all(nodes.Const)
        if isinstance(const.value, str)
        and id(const) not in marked
        and SENTENCE.search(const.value)
        and not CODE.search(const.value)
        and const.value not in NAMES
    ]


@pytest.mark.parametrize("name", PAGES)
def test_no_text_of_a_page_is_unmarked(name):
    source = (TEMPLATES / name).read_text(encoding="utf-8")
    assert unmarked_texts(source) + unmarked_literals(source) == []


def test_plurals_are_written_by_ngettext():
    """What {% pluralize %} gives is not escaped as a whole sentence."""
    assert [name for name in PAGES if "{% pluralize" in (TEMPLATES / name).read_text(encoding="utf-8")] == []


def test_unmarked_words_are_found():
    assert unmarked_texts('<p title="A word">{{ _("Fine") }} Not fine</p>') == ["title=A word", "Not fine"]
    assert unmarked_literals('{{ forms.field("name", "Your name", help=_("As others read it.")) }}') == ["Your name"]
