"""The time of every conversion for texts that are one pattern, repeated: 100,000 characters take less than 200 ms.

Prints for each conversion the mean, the longest time and the patterns above ``--limit`` milliseconds of CPU. Numbers
are of this machine; tests/markup/test_growth.py judges the growth, on any machine.
"""

import argparse
import logging
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from bench.markup import patterns
from helpdesk.channels.email.parse import html_to_markdown, plain_text_to_markdown
from helpdesk.channels.slack.parse import message_content
from helpdesk.channels.slack.render import blocks, mrkdwn
from helpdesk.markup import markdown_parser, markdown_reader, markdown_rendering, markdown_writer, text_writer

LENGTH = 100_000
STYLES: tuple[dict[str, bool], ...] = ({}, {"bold": True}, {"italic": True}, {"code": True}, {"strike": True})


class Conversion(NamedTuple):
    convert: Callable[[str], object]
    patterns: tuple[str, ...] = patterns.MARKDOWN


def send_to_slack(text: str) -> list[dict]:
    return [blocks.reply_message(blocks.ReplyValues("Dana", part)) for part in blocks.split_body(text)]


def read_rich_text(*elements: dict) -> str:
    return mrkdwn.message_to_markdown({"blocks": [{"type": "rich_text", "elements": list(elements)}]})


def read_styles(text: str) -> str:
    """Read a message in which a style changes every fifty characters."""
    pieces = [text[at : at + 50] for at in range(0, len(text), 50)]
    texts = [{"type": "text", "text": piece, "style": STYLES[n % len(STYLES)]} for n, piece in enumerate(pieces)]
    return read_rich_text({"type": "rich_text_section", "elements": texts})


def read_quote(text: str) -> str:
    inside = [{"type": "text", "text": text, "style": {"bold": True}}]
    return read_rich_text({"type": "rich_text_quote", "elements": inside})


def read_lists(text: str) -> str:
    """Read a message of numbered items of sixty characters, each indented otherwise than the one before."""
    items = [{"type": "text", "text": text[at : at + 60]} for at in range(0, len(text), 60)]
    return read_rich_text(
        *(
            {"type": "rich_text_list", "style": "ordered", "indent": n % 9, "elements": [_section(item)]}
            for n, item in enumerate(items)
        )
    )


def read_table(text: str) -> str:
    rows = [[{"type": "raw_text", "text": text[at : at + 20]}] for at in range(0, len(text), 20)]
    return message_content.message_markdown(
        {"text": "", "attachments": [{"blocks": [{"type": "table", "rows": rows}]}]}
    )


def _section(item: dict) -> dict:
    return {"type": "rich_text_section", "elements": [item]}


CONVERSIONS: dict[str, Conversion] = {
    "portal": Conversion(markdown_rendering.markdown_to_html),
    "Slack": Conversion(send_to_slack),
    "text mail": Conversion(lambda text: text_writer.write_text(markdown_reader.read_markdown(text))),
    "excerpt": Conversion(markdown_rendering.make_excerpt),
    "Markdown": Conversion(lambda text: markdown_writer.write_markdown(markdown_reader.read_markdown(text))),
    "from mrkdwn": Conversion(
        lambda text: mrkdwn.message_to_markdown({"text": text}), patterns.MARKDOWN + patterns.MRKDWN
    ),
    "from rich text, a text": Conversion(
        lambda text: read_rich_text({"type": "rich_text_section", "elements": [{"type": "text", "text": text}]})
    ),
    "from rich text, styles": Conversion(read_styles),
    "from rich text, a quote": Conversion(read_quote),
    "from rich text, lists": Conversion(read_lists),
    "from a table of Slack's": Conversion(read_table),
    "from HTML mail": Conversion(html_to_markdown.html_to_markdown, patterns.HTML + patterns.MARKDOWN),
    "from text mail": Conversion(plain_text_to_markdown.convert_lines),
}


def measure_time(convert: Callable[[str], object], text: str) -> float:
    """Return the seconds of CPU that ``convert`` takes for ``text`` in this thread, with nothing remembered."""
    forget()
    before = time.thread_time()
    convert(text)
    return time.thread_time() - before


def forget() -> None:
    """Drop what was parsed last."""
    markdown_parser.clear_cache()
    markdown_reader.read_markdown.cache_clear()
    markdown_rendering.markdown_to_text.cache_clear()


def find_slow(conversion: Conversion, limit: float, length: int) -> Iterator[tuple[str, float]]:
    """Yield each pattern with its seconds. One above ``limit`` is measured three times, and the shortest counts."""
    for pattern in conversion.patterns:
        text = patterns.repeat(pattern, length)
        taken = measure_time(conversion.convert, text)
        if taken > limit:
            taken = min(taken, *(measure_time(conversion.convert, text) for _ in range(2)))
        yield pattern, taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limit", type=float, default=200, help="milliseconds (200)")
    parser.add_argument("--length", type=int, default=LENGTH, help="characters (100,000); messages have up to 60,000")
    parser.add_argument("--only", default="", help="the conversions whose name begins so")
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)
    for name, conversion in CONVERSIONS.items():
        if not name.startswith(arguments.only):
            continue
        measure_time(conversion.convert, "a :a:")  # what is loaded once
        times = dict(find_slow(conversion, arguments.limit / 1000, arguments.length))
        mean, longest = sum(times.values()) / len(times), max(times.values())
        print(f"{name}: {len(times)} patterns, mean {mean * 1000:.0f} ms, longest {longest * 1000:.0f} ms", flush=True)
        for pattern, taken in sorted(times.items(), key=lambda item: -item[1]):
            if taken * 1000 > arguments.limit:
                print(f"    {taken * 1000:.0f} ms {pattern[:60]!r}", flush=True)


if __name__ == "__main__":
    main()
