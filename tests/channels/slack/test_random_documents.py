"""Whatever is written: Slack's limits hold, nobody is notified, no link hides its address, and no word is lost."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bench.markup import visible
from helpdesk.channels.email.parse import html_to_markdown
from helpdesk.channels.slack.parse import message_content
from helpdesk.channels.slack.render import blocks, message_body, mrkdwn, split_message
from helpdesk.markup import document, markdown_reader, markdown_rendering, markdown_writer
from helpdesk.markup.document import Heading, ListBlock, Paragraph, Quote, Rule, Span, Table
from helpdesk.markup.links import has_safe_scheme
from tests import block_validation
from tests.markup.test_document_round_trip import DOCUMENTS

HOSTILE = st.sampled_from(
    [
        *("<!channel>", "<@U0MAYA00001>", "<#C0TRIAGE001>", "<!subteam^S1>", "@here", ":smile:", "&lt;!here&gt;"),
        *(
            "[ok](javascript:alert)",
            "[bank](https://evil.example/x)",
            "<https://a.example|b>",
            "https://a.example/<!here>",
        ),
        *("**", "```", "~~", "|", "\u202e", "\u200b", "\ud800", "\x00", "&#64;here", "[a]: b", "---", "\n\n"),
    ]
)
TEXTS = st.lists(HOSTILE | st.text(max_size=20), max_size=12).map("".join)
LONG = st.tuples(DOCUMENTS, st.integers(1, 12)).map(lambda pair: markdown_writer.write_markdown(pair[0] * pair[1]))
ELEMENTS = {"rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted", "text", "link"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**12) | st.text(max_size=8) | HOSTILE,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                "type text elements style bold url name unicode user_id rows blocks indent offset range id mode".split()
            ),
            inner | st.sampled_from(["rich_text", "table", *sorted(ELEMENTS), "user", "emoji", "ordered", "raw_text"]),
            max_size=5,
        )
    ),
    max_leaves=25,
)


def list_elements(inside: list[dict]) -> list[dict]:
    return [each for element in inside for each in (element, *list_elements(element.get("elements", [])))]


def sort_words(blocks_of_text: list[document.Block]) -> list[str]:
    """The words of a document without its structure; a divided table repeats its head, so each counts once."""
    return sorted({word.text for word in visible.words_of_html(write_html(blocks_of_text))})


def write_html(blocks_of_text: list[document.Block]) -> str:
    return str(markdown_rendering.markdown_to_html(markdown_writer.write_markdown(blocks_of_text)))


@settings(max_examples=80, deadline=None, derandomize=True)
@given(TEXTS | LONG | DOCUMENTS.map(markdown_writer.write_markdown), st.booleans())
def test_what_is_sent_is_within_the_limits_and_harms_nobody(text, trusted):
    parts = blocks.split_body(text)
    for part in parts:
        message = blocks.reply_message(blocks.ReplyValues("Dana", part, trusted=trusted))
        block_validation.validate_blocks(message["blocks"])
        assert message_body.find_excess(message["blocks"]) == "" and len(message["text"]) <= 40_000
        assert "<!" not in message["text"] and "<@" not in message["text"] and "<#" not in message["text"]
        for element in list_elements([each for each in message["blocks"] if each["type"] == "rich_text"]):
            assert element["type"] in ELEMENTS | {"rich_text"}
            if element["type"] == "link":
                assert has_safe_scheme(element["url"])
                label = element.get("text", "")
                assert trusted or not label or ":" in label or "@" in label
    if len(parts) > 1:
        assert [part.split("\n")[0] for part in parts] == [f"({n} of {len(parts)})" for n in range(1, len(parts) + 1)]


@settings(max_examples=50, deadline=None, derandomize=True)
@given(DOCUMENTS, st.integers(1, 1_500))
def test_a_divided_document_has_every_word_of_the_whole(given_blocks, limit):
    parts = split_message.divide(given_blocks, limit)
    divided = sorted({word for part in parts for word in sort_words(part)})
    assert set("".join(sort_words(given_blocks))) <= set("".join(divided))


@settings(max_examples=120, deadline=None, derandomize=True)
@given(st.lists(JSON, max_size=4), TEXTS)
@example([{"type": []}], "")
@example([{"type": "rich_text", "elements": [{"type": {}}]}], "")
@example([{"id": [], "mode": {}}, {"id": "F1", "mode": []}], "")
def test_any_payload_of_slacks_is_read(inside, text):
    message = {"text": text, "blocks": inside, "attachments": inside, "files": inside}
    message_content.message_files(message), message_content.deleted_files(message, message)
    for each in (message, {"blocks": [{"type": "rich_text", "elements": inside}]}, {"text": text}):
        markdown_rendering.markdown_to_html(message_content.message_markdown(each, lambda _: None))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    st.lists(
        st.sampled_from("<b> </b> <p> <ul><li> <pre> <td> <a\u00a0href=x> </a> <br> &amp; < ** `x` [y](z)".split())
        | st.text(st.sampled_from("ab 1*_"), max_size=6),
        max_size=15,
    ).map("".join)
)
def test_any_html_mail_keeps_its_words(html):
    shown = visible.words_of_html(str(markdown_rendering.markdown_to_html(html_to_markdown.html_to_markdown(html))))
    wanted = "".join(word.text for word in visible.words_of_html(html) if word.text.isalnum())
    kept = iter("".join(word.text for word in shown))
    assert all(sign in kept for sign in wanted)


@pytest.mark.parametrize(
    "block",
    [
        Paragraph([Span("word " * 400)]),
        Heading(2, [Span("word " * 300)]),
        Quote([Paragraph([Span("word " * 400)])]),
        ListBlock([[Paragraph([Span(f"item {n} " * 30)])] for n in range(12)], 7),
        Table([[[Span(f"{n} {m}" * 12)] for m in range(3)] for n in range(30)]),
        document.CodeBlock("line of code\n" * 200),
        Rule(),
    ],
)
def test_a_long_block_is_divided_at_its_joints_and_reads_the_same(block):
    parts = split_message.divide([block], 600)
    assert len(parts) > 1 or isinstance(block, Rule)
    words = [each.text for part in parts for each in visible.words_of_html(write_html(part))]
    wanted = iter(words)
    assert all(word.text in wanted for word in visible.words_of_html(write_html([block])))
    assert mrkdwn.rich_text_blocks(markdown_writer.write_markdown([block]))
    assert markdown_reader.read_markdown(markdown_writer.write_markdown(parts[0]))


def test_what_would_take_long_is_read_as_its_words_and_the_log_says_why(caplog):
    link = {"type": "link", "url": "https://a.example/x", "text": "b"}
    styled = [{"type": "text", "text": "a ", "style": {"bold": bool(n % 2)}} for n in range(3_000)]
    section = {"type": "rich_text_section", "elements": [*styled, link]}
    for read, count in (
        (mrkdwn.message_to_markdown({"text": "*a* " * 3_000}), 3_000),
        (mrkdwn.message_to_markdown({"blocks": [{"type": "rich_text", "elements": [section]}]}), 3_001),
        (html_to_markdown.html_to_markdown("<p>a " * 8_000), 8_000),
    ):
        shown = visible.words_of_html(str(markdown_rendering.markdown_to_html(read)))
        assert sum(word.text == "a" for word in shown) >= count - 1
        assert not any(word.style & document.BOLD for word in shown)
    assert "https://a.example/x" in mrkdwn.message_to_markdown(
        {"blocks": [{"type": "rich_text", "elements": [section]}]}
    )
    assert "too many marks" in caplog.text and "TooManyTags" in caplog.text
