"""The work of every conversion grows with the length of the text and not faster, whatever is repeated in it.

Calls of functions are counted, so that the machine's speed does not matter; what one call of a regular expression takes
is seen in the time of the process, compared with that of a quarter of the text. The seconds of all patterns are
measured by ``make bench-growth``.
"""

import sys
from collections.abc import Callable

import pytest

from bench.markup import growth, patterns
from helpdesk.channels.email.parse import html_to_markdown
from helpdesk.channels.slack.render import blocks, mrkdwn
from helpdesk.markup import markdown_parser, markdown_reader, markdown_rendering, markdown_writer, text_writer

SIGNS = [
    "*",
    "_",
    "~~",
    "`",
    "[",
    "]",
    "](",
    "<",
    "&",
    "\\",
    "|",
    "- ",
    "> ",
    "# ",
    "1. ",
    ":",
    "\n",
    " ",
    "```\n",
    "---\n",
]
MARKDOWN = [*SIGNS, *(first + second for first in SIGNS[:12] for second in ("a", "a ", "*", "\n")), "[a](b", "[a]: b\n"]
HTML = [
    "<b>",
    "<b>x",
    "</b>",
    "<div>x",
    "<p>x",
    "<ul><li>x",
    "<li>x",
    "<blockquote>x",
    "<td>x",
    "<a href=x>y",
    "<!--",
    "<",
]
SHORT, LONG = 250, 1_000
LINK = "<a href='tel:1'>y</a> <a href='https://a.example/x'>y</a> "
ATTEMPTS = 3  # a collection of garbage in a large process may take seconds
REPEATED = (
    *(" ", "\u00a0", "*", "_a *b ", "[a](", "<a@", "&", "https://a", "a@", "|a\n", "<a b=", "\\", LINK, "^", "]"),
    *("a@b.com ", "\\* ", "a-" * 80 + "http://"),
)
QUARTER, LENGTH = 15_000, 60_000  # a longer text is shown unchanged


def send(text: str) -> list[dict]:
    return [blocks.reply_message(blocks.ReplyValues("Dana", part)) for part in blocks.split_body(text)]


def read_styled(text: str) -> str:
    styles = ({}, {"bold": True}, {"italic": True})
    pieces = [{"type": "text", "text": text[n : n + 5], "style": styles[n % 3]} for n in range(0, len(text), 5)]
    section = {"type": "rich_text_section", "elements": pieces}
    return mrkdwn.message_to_markdown({"blocks": [{"type": "rich_text", "elements": [section]}]})


CONVERSIONS: dict[str, tuple[Callable[[str], object], list[str]]] = {
    "portal": (markdown_rendering.markdown_to_html, MARKDOWN),
    "Slack": (send, MARKDOWN),
    "text mail": (lambda text: text_writer.write_text(markdown_reader.read_markdown(text)), MARKDOWN),
    "Markdown": (lambda text: markdown_writer.write_markdown(markdown_reader.read_markdown(text)), MARKDOWN),
    "from mrkdwn": (
        lambda text: mrkdwn.message_to_markdown({"text": text}),
        [*MARKDOWN, "<@U1>", ":a:", "• a\n", "_a *b "],
    ),
    "from rich text": (read_styled, SIGNS),
    "from HTML": (html_to_markdown.html_to_markdown, [*HTML, *SIGNS]),
}


def count_calls(convert: Callable[[str], object], text: str) -> int:
    markdown_parser.clear_cache()
    markdown_reader.read_markdown.cache_clear()
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        convert(text)
    finally:
        sys.setprofile(before)
    return calls


@pytest.mark.parametrize("name", CONVERSIONS)
def test_four_times_the_text_is_about_four_times_the_work(name):
    convert, patterns = CONVERSIONS[name]
    count_calls(convert, "a :a:")  # what is loaded once
    grown = {}
    for pattern in patterns:
        short, long = ((pattern * size)[:size] for size in (SHORT, LONG))
        ratio = count_calls(convert, long) / count_calls(convert, short)
        if ratio > 1.5 * LONG / SHORT:
            grown[pattern] = round(ratio, 1)
    assert grown == {}


def test_parts_for_slack_of_text_with_too_many_marks_cost_few_calls_for_each_sign():
    count_calls(send, "a :a:")
    calls = {
        pattern: count_calls(send, patterns.repeat(pattern, LENGTH)) for pattern in ("\u2028*", "https://a*", "a@b.ca ")
    }
    assert {pattern: count for pattern, count in calls.items() if count > 6 * LENGTH} == {}  # were 1.9 to 4.1 million


@pytest.mark.parametrize("name", growth.CONVERSIONS)
def test_the_longest_text_takes_about_four_times_as_long_as_a_quarter_of_it(name):
    convert, _ = growth.CONVERSIONS[name]
    growth.measure_time(convert, "a :a:")
    grown = {}
    for pattern in REPEATED:
        for _ in range(ATTEMPTS):
            short, long = (growth.measure_time(convert, patterns.repeat(pattern, size)) for size in (QUARTER, LENGTH))
            if long <= 12 * short + 0.3:  # quadratic work is sixteen times as much
                break
        else:
            grown[pattern] = (short, long)
    assert grown == {}
