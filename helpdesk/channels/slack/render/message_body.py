"""The blocks and the text of a message's body, within Slack's limits whatever the body is. Pure but for the log."""

import logging
from collections.abc import Iterator

from helpdesk.channels.slack.render import mrkdwn

MAX_BODY_BLOCKS = 40  # of Slack's 50; the others are for the lines below the body
MAX_CHARACTERS = 9_600  # in all blocks; Slack documents no limit, it has accepted 9,600 and refused 11,300
MAX_ELEMENTS = 2_000  # texts and links in all blocks
MAX_TEXT_LENGTH = 39_000  # of the text beside the blocks; Slack cuts at 40,000

log = logging.getLogger(__name__)


def render_body(markdown: str, trusted: bool = False) -> tuple[list[dict], str]:
    """Return the blocks and the mrkdwn text of ``markdown``. What cannot be rendered, or takes more than Slack accepts,
    is plain text, so that no message ever stops those behind it; the log names the reason.
    """
    try:
        blocks, text = mrkdwn.rich_text_blocks(markdown, trusted), mrkdwn.markdown_to_mrkdwn(markdown, trusted)
        reason = find_excess(blocks)
    except Exception as error:  # whatever a person wrote, their message is sent
        blocks, text, reason = [], "", type(error).__name__
    if reason:
        log.warning("A message of %d characters is sent to Slack as plain text: %s.", len(markdown), reason)
        blocks, text = _plain_blocks(markdown), mrkdwn.escape_mrkdwn(markdown)
    if len(text) > MAX_TEXT_LENGTH:
        text = mrkdwn.escape_mrkdwn(markdown)[:MAX_TEXT_LENGTH].rpartition(" ")[0]
    return blocks, text


def find_excess(blocks: list[dict]) -> str:
    """Return which of Slack's limits ``blocks`` exceed, "" for none."""
    if len(blocks) > MAX_BODY_BLOCKS:
        return f"{len(blocks)} blocks"
    leaves = list(_leaves(blocks))
    if len(leaves) > MAX_ELEMENTS:
        return f"{len(leaves)} elements"
    characters = sum(len(leaf.get("text", "")) for leaf in leaves)
    return f"{characters} characters in blocks" if characters > MAX_CHARACTERS else ""


def _leaves(elements: list[dict]) -> Iterator[dict]:
    for element in elements:
        if "elements" in element:
            yield from _leaves(element["elements"])
        else:
            yield element


def _plain_blocks(markdown: str) -> list[dict]:
    text = markdown.replace("\x00", "").strip()
    if len(text) > MAX_CHARACTERS:
        text = text[: MAX_CHARACTERS - 1] + "…"
    pieces = [text[begin : begin + mrkdwn.MAX_BLOCK_LENGTH] for begin in range(0, len(text), mrkdwn.MAX_BLOCK_LENGTH)]
    return [
        {
            "type": "rich_text",
            "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": piece}]}],
        }
        for piece in pieces
    ]
