"""Score, for each language and program, how exactly an answer is separated from what its program put below it.

The answers are those of the tests (tests/channels/email): lines of attribution, blocks of fields and pages of HTML, in
all languages and of all programs there, once above a mail of ours and once above somebody else's. ``--against FOLDER``
also scores another version of the product, whose checkout is FOLDER; ``--verbose`` names every answer
that is not exact.
"""

import argparse
import importlib
import inspect
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

FOREIGN = "Hello Ann,\n\nwhich format do you need? And how many people work with it?\n\nRegards\nMaya"
FOREIGN_PAGE = "<div>Hello Ann,</div><div><br></div><div>which format do you need?</div><div>Regards<br>Maya</div>"
NAMED = ("gmail", "thunderbird")  # programs whose first fixtures are named after their language; others are programs


class Case(NamedTuple):
    """One answer: its language, the table it is of, what it answers (own or foreign), and its text or HTML."""

    language: str
    table: str
    kind: str
    text: str
    is_page: bool = False


class Score(NamedTuple):
    """Numbers of answers: all, those with exactly the expected words, with one folded, with one gone."""

    count: int = 0
    exact: int = 0
    folded: int = 0
    gone: int = 0

    def add(self, other: "Score") -> "Score":
        return Score(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


def list_cases() -> Iterator[Case]:
    """Yield every answer above our own mail, quoted and as it is, and above another's."""
    from tests.channels.email import mail_clients, reply_blocks, reply_endings, reply_lines, reply_pages
    from tests.channels.email import test_quote_languages as samples

    answer, sent = samples.ANSWER, mail_clients.SENT.text
    lines = [("first lines", _first_language(name), line) for name, line in samples.ATTRIBUTIONS.items()]
    lines += [("further lines", name.split()[0], line) for name, line in reply_lines.LINES.items()]
    for table, language, line in lines:
        for kind, text in (("own", sent), ("foreign", FOREIGN)):
            yield Case(language, table, kind, f"{answer}\n\n{line}\n\n{mail_clients.quoted(text)}\n")
        yield Case(language, table, "own", f"{answer}\n\n{line}\n\n{sent}")
    values = (samples.M, samples.DATE, "Ann <ann@globex.example>", samples.SUBJECT)
    blocks = [
        ("first blocks", language, "\n".join(f"{label}: {value}" for label, value in zip(labels, values, strict=True)))
        for language, labels in samples.FIELDS.items()
    ]
    blocks += [("further blocks", name.split()[0], block) for name, block in reply_blocks.BLOCKS.items()]
    for table, language, block in blocks:
        for kind, text in (("own", sent), ("foreign", FOREIGN)):
            yield Case(language, table, kind, f"{answer}\n\n{block}\n\n{text}")
    for name, page in reply_pages.PAGES.items():
        for kind, text in (("own", mail_clients._BODY), ("foreign", FOREIGN_PAGE)):
            html = page.replace("ANSWER", mail_clients.ANSWER_HTML).replace("QUOTE", text)
            yield Case(name.split()[0], "pages", kind, html, is_page=True)
    line = samples.ATTRIBUTIONS["gmail-en"]
    for ending in reply_endings.DEVICES + reply_endings.FOOTERS:
        for kind, text in (("own", sent), ("foreign", FOREIGN)):
            quote = mail_clients.quoted(text)
            yield Case("any", "phones, scanners", kind, f"{answer}\n\n{ending}\n\n{line}\n\n{quote}\n")
    for marker in reply_endings.ANSWER_MARKERS:
        yield Case("any", "help desks", "foreign", f"{answer}\n\n{marker}\n\nYour request was updated.\n\n{FOREIGN}")


def score(cases: list[Case], is_verbose: bool = False) -> dict[tuple[str, str], Score]:
    """Return the scores by language or table, and by kind, of the package that is imported now."""
    from tests.channels.email import test_quote_languages as samples

    read, read_page = _load_readers(samples)
    wanted = Counter(samples.ANSWER.split())
    found: dict[tuple[str, str], Score] = defaultdict(Score)
    for case in cases:
        body, quoted = (read_page if case.is_page else read)(case.text)
        shown, everything = Counter(body.split()), Counter(f"{body} {quoted}".split())
        is_exact = body.split() == samples.ANSWER.split()
        one = Score(1, is_exact, bool(wanted - shown), bool(wanted - everything))
        for name in (case.language, case.table, "all"):
            found[name, case.kind] = found[name, case.kind].add(one)
        if is_verbose and not is_exact:
            print(f"{case.language}, {case.table}, {case.kind}: {body[-200:]!r}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", type=Path, help="the checkout of another version")
    parser.add_argument("--verbose", action="store_true", help="name every answer that is not exact")
    arguments = parser.parse_args()
    cases = list(list_cases())
    tables = [score(cases, arguments.verbose)]
    if arguments.against:
        for name in [name for name in sys.modules if name.partition(".")[0] == "helpdesk"]:
            del sys.modules[name]
        sys.path.insert(0, str(arguments.against))
        tables.insert(0, score(cases))
    kinds = ("own", "foreign")
    names = list(dict.fromkeys(case.language for case in sorted(cases)))
    for name in [*names, *dict.fromkeys(case.table for case in cases), "all"]:
        scores = [table[name, kind] for kind in kinds for table in tables]
        cells = (f"{one.exact}/{one.count}".rjust(9) for one in scores)
        print(name.ljust(18), *cells)
    for kind in kinds:
        last = tables[-1]["all", kind]
        print(
            f"{kind}: {last.exact / last.count:.1%} exact, {last.folded} with a word folded, {last.gone} with one gone"
        )


def _first_language(name: str) -> str:
    program, _, code = name.partition("-")
    return code.rpartition("-")[2] if program in NAMED else name


def _load_readers(samples: object) -> list[Callable[[str], tuple[str, str]]]:
    """Return functions for text and for HTML that return what is shown and what is folded."""
    quotes = importlib.import_module("helpdesk.channels.email.parse.quotes")
    email = importlib.import_module("helpdesk.channels.email")
    settings = importlib.import_module("helpdesk.channels.email.settings")
    rendering = importlib.import_module("helpdesk.markup.markdown_rendering")
    more = (samples.KNOWN,) if "known" in inspect.signature(quotes.split_quote).parameters else ()  # type: ignore[attr-defined]
    ours = samples.OURS  # type: ignore[attr-defined]

    def read(text: str) -> tuple[str, str]:
        parts = quotes.split_quote(text, ours, *more)
        return parts.body, parts.quoted

    def read_page(html: str) -> tuple[str, str]:
        from tests.channels.email import mail_clients

        incoming = settings.IncomingMailSettings(reply_domain="reply.northwind.example", instances=ours)
        [mail] = email.parse_mail(mail_clients.mail(None, html), incoming)
        return rendering.markdown_to_text(mail.body), mail.quoted

    return [read, read_page]


if __name__ == "__main__":
    main()
