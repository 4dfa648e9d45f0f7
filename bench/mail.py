"""Score how well answers are separated from what they quote, on a folder of mails with expectations.

A mail is ``NAME.eml``, or ``NAME.txt`` for the text of a mail without its header; beside it ``NAME.expected`` has the
words that its author wrote. Words are compared without white space and Markdown. A line of a folder's table:

exact: exactly the expected words. gone: cases in which an expected word is neither shown nor folded. folded: cases in
which an expected word is folded. unfolded: cases in which a word is shown that is not expected.

``--compare`` also scores the library mail-parser-reply, if it is installed.
"""

import argparse
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from helpdesk.channels import email
from helpdesk.channels.email.parse import mime, parts
from helpdesk.channels.email.settings import IncomingMailSettings
from helpdesk.markup import markdown_rendering

_WORD = re.compile(r"[^\W_]+|[^\w\s]")
_INSTANCES = ("sample-installation",)
Reader = Callable[[bytes], tuple[str, str]]


def read_with_helpdesk(raw: bytes) -> tuple[str, str]:
    """Return what the product shows and what it folds."""
    (mail,) = email.parse_mail(raw, IncomingMailSettings(instances=_INSTANCES))
    return markdown_rendering.markdown_to_text(mail.body), mail.quoted


def read_with_library(raw: bytes) -> tuple[str, str]:
    """Return the latest reply that mail-parser-reply finds in the plain text, and everything."""
    from mailparser_reply import EmailReplyParser  # an optional tool for comparison

    leaves = parts.list_parts(mime.parse_message(raw))
    text = "\n\n".join(mime.part_text(part.message) for part in leaves if part.media_type == "text/plain")
    languages = ["en", "de", "fr", "es", "it", "nl", "pl", "da", "sv", "cs", "ja", "ko", "zh"]
    found = EmailReplyParser(languages=languages).parse_reply(text=text.replace("\r\n", "\n")) or ""
    return found, text


def score(folder: Path, read: Reader, is_verbose: bool = False) -> Counter[str]:
    """Score every mail of ``folder`` that has an expectation."""
    counts: Counter[str] = Counter()
    for expectation in sorted(folder.rglob("*.expected")):
        source = next((path for ending in (".eml", ".txt") if (path := expectation.with_suffix(ending)).exists()), None)
        if source is None:
            continue
        raw = source.read_bytes()
        if source.suffix == ".txt":
            raw = b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + raw
        shown, folded = (Counter(_WORD.findall(text)) for text in read(raw))
        wanted = Counter(_WORD.findall(expectation.read_text(errors="replace")))
        outcome = {
            "exact": shown == wanted,
            "gone": bool(wanted - shown - folded),
            "folded": bool((wanted - shown) & folded) and not wanted - shown - folded,
            "unfolded": bool(shown - wanted),
        }
        counts["mails"] += 1
        counts.update(name for name, is_so in outcome.items() if is_so)
        if is_verbose and not outcome["exact"]:
            print(f"{source.name}: {', '.join(name for name, is_so in outcome.items() if is_so) or 'fewer words'}")
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--compare", action="store_true", help="score mail-parser-reply, too")
    parser.add_argument("--verbose", action="store_true", help="name every mail that is not exact")
    arguments = parser.parse_args()
    readers = {"helpdesk": read_with_helpdesk}
    if arguments.compare:
        readers["mail-parser-reply"] = read_with_library
    for folder in sorted(path for path in (arguments.folder, *arguments.folder.iterdir()) if path.is_dir()):
        if not any(folder.glob("*.expected")):
            continue
        for name, read in readers.items():
            found = score(folder, read, arguments.verbose)
            values = [
                f"{kind} {found[kind]} ({found[kind] / found['mails']:.0%})"
                for kind in ("exact", "gone", "folded", "unfolded")
            ]
            print(f"{folder.name}, {name}: {found['mails']} mails, {', '.join(values)}")


if __name__ == "__main__":
    main()
