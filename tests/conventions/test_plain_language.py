"""Code speaks plain English: the retired words stand in no name, docstring or comment, nor in templates' comments or CSS classes.

``REMAINING`` is how often they still do. It may only fall: lower it with every change that removes some, down to zero.
"""

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator

from tests.conventions.test_files import TEXTS, text_of

REMAINING = 1047  # of the whole repository; see the docstring
RETIRED = {
    "door": "entry point, endpoint, route",
    "doors": "",
    "doorbell": "notification",
    "lane": "queue key",
    "lanes": "",
    "ring": "wake",
    "rings": "",
    "rang": "",
    "rung": "",
    "knock": "handle request",
    "knocks": "",
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
    "fault": "fault",
    "tantrums": "",
    "floor": "layer, baseline",
    "floors": "",
    "drawer": "catch-all module",
    "stranger": "external user",
    "whisper": "ephemeral message",
    "whispers": "",
    "remark": "comment",
    "happened": "event",
    "speaker": "author",
}
SAME_WORD_IN_A_STANDARD = {"is_stranger"}  # Slack's own field names
NAMES = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
TEMPLATE_COMMENT = re.compile(r"{#(.*?)#}", re.DOTALL)
CSS_CLASS = re.compile(r"\.(-?[A-Za-z_][\w-]*)")
CSS_COMMENT = re.compile(r"/\*(.*?)\*/", re.DOTALL)


def words_of(name: str) -> Iterator[str]:
    """The words a name is made of: snake_case, CamelCase or with hyphens."""
    return (part.lower() for part in NAMES.findall(name))


def prose_and_names(name: str) -> Iterator[tuple[str, bool]]:
    """Texts of one file that are ours to choose, each with whether it is a name."""
    text = text_of(name)
    if name.endswith(".py"):
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.NAME:
                yield token.string, True
            elif token.type == tokenize.COMMENT:
                yield token.string, False
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                yield ast.get_docstring(node) or "", False
    elif name.endswith(".html"):
        yield from ((comment, False) for comment in TEMPLATE_COMMENT.findall(text))
    elif name.endswith(".css"):
        yield from ((comment, False) for comment in CSS_COMMENT.findall(text))
        yield from ((each, True) for each in CSS_CLASS.findall(CSS_COMMENT.sub("", text)))


def retired_words() -> Counter[tuple[str, str]]:
    """How often each retired word stands in each file."""
    found: Counter[tuple[str, str]] = Counter()
    for name in TEXTS:
        if name.endswith("test_plain_language.py"):
            continue
        for text, is_name in prose_and_names(name):
            if text in SAME_WORD_IN_A_STANDARD:
                continue
            words = words_of(text) if is_name else re.findall(r"[a-z]+", text.lower())
            found.update((name, word) for word in words if word in RETIRED)
    return found


def test_retired_words_only_become_fewer():
    found = retired_words()
    worst = Counter()
    for (name, word), count in found.items():
        worst[f"{name}: {word}"] += count
    assert found.total() <= REMAINING, (
        f"{found.total()} uses of retired words, {REMAINING} are allowed; most: {worst.most_common(15)}"
    )
