"""Retired words are used in no name, docstring, comment or CSS class: Python, templates, CSS and JavaScript."""

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.conventions.test_files import TEXTS, text_of

REMAINING = 0
RETIRED = {
    "door": "entry point, endpoint, route",
    "doors": "",
    "doorbell": "wake-up",
    "doorbells": "",
    "lane": "queue key",
    "lanes": "",
    "ring": "wake",
    "rings": "",
    "rang": "",
    "rung": "",
    "knock": "handle request",
    "knocks": "",
    "knocked": "",
    "knocking": "",
    "house": "installation",
    "room": "channel, space",
    "rooms": "",
    "paper": "Slack message",
    "papers": "",
    "letter": "mail",
    "letters": "",
    "mend": "repair",
    "mended": "",
    "mending": "",
    "hearing": "parse",
    "keeping": "pool",
    "told": "notified",
    "bell": "notification",
    "tantrum": "fault",
    "tantrums": "",
    "parcel": "event",
    "parcels": "",
    "fate": "outcome",
    "fates": "",
    "floor": "layer, baseline",
    "floors": "",
    "drawer": "catch-all module",
    "stranger": "external user",
    "strangers": "",
    "whisper": "ephemeral message",
    "ephemeral_texts": "",
    "remark": "comment",
    "happened": "event",
    "speaker": "author",
}
SAME_WORD_IN_A_STANDARD = {"is_stranger", "ascii_letters"}  # names of Slack and of Python
OF_AN_ALPHABET = {  # where a letter is a sign of a word, not a mail
    "helpdesk/channels/email/parse/html_lists.py",
    "helpdesk/channels/email/parse/html_reader.py",
    "helpdesk/domain/ticket_lists/search_typos.py",
}
NAMES = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
TEMPLATE_COMMENT = re.compile(r"{#(.*?)#}", re.DOTALL)
CSS_CLASS = re.compile(r"\.(-?[A-Za-z_][\w-]*)")
BLOCK_COMMENT = re.compile(r"/\*(.*?)\*/", re.DOTALL)
LINE_COMMENT = re.compile(r"(?<![:\"'\\])//(.*)")  # not the // of an address
HTML_COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)


def words_of(name: str) -> Iterator[str]:
    """The words a name is made of: snake_case, CamelCase or with hyphens."""
    return (part.lower() for part in NAMES.findall(name))


def prose_and_names(name: str, text: str) -> Iterator[tuple[str, bool]]:
    """Comments, docstrings and names in the ``text`` of the file ``name``, each with whether it is a name."""
    if name.endswith(".py"):
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.NAME:
                yield token.string, True
            elif token.type == tokenize.COMMENT:
                yield token.string, False
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                yield ast.get_docstring(node) or "", False
    elif name.endswith((".html", ".txt")):
        yield from ((comment, False) for comment in TEMPLATE_COMMENT.findall(text))
        yield from ((comment, False) for comment in HTML_COMMENT.findall(text))
    elif name.endswith(".css"):
        yield from ((comment, False) for comment in BLOCK_COMMENT.findall(text))
        yield from ((each, True) for each in CSS_CLASS.findall(BLOCK_COMMENT.sub("", text)))
    elif name.endswith(".js"):
        yield from ((comment, False) for comment in BLOCK_COMMENT.findall(text))
        yield from ((comment, False) for comment in LINE_COMMENT.findall(BLOCK_COMMENT.sub("", text)))


def count_retired_words(name: str, text: str) -> Counter[str]:
    """How often the ``text`` of the file ``name`` uses each retired word."""
    found: Counter[str] = Counter()
    if RETIRED.keys().isdisjoint([*re.findall(r"[a-z]+", text.lower()), *words_of(text)]):
        return found  # nearly all, and parsing takes long
    for part, is_name in prose_and_names(name, text):
        if part not in SAME_WORD_IN_A_STANDARD:
            words = words_of(part) if is_name else re.findall(r"[a-z]+", part.lower())
            found.update(word for word in words if word in RETIRED)
    return found


def retired_words() -> Counter[tuple[str, str]]:
    """How often each file uses each retired word."""
    found: Counter[tuple[str, str]] = Counter()
    for name in TEXTS:
        if not name.endswith("test_plain_language.py"):
            for word, count in count_retired_words(name, text_of(name)).items():
                if not (word in {"letter", "letters"} and name in OF_AN_ALPHABET):
                    found[name, word] = count
    return found


def test_no_retired_word_is_used():
    found = [
        f"{name}: {word} ({count} times; say {RETIRED[word] or 'what it is'})"
        for (name, word), count in sorted(retired_words().items())
    ]
    assert found == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", "# a door"),
        ("a.py", '"""A door."""'),
        ("a.py", "door = 1"),
        ("a.html", "{# a door #}"),
        ("a.html", "<!-- a door -->"),
        ("a.css", "/* a door */"),
        ("a.css", ".door { color: red }"),
        ("a.js", "let x = 1; // a door"),
        ("a.js", "/* a\n door */"),
    ],
)
def test_retired_words_are_found(name, text):
    assert count_retired_words(name, text)["door"] == 1


def test_addresses_and_texts_are_not_read():
    assert not count_retired_words("a.js", 'open("https://door.example/");')
    assert not count_retired_words("a.html", "<p>The door</p>")
