"""Every path, heading and link that code and documents name exists."""

import re
from pathlib import Path

from tests.conventions.test_files import ROOT, TEXTS, text_of

PAGE = re.compile(
    r"(?<![\w/.:-])(?!state\.md\b)((?:[\w.-]+/)*[\w-]+\.md)\b(#[\w-]+)?"
)  # state.md: the parser in markdown-it
LINK = re.compile(r"\]\(([^)\s#]+)?(#[\w-]+)?\)")
SOURCE = re.compile(
    r"(?<![\w/.:-])(?:(?:helpdesk|workers|tests|bench|migrations|deploy)/[\w./-]*\.(?:py|html|js|css|toml|conf|yaml)\b"
    r"|(?<=`)[\w-]+\.py(?=`))"
)
EXAMPLES = ("NNNN_", "0020_")  # names of migrations in the how-to
ELSEWHERE = ("helpdesk/static/",)


def headings(page: Path) -> set[str]:
    """The anchors of a page's headings, as they are made from their texts."""
    lines = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {"#" + re.sub(r"[^\w -]", "", line.lower()).strip().replace(" ", "-") for line in lines}


def is_there(name: str, target: str, anchor: str | None) -> bool:
    """Whether ``target`` exists, seen from the root or from the folder of the file ``name`` that points to it."""
    for page in (ROOT / target, (ROOT / name).parent / target):
        if page.exists():
            return not anchor or page.suffix != ".md" or anchor in headings(page)
    return False


def test_every_page_that_is_named_is_in_the_repository():
    missing = [
        f"{name}: {match[0]}"
        for name in TEXTS
        if not name.startswith(ELSEWHERE) and not name.endswith("test_references.py")
        for match in PAGE.finditer(text_of(name))
        if not is_there(name, match[1], match[2])
    ]
    assert missing == []


def test_every_source_file_that_a_document_names_is_in_the_repository():
    names = {path.rpartition("/")[2] for path in TEXTS}
    named = [(name, each) for name in TEXTS if name.endswith(".md") for each in SOURCE.findall(text_of(name))]
    assert len(named) > 300
    missing = [
        f"{name}: {each}"
        for name, each in named
        if not any(example in each for example in EXAMPLES)
        and not ((ROOT / each).exists() if "/" in each else each in names)
    ]
    assert missing == []


def test_every_link_of_a_document_has_a_target():
    links = [(name, match) for name in TEXTS if name.endswith(".md") for match in LINK.finditer(text_of(name))]
    ours = [(name, match) for name, match in links if not re.match(r"\w+:", match[1] or "")]
    assert [f"{name}: {match[0]}" for name, match in ours if not is_there(name, match[1] or name, match[2])] == []


def test_the_architecture_names_every_package():
    page = text_of("docs/architecture.md")
    packages = {
        str(Path(name).parent)
        for name in TEXTS
        if re.fullmatch(r"(?:helpdesk|helpdesk/(?:domain|channels|web))/\w+/__init__\.py", name)
    }
    assert len(packages) > 40
    named = {each: f"`{each}" in page or f"`{Path(each).name}/`" in page for each in packages}
    assert sorted(each for each, is_named in named.items() if not is_named) == []
