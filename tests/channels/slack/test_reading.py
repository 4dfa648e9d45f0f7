"""Messages written in Slack are read with the words, styles and numbers that people saw there."""

import pytest

from helpdesk.channels.slack.parse import emoji_names
from helpdesk.channels.slack.render import mrkdwn
from helpdesk.markup import markdown_rendering


def text(words: str, **style: bool) -> dict:
    return {"type": "text", "text": words} | ({"style": style} if style else {})


def section(*elements: dict) -> dict:
    return {"type": "rich_text_section", "elements": list(elements)}


def items(*texts: str, style: str = "bullet", indent: int = 0, **more: int) -> dict:
    sections = [section(text(each)) for each in texts]
    return {"type": "rich_text_list", "elements": sections, "style": style, "indent": indent} | more


def code(words: str) -> dict:
    return {"type": "rich_text_preformatted", "elements": [text(words)]}


def read(*elements: dict) -> str:
    message = {"blocks": [{"type": "rich_text", "elements": list(elements)}]}
    return mrkdwn.message_to_markdown(message, {"U1": "Dana", "C1": "ops"}.get)


BOLD = {"bold": True}


@pytest.mark.parametrize(
    "inside",
    [
        {"type": "user", "user_id": "U1", "style": BOLD},
        {"type": "channel", "channel_id": "C1", "style": BOLD},
        {"type": "emoji", "name": "tada", "style": BOLD},
        {"type": "link", "url": "https://a.example", "text": "the page", "style": BOLD},
        {"type": "link", "url": "https://a.example", "style": BOLD},
    ],
    ids=lambda inside: inside["type"],
)
def test_a_bold_sentence_with_something_inside_is_one_bold_sentence(inside):
    markdown = read(section(text("Hi ", bold=True), inside, text(", please look", bold=True), text(" now")))
    assert markdown.startswith("**Hi ")
    assert markdown.endswith(", please look** now")
    assert markdown.count("**") == 2


@pytest.mark.parametrize(
    ("elements", "markdown"),
    [
        ([items("a", "b", style="ordered", offset=6)], "7. a\n8. b"),
        (
            [items("a", style="ordered"), code("x"), items("b", style="ordered", offset=1)],
            "1. a\n   ```\n   x\n   ```\n2. b",
        ),
        ([items("a"), items("b", indent=1), items("c", indent=2), items("d")], "- a\n  - b\n    - c\n- d"),
        (
            [items("a", style="ordered"), items("b", indent=1), items("c", style="ordered", offset=1)],
            "1. a\n   - b\n2. c",
        ),
        ([items("a", style="ordered"), items("b")], "1. a\n\n- b"),
        ([items("a", "b", style="ordered"), items("c", style="ordered")], "1. a\n2. b\n1. c"),
        (
            [items("a", style="ordered"), items("b", indent=1), items("c", style="ordered")],
            "1. a\n   - b\n2. c",
        ),
        (
            [items("a"), items("b", indent=1), code("x"), items("c", indent=1), items("d")],
            "- a\n  - b\n    ```\n    x\n    ```\n  - c\n- d",
        ),
        ([items("a", indent=3)], "- a"),
        ([section({"type": "date", "timestamp": 1720710212, "format": "{date_num}"})], "2024-07-11"),
        ([section({"type": "emoji", "name": "point_up", "skin_tone": 4})], "☝🏽"),
        ([section({"type": "emoji", "name": "point_up", "skin_tone": 9})], "☝️"),
        ([section({"type": "date", "timestamp": 1720710212, "format": "{date_num}", "fallback": "soon"})], "soon"),
        (
            [section(text("curl -X GET \\\n  -H 'a: b' \\\n  x"))],
            "curl -X GET \\\\\n\u00a0\u00a0-H 'a: b' \\\\\n\u00a0\u00a0x",
        ),
        ([section(text("- old\n+ new\n# no\n1. no"))], "\\- old\n\\+ new\n\\# no\n1\\. no"),
        (
            [section({"type": "link", "url": "https://a.example/x_y", "style": {"code": True}})],
            "[`https://a.example/x_y`](https://a.example/x_y)",
        ),
        ([section(text("C:\\"), text("Temp", bold=True))], "C:\\\\**Temp**"),
        ([section(text("「保存」", bold=True), text("を"))], "**「保存」**を"),
        ([{"type": "rich_text_quote", "elements": [text("a\n\nb")]}], "> a\n>\n> b"),
    ],
)
def test_rich_text_is_read_as_it_was_seen(elements, markdown):
    assert read(*elements) == markdown


def test_backslashes_of_pasted_commands_are_seen():
    html = markdown_rendering.markdown_to_html(read(section(text("curl \\\n -H x"))))
    assert html == "<p>curl \\<br>\n&nbsp;-H x</p>\n"


@pytest.mark.parametrize(
    ("typed", "markdown"),
    [
        ("*Hi <@U1>, look :tada: at <#C1>* now", "**Hi @Dana, look 🎉 at #ops** now"),
        ("_a *b* c_ ~d~", "*a **b** c* ~~d~~"),
        ("snake_case_name 2*3*4", "snake_case_name 2\\*3\\*4"),
        ("1. a\n```x```\n2. b", "1. a\n   ```\n   x\n   ```\n2. b"),
        ("1. a\n2. b\n5. c\n1. d", "1. a\n2. b\n5. c\n1. d"),
        ("a\n&gt;&gt;&gt; *b*\nc\n• d", "a\n\n> **b**\n> c\n>\n> - d"),
        ("by <!date^1720710212^{date_short} at {time}|Thursday>", "by Thursday"),
        ("by <!date^1720710212^{date_short} at {time}>", "by 2024-07-11 at 15:03 UTC"),
        ("by <!date^1720710212^{ago}^https://a.example>, <!date^soon^{date}>", "by 2024-07-11 15:03 UTC, soon"),
        ("we :flag-de: :man-running::skin-tone-4: ok", "we 🇩🇪 🏃🏽‍♂️ ok"),
        (":tada::+1::skin-tone-2::handshake::skin-tone-2::skin-tone-4: ok", "🎉👍🏻🫱🏻‍🫲🏽 ok"),
        ("完成:tada:了 10:30:45 std::x::y:", "完成🎉了 10:30:45 std::x::y:"),
    ],
)
def test_mrkdwn_is_read_as_it_was_seen(typed, markdown):
    assert mrkdwn.message_to_markdown({"text": typed}, {"U1": "Dana", "C1": "ops"}.get) == markdown


@pytest.mark.parametrize(
    ("name", "character"),
    [
        ("flag-de", "🇩🇪"),
        ("us", "🇺🇸"),
        ("man-running", "🏃‍♂️"),
        ("male-technologist", "👨‍💻"),
        ("man-woman-girl-boy", "👨‍👩‍👧‍👦"),
        ("+1::skin-tone-3", "👍🏼"),
        ("wave::skin-tone-6", "👋🏿"),
        ("man-running::skin-tone-2", "🏃🏻‍♂️"),
        ("handshake::skin-tone-5", "🤝🏾"),
        ("simple_smile", "🙂"),
        ("couple_with_heart::skin-tone-2::skin-tone-3", "🧑🏻‍❤️‍🧑🏼"),
        ("people_holding_hands::skin-tone-4::skin-tone-4", "🧑🏽‍🤝‍🧑🏽"),
        ("party_parrot", ":party_parrot:"),
        ("party_parrot::skin-tone-2", ":party_parrot:"),
    ],
)
def test_names_of_emoji_become_characters(name, character):
    assert emoji_names.emoji_character(name) == character


def test_words_in_elements_that_nobody_here_knows_are_read():
    inside = {"type": "highlight", "elements": [text("in the "), text("cellar")]}
    assert read(section(text("It burns "), inside)) == "It burns in the cellar"


def test_an_element_whose_words_cannot_be_found_is_read_from_the_text_beside_the_blocks():
    unknown = {"type": "rich_text_table", "rows": [[section(text("cellar"))]]}
    for written in ([unknown], [section(text("It burns")), unknown]):
        message = {"text": "It burns\ncellar", "blocks": [{"type": "rich_text", "elements": written}]}
        markdown = mrkdwn.message_to_markdown(message, {}.get)
        assert "It burns" in markdown and markdown.endswith("cellar")


def test_an_element_without_words_adds_nothing():
    elements = [section(text("It burns")), {"type": "rich_text_divider"}, section(text("Still"))]
    message = {"text": "It burns\n\n---\nStill", "blocks": [{"type": "rich_text", "elements": elements}]}
    assert mrkdwn.message_to_markdown(message, {}.get) == "It burns\n\nStill"
