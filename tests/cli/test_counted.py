"""Sentences of the command line with a number: one of something is not several."""

import ast
import re
from pathlib import Path

import helpdesk.cli
from helpdesk.cli.counted import counted

FILES = sorted(Path(helpdesk.cli.__file__).parent.rglob("*.py"))
THINGS = "agents connections days deliveries events files hours lines mails messages minutes organizations people"
SEVERAL = re.compile(rf" (waiting )?({'|'.join(THINGS.split())}|secrets|tickets|tries|users|workers)\b")


def test_a_number_has_the_word_for_it():
    found = [counted(number, "delivery", "deliveries") for number in (0, 1, 2, 2000)]
    assert found == ["0 deliveries", "1 delivery", "2 deliveries", "2,000 deliveries"]


def test_no_sentence_has_a_number_and_a_plural_word():
    wrong = []
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.JoinedStr):
                continue
            following = zip(node.values, node.values[1:], strict=False)
            pairs = [(value, str(getattr(after, "value", ""))) for value, after in following]
            numbers = [(value.value, after) for value, after in pairs if isinstance(value, ast.FormattedValue)]
            wrong += [f"{path.name}: {ast.unparse(value)}{after}" for value, after in numbers if SEVERAL.match(after)]
    assert wrong == []
