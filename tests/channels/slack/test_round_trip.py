"""Whatever somebody writes: the text arrives, and nobody is pinged."""

import json
import re
import string

from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it.common.normalize_url import normalizeLink

from helpdesk.channels.slack.parse import rich_text_to_markdown
from helpdesk.channels.slack.render import blocks, mrkdwn
from helpdesk.markup import markdown_rendering

PIECES = st.sampled_from(
    [
        "<!channel>",
        "<@U123>",
        "<https://evil.example|https://bank.example>",
        "@here",
        "*",
        "**",
        "_",
        "~~",
        "`",
        "```",
        "\n",
        "\n\n",
        "> ",
        "- ",
        "1. ",
        "# ",
        "    ",
        "[label](https://a.example/x_y)",
        "[x](javascript:alert(1))",
        "https://b.example/?a=1&b=2",
        "&lt;",
        "&amp;",
        "\\",
        "|",
        "---",
        ":tada:",
        "<b>",
        "$",
        "é",
        "日本",
        "(",
        ")",
        "!",
        "<!subteam^S1>",
        "<#C1|general>",
        "\u2028",
    ]
)
WORDS = st.text(alphabet=string.ascii_letters + string.digits, min_size=1, max_size=8)
WRITINGS = st.lists(PIECES | WORDS | st.just(" "), max_size=40).map("".join)
ANY = st.text(max_size=200)


def words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text)


def seen(written: str) -> list[str]:
    """The text a reader of the portal sees."""
    return words(markdown_rendering.markdown_to_text(written))


@settings(max_examples=300, deadline=None)
@given(WRITINGS)
@example("https://b.example/?a=1&b=2[label](https://a.example/x_y)")
@example("[label](https://a.example/x_(y) and https://a.example/x_(y)")
@example("\u20281. ")
@example(r"[label](https://a.example/\(x)")
def test_a_round_trip_through_blocks_keeps_the_words_that_are_seen(written):
    made = mrkdwn.rich_text_blocks(written, trusted=True)
    shown = words(" ".join(texts(made)))
    assert shown == words(
        " ".join(
            texts(
                mrkdwn.rich_text_blocks(
                    rich_text_to_markdown.elements_to_markdown(elements(made), lambda _: None), trusted=True
                )
            )
        )
    )


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        WORDS | st.sampled_from(["*", "_", "`", "~", "<", ">", "&", "\\", "[", "]", "#", "!", " ", "\n"]),
        max_size=30,
    ).map("".join)
)
def test_what_is_typed_as_plain_words_in_slack_is_read_as_those_words(typed):
    message = {
        "blocks": [
            {
                "type": "rich_text",
                "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": typed}]}],
            }
        ]
    }
    assert seen(mrkdwn.message_to_markdown(message)) == words(typed)


@settings(max_examples=300, deadline=None)
@given(WRITINGS | ANY)
def test_nothing_a_customer_writes_can_ping_or_hide_a_link(written):
    reply = blocks.reply_message(blocks.ReplyValues("<!here> Dana", written, organization="<@U1>"))
    card = blocks.card_message(
        blocks.CardValues(
            1,
            written,
            written,
            written,
            "open",
            "Open",
            "low",
            "https://p.example/1",
            excerpt=written,
            answers=((written, written),),
        )
    )
    for made in (reply["text"], card[0], *mrkdwn_objects(reply["blocks"] + card[1] + card[2])):
        for inside in re.findall(r"<([^>]*)>?", made):
            assert re.match(r"(https?://|mailto:)", inside), made
    kinds = {element["type"] for element in leaves(reply["blocks"] + card[1] + card[2])}
    assert kinds <= {"text", "link"}
    for element in leaves(reply["blocks"]):
        if element["type"] == "link":
            shown = element.get("text", element["url"])  # the same address, perhaps decoded instead of %C3%A9
            assert normalizeLink(shown) in {element["url"], element["url"].removeprefix("mailto:")}


LEAF = st.none() | st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=2)
ODD = st.recursive(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["text", "link", "user", "emoji", "date", "broadcast", "channel", "new_kind"])},
        optional=dict.fromkeys(("text", "url", "user_id", "name", "unicode", "style", "fallback", "range"), LEAF),
    ),
    lambda inner: st.fixed_dictionaries(
        {"type": st.sampled_from(["rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted"])},
        optional={
            "elements": st.lists(inner, max_size=4) | LEAF,
            "style": LEAF,
            "indent": LEAF,
            "offset": LEAF,
        },
    ),
    max_leaves=10,
)


@settings(max_examples=300, deadline=None)
@given(st.lists(ODD | LEAF, max_size=4) | LEAF)
def test_any_shape_of_rich_text_can_be_read(odd):
    assert isinstance(mrkdwn.message_to_markdown({"blocks": [{"type": "rich_text", "elements": odd}]}), str)


@settings(max_examples=200, deadline=None)
@given(ANY | WRITINGS)
def test_any_text_of_slacks_can_be_read(text):
    read = mrkdwn.message_to_markdown({"text": text})
    assert "<script" not in markdown_rendering.markdown_to_html(read)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(WORDS | st.sampled_from(["\n", "\n\n", "```\n", "```py\n", " ", "~~~~\n"]), max_size=120).map("".join),
    st.integers(120, 400),
)
def test_a_split_message_loses_no_word_and_every_part_fits(written, limit):
    parts = blocks.split_body(written, limit)
    assert parts
    assert all(len(part) <= limit for part in parts)
    numbered = [re.sub(r"^\(\d+ of \d+\)\n\n", "", part) for part in parts]
    assert [word for word in words(" ".join(numbered)) if word != "py"] == [
        word for word in words(written) if word != "py"
    ]


def texts(made: list[dict]) -> list[str]:
    return [element.get("text") or element.get("url", "") for element in leaves(made)]


def elements(made: list[dict]) -> list[dict]:
    return [element for block in made for element in block["elements"]]


def leaves(made) -> list[dict]:
    """Every element inside rich_text blocks, however deep."""
    found = []
    for each in made:
        if each.get("type") == "rich_text":
            found += _inside(each["elements"])
        found += leaves(each.get("blocks", []))
    return found


def _inside(elements_) -> list[dict]:
    found = []
    for each in elements_:
        found += _inside(each["elements"]) if "elements" in each else [each]
    return found


def mrkdwn_objects(made) -> list[str]:
    """The text of every mrkdwn object, however deep."""
    found = []

    def look(value):
        if isinstance(value, dict):
            if value.get("type") == "mrkdwn":
                found.append(value["text"])
            for each in value.values():
                look(each)
        elif isinstance(value, list):
            for each in value:
                look(each)

    look(json.loads(json.dumps(made)))
    return found
