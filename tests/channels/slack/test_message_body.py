"""Whatever a person writes becomes a message that Slack accepts, at the first attempt."""

import json
import logging

import pytest

from helpdesk.channels.slack.render import blocks, message_body, mrkdwn, split_message
from helpdesk.demo.slack_workspace import block_kit
from helpdesk.markup import markdown_reader, markdown_rendering

NESTED = "*" * 490 + "b" + "*" * 490
WIDE_CELL = "| a | b |\n|---|---|\n| " + "x" * 1000 + " | y |\n" + "| s | t |\n" * 120


def send(markdown: str) -> list[dict]:
    return [blocks.reply_message(blocks.ReplyValues("Dana", part)) for part in blocks.split_body(markdown)]


def shown(messages: list[dict]) -> str:
    return "\n".join(leaf.get("text", "") for message in messages for leaf in leaves(message["blocks"]))


def leaves(elements: list[dict]) -> list[dict]:
    return [leaf for each in elements for leaf in (leaves(each["elements"]) if "elements" in each else [each])]


@pytest.mark.parametrize(
    "markdown",
    [
        NESTED,
        WIDE_CELL,
        "> " * 300 + "deep",
        "- " * 300 + "deep",
        "[" * 3000 + "x" + "](https://a.example)" * 300,
        "*a* " * 5000,
        "|" + "a|" * 5000 + "\n|" + "-|" * 5000,
        "# " + "word " * 4000,
        "1. " + "word " * 4000 + "\n   ```\n" + "   code\n" * 3000 + "   ```\n2. end",
        "`" * 20_000,
        "<&>" * 6000,
        "~~**_" * 4000,
        "\x00\ud800 x",
    ],
    ids=lambda markdown: repr(markdown[:12]),
)
def test_any_message_is_within_slacks_limits(markdown):
    messages = send(markdown)
    for message in messages:
        assert not block_kit.list_errors(message["blocks"])
        assert block_kit.count_characters(message["blocks"]) <= block_kit.MAX_MARKDOWN_CHARACTERS
        assert len(message["text"]) <= 40_000
        assert max((len(leaf.get("text", " ")) for leaf in leaves(message["blocks"])), default=0) <= 3000
    assert "b" not in markdown or "b" in shown(messages)


def test_marks_as_deep_as_the_message_is_long_are_one_style():
    [message] = send(NESTED)
    assert leaves(message["blocks"]) == [{"type": "text", "text": "b", "style": {"bold": True}}]


def test_one_long_cell_does_not_lengthen_every_row():
    messages = send(WIDE_CELL)
    assert len(messages) == 1
    assert len(json.dumps(messages)) < 3 * len(WIDE_CELL)
    assert shown(messages).count("s  t") == 120


def test_what_cannot_be_rendered_is_sent_as_plain_text_and_logged(monkeypatch, caplog):
    def fail(*_: object) -> list[dict]:
        raise RecursionError

    monkeypatch.setattr(mrkdwn, "rich_text_blocks", fail)
    with caplog.at_level(logging.WARNING, message_body.__name__):
        [message] = send("look at **<!here>**")
    assert leaves(message["blocks"]) == [{"type": "text", "text": "look at **<!here>**"}]
    assert message["text"] == "look at **&lt;!here&gt;**"
    assert "RecursionError" in caplog.text


def test_more_than_slack_takes_is_sent_as_plain_text_and_logged(caplog):
    table = (
        "| a | b |\n|---|---|\n"
        + "| x | "
        + "word " * 7
        + "|\n"
        + "| y | z |\n| long enough to be padded by more | z |\n" * 400
    )
    with caplog.at_level(logging.WARNING, message_body.__name__):
        message = blocks.reply_message(blocks.ReplyValues("Dana", table))
    assert "characters in blocks" in caplog.text
    assert sum(len(leaf["text"]) for leaf in leaves(message["blocks"])) <= message_body.MAX_CHARACTERS


def test_a_divided_list_goes_on_with_its_numbers_and_a_table_with_its_head():
    items = "\n".join(f"{number}. item {number} with some words" for number in range(5, 105))
    rows = "| name | state |\n|---|---|\n" + "\n".join(f"| host {n} | [up](https://h.example/{n}) |" for n in range(90))
    parts = split_message.split_markdown(f"{items}\n\n{rows}", 1000)
    assert len(parts) > 5
    lists = [part for part in parts if "item" in part]
    tables = [part for part in parts if "host" in part]
    firsts = [part.split(". item ")[0] for part in lists]
    assert all(part.startswith(f"{first}. item {first} ") for first, part in zip(firsts, lists, strict=True))
    assert all("| name | state |" in part for part in tables)
    assert sum(part.count("](https://h.example/") for part in tables) == 90


def test_links_defined_below_are_links_in_every_part():
    text = "\n\n".join(f"See [the page] {number}. " + "word " * 60 for number in range(20))
    parts = split_message.split_markdown(text + "\n\n[the page]: https://p.example/x", 1500)
    assert len(parts) > 3
    assert sum(part.count("[the page](https://p.example/x)") for part in parts) == 20


def test_inner_lists_stay_inner_when_a_list_is_divided():
    text = "\n".join(f"{n}. outer {n}\n    - inner {n} " + "word " * 30 for n in range(1, 30))
    for part in split_message.split_markdown(text, 1200):
        [block] = markdown_reader.read_markdown(part)
        assert all(len(item) == 2 for item in block.items)
        assert "<li>outer" in markdown_rendering.markdown_to_html(part)


def test_a_heading_stands_above_what_it_is_about():
    parts = split_message.split_markdown("a " * 400 + "\n\n# Title\n\n" + "b " * 400, 1000)
    assert [part[:8] for part in parts] == ["a a a a ", "# Title\n"]


def test_a_text_that_fits_is_sent_as_it_was_typed():
    assert blocks.split_body("* a\n* b __c__") == ["* a\n* b __c__"]
    typed = "* a | b\n\n" + "__c__ and more words " * 200
    assert blocks.split_body(typed) == [typed]
