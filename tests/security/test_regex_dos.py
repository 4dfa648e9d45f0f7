"""No text of the maximum message length takes long to parse (ReDoS)."""

import gc
import time

import pytest

from helpdesk.channels import email
from helpdesk.channels.email.parse import html_to_markdown, quotes
from helpdesk.channels.slack.parse import note_prefix
from helpdesk.channels.slack.render import mrkdwn
from helpdesk.domain.tickets.messages import MAX_BODY_LENGTH
from helpdesk.markup import markdown_rendering

MOMENT = 2.5  # seconds of this process; what was found before took from four seconds to minutes
SEEDS = [
    " ",
    "\n",
    "\u00a0",
    "> ",
    "*a_ ",
    "`",
    "<http://",
    "http://a.",
    "[a](",
    "](",
    "- ",
    "|a",
    "&a",
    "<a ",
    "<!--",
    "On a wrote",
]
TEXTS = {repr(seed): (seed * MAX_BODY_LENGTH)[:MAX_BODY_LENGTH] for seed in SEEDS}
TEXTS |= {"note and spaces": "note" + " " * MAX_BODY_LENGTH + "x", "spaces and note": " " * MAX_BODY_LENGTH + "note: x"}
TEXTS["note and unseen signs"] = "note" + "\u200b" * MAX_BODY_LENGTH
PARSERS = {
    "Markdown to HTML": markdown_rendering.markdown_to_html,
    "Markdown to words": markdown_rendering.markdown_to_text.__wrapped__,
    "a line of it": markdown_rendering.make_excerpt,
    "Markdown to Slack": mrkdwn.rich_text_blocks,
    "note or reply": note_prefix.split_note_prefix,
    "quoted mail": quotes.split_quote,
    "mail's HTML": html_to_markdown.html_to_markdown,
}


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("text", TEXTS)
def test_long_hostile_text_is_parsed_quickly(parser, text):
    began = time.process_time()
    PARSERS[parser](TEXTS[text])
    assert time.process_time() - began < MOMENT


MAIL_LINES = [
    ":",
    "a:",
    "From: x",
    "On 1 May 2026 12:30 a@b.example wrote:",
    "> x\n:",
    "---- x ----",
    "--",
    "    x",
    "x\n",
]


@pytest.fixture
def without_collection():
    """No garbage collection, whose time grows with what other tests of this process left behind."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("line", MAIL_LINES)
@pytest.mark.parametrize("media_type", ["text/plain", "text/html"])
@pytest.mark.usefixtures("without_collection")
def test_time_to_parse_a_mail_grows_with_its_length_only(line, media_type):
    """Four times the lines may take at most about four times as long; a quadratic parser takes sixteen times.

    A busy machine is slow once; a quadratic parser is so each time.
    """
    text = line + ("<br>" if media_type == "text/html" else "\n")

    def measure(count):
        raw = f"From: a@b.example\nContent-Type: {media_type}\n\n{text * count}".encode()
        began = time.process_time()
        email.parse_mail(raw)
        return time.process_time() - began

    measure(100)
    assert any(measure(32_000) < 8 * measure(8_000) + 0.3 for _ in range(3))


@pytest.mark.parametrize(
    ("body", "means"),
    [
        ("note: x", ("internal", "x")),
        ("  *note:* x", ("internal", "x")),
        ("*note*: x", ("internal", "x")),
        ("note : x", ("internal", "x")),
        ("> note: x", ("internal", "> x")),
        ("_:lock: x_", ("internal", "_x_")),
        ("\U0001f512 : x", ("internal", "x")),
        ("Reply ** : x", ("public", "x")),
        ("note x", (None, "note x")),
    ],
)
def test_note_prefix_is_still_parsed(body, means):
    assert note_prefix.split_note_prefix(body) == means


def test_number_of_autolinks_is_limited():
    few, many = (
        "https://a.example " * count
        for count in (markdown_rendering.MAX_BARE_LINKS, markdown_rendering.MAX_BARE_LINKS + 1)
    )
    assert markdown_rendering.markdown_to_html(few).count("<a ") == markdown_rendering.MAX_BARE_LINKS
    assert markdown_rendering.markdown_to_html(many).count(
        "<a "
    ) == 0 and "https://a.example" in markdown_rendering.markdown_to_html(many)
    assert markdown_rendering.markdown_to_html(many + "[a](https://b.example)").count("<a ") == 1
