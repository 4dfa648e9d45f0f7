"""What programs post (workflows, alerts) has its words in blocks and attachments: no word of it is lost when somebody
files or forwards it, and no preview of a link becomes somebody's words.
"""

import pytest

from helpdesk.channels.slack.parse import message_content

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "*New request* from <@U1>"}}
LINKED = {"type": "button", "text": {"type": "plain_text", "text": "Open"}, "url": "https://x.example/7"}
RICH = {
    "type": "rich_text",
    "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "My *words*"}]}],
}


def plain(text):
    return {"type": "plain_text", "text": text}


def read(**message):
    return message_content.message_markdown(message, {"U1": "Dana"}.get)


@pytest.mark.parametrize(
    ("blocks", "markdown"),
    [
        ([SECTION], "**New request** from @Dana"),
        ([{**SECTION, "accessory": LINKED}], "**New request** from @Dana\n\n[Open](https://x.example/7)"),
        ([{"type": "section", "fields": [plain("Host"), plain("a_b*c*")]}], "Host\n\na_b\\*c\\*"),
        ([{"type": "header", "text": plain("Alert")}, {"type": "divider"}], "**Alert**"),
        ([{"type": "context", "elements": [plain("by"), {"type": "mrkdwn", "text": "_me_"}]}], "by *me*"),
        (
            [{"type": "image", "image_url": "https://x.example/a.png", "alt_text": "chart"}],
            "[chart](https://x.example/a.png)",
        ),
        (
            [{"type": "actions", "elements": [LINKED, {"type": "button", "text": plain("Ack")}]}],
            "[Open](https://x.example/7)",
        ),
        ([{"type": "markdown", "text": "**bold**\n\n- a"}], "**bold**\n\n- a"),
        ([{"type": "video", "title": plain("How"), "title_url": "https://v.example"}], "[How](https://v.example)"),
        (
            [{"type": "call", "call": {"v1": {"name": "Zoom", "join_url": "https://z.example"}}}],
            "[Zoom](https://z.example)",
        ),
        ([{"type": "card", "title": plain("Card"), "body": {"type": "mrkdwn", "text": "*b*"}}], "Card\n\n**b**"),
        ([RICH, SECTION], "My \\*words\\*\n\n**New request** from @Dana"),
        ([SECTION, {"type": "of_next_year"}], "A notice\n\n**New request** from @Dana"),
        ([{"type": "of_next_year"}], "A notice"),
        ([{"type": "actions", "elements": []}], "A notice"),
        ([], "A notice"),
    ],
)
def test_every_block_is_read(blocks, markdown):
    assert read(text="A notice", blocks=blocks) == markdown


CLASSIC = {
    "pretext": "pre",
    "title": "CPU",
    "title_link": "https://x.example",
    "text": "It is *high*",
    "fields": [{"title": "Host", "value": "db1"}],
}
CLASSIC_MARKDOWN = "pre\n\n[CPU](https://x.example)\n\nIt is **high**\n\n**Host**\ndb1"


def test_attachments_that_programs_write_are_read():
    assert read(text="", attachments=[CLASSIC]) == CLASSIC_MARKDOWN
    assert read(text="", attachments=[{"blocks": [SECTION], "fallback": "no"}]) == "**New request** from @Dana"
    assert read(text="", attachments=[{"fallback": "Only this"}]) == "Only this"


@pytest.mark.parametrize(
    "key", ["from_url", "is_msg_unfurl", "app_unfurl_url", "is_app_unfurl", "service_name", "app_id"]
)
def test_a_preview_is_nobodys_words(key):
    assert (
        read(text="see https://x.example", attachments=[{**CLASSIC, key: "https://x.example"}])
        == "see https://x.example"
    )


def test_a_programs_message_that_is_forwarded_is_quoted_whole():
    def forwarded(inner, **more):
        return read(
            text="fyi",
            attachments=[{"is_share": True, "author_name": "Bot", "message_blocks": [{"message": inner}], **more}],
        )

    quoted = "> Bot:\n> **New request** from @Dana"
    assert forwarded({"blocks": [SECTION]}, text="") == f"fyi\n\n{quoted}"
    assert forwarded({}, attachments=[CLASSIC, {**CLASSIC, "from_url": "https://y.example"}]) == (
        "fyi\n\n> Bot:\n> " + CLASSIC_MARKDOWN.replace("\n", "\n> ")
    )


def test_elements_that_name_something_are_read_by_its_name():
    elements = [
        {"type": "text", "text": "see "},
        {"type": "canvas", "file_id": "F1", "label": "Plan"},
        {"type": "text", "text": " "},
        {"type": "rich_link", "url": "https://x.example", "title": "T"},
    ]
    block = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}
    assert read(text="x", blocks=[block]) == "see Plan [T](https://x.example)"
