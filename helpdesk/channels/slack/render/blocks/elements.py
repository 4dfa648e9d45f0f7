"""The smallest parts of a Slack message, each within Slack's limits. Pure."""

from collections.abc import Iterable
from typing import Any

from helpdesk.channels.slack.render import mrkdwn

MAX_SECTION_LENGTH = 3000
MAX_BUTTON_LENGTH = 75
MAX_VALUE_LENGTH = 2000
MAX_FIELDS = 10
MAX_FIELD_LENGTH = 2000
MAX_CONTEXT_LENGTH = 2000
MAX_HEADER_LENGTH = 150


def truncate(text: str, limit: int) -> str:
    """Shorten ``text`` to at most ``limit`` characters, with an ellipsis where something is missing."""
    text = str(text)  # it may be a text that is translated when it is used
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def escape_text(text: str, limit: int) -> str:
    """Escape people's text for mrkdwn and shorten it to ``limit``; an escape is never cut in two."""
    text = str(text)
    while len(found := mrkdwn.escape_mrkdwn(text)) > limit:
        text = truncate(text, max(1, len(text) - max(1, (len(found) - limit) // 5)))
    return found


def plain_text(text: str, limit: int) -> dict:
    """Make a plain_text object, which Slack shows without interpretation. Empty text, which Slack refuses, becomes a
    dash.
    """
    return {"type": "plain_text", "text": truncate(str(text).strip(), limit) or "–", "emoji": True}


def mrkdwn_text(text: str, limit: int = MAX_SECTION_LENGTH) -> dict:
    """Make a mrkdwn object of ``text`` that is escaped already; ``verbatim`` stops Slack from finding names and links
    in it.
    """
    return {"type": "mrkdwn", "text": str(text)[:limit] or "–", "verbatim": True}


def section_block(text: str, **more: Any) -> dict:
    """Make a section of already escaped mrkdwn."""
    return {"type": "section", "text": mrkdwn_text(text)} | more


def context_block(text: str) -> dict:
    """Make a small grey line of already escaped mrkdwn."""
    return {"type": "context", "elements": [mrkdwn_text(text, MAX_CONTEXT_LENGTH)]}


def fields_blocks(pairs: Iterable[tuple[str, str]]) -> list[dict]:
    """Make sections of (label, value) pairs, two in a row; both are unescaped."""
    found = [
        mrkdwn_text(
            f"*{escape_text(label, 200)}*\n{escape_text(value or '–', MAX_FIELD_LENGTH - 210)}", MAX_FIELD_LENGTH
        )
        for label, value in pairs
    ]
    return [
        {"type": "section", "fields": found[start : start + MAX_FIELDS]} for start in range(0, len(found), MAX_FIELDS)
    ]


def button_element(label: str, action_id: str, value: str = "", style: str = "", url: str = "") -> dict:
    """Make a button; with ``url`` it opens that page."""
    found = {"type": "button", "text": plain_text(label, MAX_BUTTON_LENGTH), "action_id": action_id}
    if value:
        found["value"] = value[:MAX_VALUE_LENGTH]
    if style:
        found["style"] = style
    if url:
        found["url"] = url
    return found


def actions_block(*buttons: dict, block_id: str = "") -> dict:
    """Make a row of buttons."""
    return {"type": "actions", "elements": list(buttons)} | ({"block_id": block_id} if block_id else {})


def divider_block() -> dict:
    return {"type": "divider"}


def mrkdwn_link(url: str, label: str, limit: int = 300) -> str:
    """Make a mrkdwn link to a page of ours; the label may be people's text."""
    address = url.replace("&", "&amp;").replace("<", "%3C").replace(">", "%3E").replace("|", "%7C")
    return f"<{address}|{escape_text(label, limit)}>"
