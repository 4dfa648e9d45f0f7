"""The columns of a table begin one below the other, whatever its cells are written in."""

import pytest

from helpdesk.channels.slack.render import blocks, mrkdwn
from helpdesk.markup import markdown_reader, markdown_rendering, text_width, text_writer


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("abc", 3),
        ("注文", 4),
        ("ｱｲ", 2),
        ("Ａ！", 4),
        ("e\u0301", 1),
        ("\u1112\u1161\u11ab", 2),
        ("👍🏽", 2),
        ("👩‍🚀🇩🇪", 4),
        ("1️⃣❤️", 4),
        ("\ufe0f\u200ba", 1),
    ],
)
def test_wide_characters_take_two_columns_and_marks_none(text, width):
    assert text_width.measure_width(text) == width


def test_columns_beside_wide_characters_stand_below_each_other_in_slack_and_text_mail():
    markdown = "| 商品 | n |\n|-|-|\n| 緑茶 ✅ | 2 |\n| tea | 10 |"
    lines = ["商品     n", "緑茶 ✅  2", "tea      10"]
    (block,) = blocks.reply_message(blocks.ReplyValues("Dana", markdown))["blocks"]
    assert block["elements"][0]["elements"][0]["text"].split("\n") == lines
    assert text_writer.write_text(markdown_reader.read_markdown(markdown)).split("\n") == lines


@pytest.mark.parametrize(
    ("row", "last"),
    [("1 | 2 | 3", "2 | 3"), ("| ls | grep x | wc |", "grep x | wc"), ("| 1 | 2 |", "2"), (r"| 1 | 2 \| 3 |", "2 | 3")],
)
def test_a_cell_beyond_the_heading_is_kept_in_the_last_one(row, last):
    markdown = f"| a | b |\n| --- | --- |\n{row}\nx"
    assert f"<td>{last}</td>" in markdown_rendering.markdown_to_html(markdown)
    (block,) = mrkdwn.rich_text_blocks(markdown)
    again = mrkdwn.message_to_markdown({"blocks": [block]})
    assert last in markdown_rendering.markdown_to_text(again)
