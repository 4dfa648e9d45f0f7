"""The scores of ``make bench-markup``: what they count as lost, and that usual texts lose nothing."""

import json

import pytest

from bench.markup import __main__ as bench
from bench.markup import conversions
from bench.markup.comparison import Score
from bench.markup.visible import Word, words_of_html
from helpdesk.markup.document import BOLD, CODE

NOTHING_LOST = [
    "*[spam*][ref] and **(**eggs)\n\n[ref]: /docs\n[spam*]: /other\n",
    "[guide][one][two]\n\n[two]: guide/first.txt\n[one]: ./second.txt\n",
    "See [the\nguide](https://a.example/x), <https://a.example?find=\\*> and word<https://a.example/`x`>.\n",
    "7. seven\n8. eight\n\n   more\n\n- [ ] to do\n\n> - quoted\n>   > twice\n\n| a | b |\n|---|---|\n| **c** | ~~d~~ |\n",
    "[main]: started\n[worker]: stopped\n\nHere [main] is text.\n",
    "# Heading *with* `code`\n\n    indented\n\n```py\nx = 1\n```\n\n---\n",
]


@pytest.mark.parametrize("markdown", NOTHING_LOST)
def test_no_word_of_a_text_is_lost_in_any_rendering(markdown):
    for rendering, shown in conversions.render(markdown).items():
        score = Score()
        score.add("text", conversions.reference_words(markdown, rendering), shown)
        assert (rendering, score.lost) == (rendering, {})


@pytest.mark.parametrize(
    "markdown",
    [
        "A [label\nover lines](https://a.example/x).\n",
        "- one\n\n  more of one\n- two\n",
        "See https://b\u00fccher.example/x and <https://a.example?find=\\*>.\n",
        "**Note:** `a` ~~b~~ *c*\n\n7. x\n8. y\n",
    ],
)
def test_a_text_shows_the_same_after_a_way_through_slack(markdown):
    assert conversions.is_same_after_slack(markdown)


def test_words_that_are_missing_moved_or_styled_otherwise_are_counted():
    score = Score()
    score.add("fine", [Word("a"), Word("b", BOLD)], [Word("x"), Word("a"), Word("b", BOLD)])
    score.add("moved", [Word("a"), Word("b")], [Word("b"), Word("a")])
    score.add("plain", [Word("a", CODE)], [Word("a")])
    assert (score.texts, score.whole, score.words, score.kept) == (3, 1, 5, 4)
    assert (score.styled, score.same_style) == (2, 1)
    assert set(score.lost) == {"moved", "plain"}


def test_only_what_a_reader_sees_counts():
    html = "<style>p</style><p>a<b>b</b> <script>x</script><img alt='c'></p><p>d"
    assert words_of_html(html) == [Word("ab"), Word("c"), Word("d")]
    assert words_of_html("<p>m<sup>2</sup> <b>保存</b>x<img alt=y style='display:none'>") == [
        *(Word("m2"), Word("保", BOLD), Word("存", BOLD), Word("x"))
    ]


def test_a_folder_is_scored_by_kind_of_file(tmp_path, capsys):
    (tmp_path / ("a" + ".md")).write_text("Hello *you*")
    (tmp_path / "b.html").write_text("<p>Hello <b>you</b>")
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": "Hi", "style": {"bold": True}}]}
    (tmp_path / "c.json").write_text(
        json.dumps([{"message": {"blocks": [{"type": "rich_text", "elements": [section]}]}}])
    )
    scores = bench.score_folder(tmp_path)
    assert {name: bench.describe(score) for name, score in scores.items()} == {
        **dict.fromkeys(
            (conversions.PORTAL, conversions.SLACK, "from HTML mail", "from Slack"),
            "1 texts, words 100.00%, styles 100.00%, whole 100.0%",
        ),
        conversions.TEXT_MAIL: "1 texts, words 100.00%, whole 100.0%",
        "through Slack and back": "1 texts, whole 100.0%",
    }
