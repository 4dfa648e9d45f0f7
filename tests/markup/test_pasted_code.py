"""Code that was pasted as a block is shown with every sign and line break in the portal, in Slack and in mails."""

import html

from helpdesk.channels.slack.render import blocks
from helpdesk.markup import markdown_reader, markdown_rendering, text_writer
from tests.journeys.paste_samples import CODE


def test_pasted_code_is_shown_sign_for_sign_in_the_portal_in_slack_and_in_mails():
    shown = {}
    for text in CODE:
        block = f"`````\n{text.strip(chr(10))}\n`````\n"
        page = markdown_rendering.markdown_to_html(block)
        message = blocks.reply_message(blocks.ReplyValues("Dana", block))
        preformatted = message["blocks"][0]["elements"][0]
        shown[text] = {
            html.unescape(page.removeprefix("<pre><code>").removesuffix("\n</code></pre>\n")),
            preformatted["elements"][0]["text"] if preformatted["type"] == "rich_text_preformatted" else "",
        }
        mail = text_writer.write_text(markdown_reader.read_markdown(block))
        assert mail == "\n".join(line.rstrip() for line in text.strip("\n").split("\n"))
    assert {text: found for text, found in shown.items() if found != {text.strip("\n")}} == {}
