"""What is typed reaches the server whatever the browser, and keyboards on screens know what is typed."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2] / "helpdesk"
TEMPLATES = {path: path.read_text(encoding="utf-8") for path in sorted((ROOT / "templates").rglob("*.html"))}
# A field of this type gives an empty value for "12,5" or "about 12"; inputmode shows the same keyboard.
NUMBER_FIELD = re.compile(r"""(?:kind|type)\s*=\s*["']number["']|render_kw.*["']type["']:\s*["']number["']""")
CODE = re.compile(r"forms\.field\([^}]*?one-time-code[^}]*?\}\}")
SEARCH = re.compile(r'<input\b[^>]*?type="search"[^>]*>')


def without_hint(text: str) -> list[str]:
    """The search fields and codes of a template that do not name the key Enter of a keyboard on the screen."""
    return [found for kind in (SEARCH, CODE) for found in kind.findall(text) if "enterkeyhint" not in found]


def test_no_field_takes_numbers_only():
    sources = TEMPLATES | {path: path.read_text(encoding="utf-8") for path in (ROOT / "web").rglob("*.py")}
    assert [str(path) for path, text in sources.items() if NUMBER_FIELD.search(text)] == []
    assert NUMBER_FIELD.search('<input type="number">') and NUMBER_FIELD.search('kind="number"')


def test_searches_and_codes_name_their_enter_key():
    assert [(str(path), found) for path, text in TEMPLATES.items() for found in without_hint(text)] == []
    assert without_hint('<input type="search" name="q">') and without_hint('{{ forms.field("a", x="one-time-code") }}')
    assert sum(len(CODE.findall(text)) for text in TEMPLATES.values()) >= 3
