"""No text of a message's length keeps a process busy (ReDoS): each is read within a moment, whatever stands in it."""

import time

import pytest

from helpdesk import rendering
from helpdesk.channels.email import html_text, quotes
from helpdesk.channels.slack import mrkdwn, visibility
from helpdesk.domain.tickets.conversation import LONGEST

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
TEXTS = {repr(seed): (seed * LONGEST)[:LONGEST] for seed in SEEDS}
TEXTS |= {"note and spaces": "note" + " " * LONGEST + "x", "spaces and note": " " * LONGEST + "note: x"}
READERS = {
    "Markdown to HTML": rendering.markdown,
    "Markdown to words": rendering.plain.__wrapped__,
    "a line of it": rendering.excerpt,
    "Markdown to Slack": mrkdwn.rich_text,
    "note or reply": visibility.read,
    "quoted mail": quotes.split,
    "mail's HTML": html_text.markdown,
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("text", TEXTS)
def test_it_takes_a_moment(reader, text):
    began = time.process_time()
    READERS[reader](TEXTS[text])
    assert time.process_time() - began < MOMENT


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
def test_marks_are_read_as_before(body, means):
    assert visibility.read(body) == means


def test_bare_addresses_are_links_up_to_a_number():
    few, many = ("https://a.example " * count for count in (rendering.MOST_BARE_LINKS, rendering.MOST_BARE_LINKS + 1))
    assert rendering.markdown(few).count("<a ") == rendering.MOST_BARE_LINKS
    assert rendering.markdown(many).count("<a ") == 0 and "https://a.example" in rendering.markdown(many)
    assert rendering.markdown(many + "[a](https://b.example)").count("<a ") == 1
