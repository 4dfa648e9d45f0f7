"""Styles name sides by the direction of the text (start, end), so that pages read from right to left are mirrored."""

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "helpdesk" / "static"
MAIL = Path(__file__).parents[2] / "helpdesk" / "templates" / "mail"
PHYSICAL = re.compile(
    r"""(?<![\w-])(?:
        (?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right)[\w-]*\s*:
      | (?:left|right)\s*:
      | border-(?:top|bottom)-(?:left|right)-radius\s*:
      | (?:text-align|float|clear)\s*:\s*(?:left|right)
      | background(?:-position)?\s*:[^;]*\b(?:left|right)\b
      | (?:margin|padding|inset|border-width)\s*:\s*[^\s;:("]+\s+([^\s;:("]+)\s+[^\s;:("]+\s+(?!\1\s*[;}])[^\s;:("]+\s*[;}]
    )""",
    re.VERBOSE,
)
COMMENT = re.compile(r"/\*.*?\*/|{#.*?#}", re.DOTALL)
EXCEPTIONS = {
    "prose.css: text-align: left": "code is read from left to right in every language",
    "forms.css: background: var(--card) no-repeat right": "an image has no logical place; [dir=rtl] has its own rule",
    "forms.css: background-position: left": "that rule",
}


def find_physical(text: str) -> list[str]:
    """The declarations of ``text`` that name a physical side."""
    return [" ".join(found[0].split()) for found in PHYSICAL.finditer(COMMENT.sub("", text))]


@pytest.mark.parametrize("folder", [STATIC, MAIL], ids=["pages", "mails"])
def test_no_style_names_a_physical_side(folder):
    found = [
        f"{path.name}: {style}"
        for path in folder.rglob("*")
        if path.suffix in {".css", ".html"}
        for style in find_physical(path.read_text(encoding="utf-8"))
    ]
    wrong = [style for style in found if not style.startswith(tuple(EXCEPTIONS))]
    assert not wrong, f"write the logical property (margin-inline-start, inset-inline, text-align: start): {wrong}"


@pytest.mark.parametrize(
    "style",
    [
        "margin-left: 1px;",
        "a { right: 0 }",
        "border-top-left-radius: 2px",
        "text-align: right;",
        "float: left",
        "padding: 1px 2px 3px 4px;",
        "border-left-color: red",
        "background: red right center",
    ],
)
def test_a_physical_side_is_found(style):
    assert find_physical(style)


@pytest.mark.parametrize(
    "style", ["margin-inline-start: 1px", "padding: 1px 2px 3px 2px;", "text-align: start", "top: 0"]
)
def test_a_logical_side_is_not(style):
    assert not find_physical(style)
