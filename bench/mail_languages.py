"""Score, for each language and program, how exactly an answer is separated from what its program put below it.

The answers are those of the tests (tests/channels/email/test_quote_languages.py): lines of attribution and blocks of
fields of 39 languages and programs, once above a mail of ours and once above somebody else's. ``--against FOLDER`` also
scores another version of the product, whose ``helpdesk`` package is in FOLDER.
"""

import argparse
import importlib
import inspect
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

Case = tuple[str, str, str]  # language, kind (own or foreign), text
FOREIGN = "Hello Ann,\n\nwhich format do you need? And how many people work with it?\n\nRegards\nMaya"
NAMED = ("gmail", "thunderbird")  # programs whose fixtures are named after their language; others are programs


def list_cases() -> Iterator[Case]:
    """Yield every answer above our own mail, quoted and as it is, and above another's."""
    from tests.channels.email import mail_clients
    from tests.channels.email import test_quote_languages as samples

    answer = samples.ANSWER
    for name, line in samples.ATTRIBUTIONS.items():
        program, _, code = name.partition("-")
        language = code.rpartition("-")[2] if program in NAMED else name
        for kind, text in (("own", mail_clients.SENT.text), ("foreign", FOREIGN)):
            yield language, kind, f"{answer}\n\n{line}\n\n{mail_clients.quoted(text)}\n"
        yield language, "own", f"{answer}\n\n{line}\n\n{mail_clients.SENT.text}"
    for language, labels in samples.FIELDS.items():
        values = (samples.M, samples.DATE, "Ann <ann@globex.example>", samples.SUBJECT)
        block = "\n".join(f"{label}: {value}" for label, value in zip(labels, values, strict=True))
        for kind, text in (("own", mail_clients.SENT.text), ("foreign", FOREIGN)):
            yield language, kind, f"{answer}\n\n{block}\n\n{text}"


def score(split: Callable[[str], str], cases: list[Case], answer: str) -> dict[str, dict[str, list[int]]]:
    """Return exact answers and cases, by language and kind."""
    found: dict[str, dict[str, list[int]]] = defaultdict(lambda: {"own": [0, 0], "foreign": [0, 0]})
    for language, kind, text in cases:
        for key in (language, "all"):
            found[key][kind][0] += split(text).split() == answer.split()
            found[key][kind][1] += 1
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", type=Path, help="a folder with the package helpdesk of another version")
    arguments = parser.parse_args()
    cases = list(list_cases())
    from tests.channels.email import test_quote_languages as samples

    tables = [score(_load_split(samples), cases, samples.ANSWER)]
    if arguments.against:
        for name in [name for name in sys.modules if name.partition(".")[0] == "helpdesk"]:
            del sys.modules[name]
        sys.path.insert(0, str(arguments.against))
        tables.insert(0, score(_load_split(samples), cases, samples.ANSWER))
    for language in [*sorted(set(tables[-1]) - {"all"}), "all"]:
        cells = (f"{exact}/{count}" for table in tables for exact, count in table[language].values())
        print(language.ljust(18), *(cell.rjust(8) for cell in cells))


def _load_split(samples: object) -> Callable[[str], str]:
    quotes = importlib.import_module("helpdesk.channels.email.parse.quotes")
    more = (samples.KNOWN,) if "known" in inspect.signature(quotes.split_quote).parameters else ()  # type: ignore[attr-defined]
    return lambda text: quotes.split_quote(text, samples.OURS, *more).body  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
