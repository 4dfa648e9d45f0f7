"""Convert between our Markdown and Slack's formats: rich_text blocks first, its older mrkdwn text beside them. Pure.

``rich_text_blocks`` makes the message, ``markdown_to_mrkdwn`` its fallback text; ``message_to_markdown`` reads
whichever a message has.
"""

import re
from collections.abc import Callable

from helpdesk.channels.slack.parse import block_text, json_access, mrkdwn_reader
from helpdesk.channels.slack.parse import rich_text_to_markdown as markdown_writer
from helpdesk.channels.slack.render import rich_text as rich_text_writer
from helpdesk.channels.slack.render import split_message
from helpdesk.markup import markdown_reader

MAX_BLOCK_LENGTH = 3000

_WORD = re.compile(r"\w+")

Names = Callable[[str], str | None]


def escape_mrkdwn(text: str) -> str:
    """Escape ``text`` so that mrkdwn shows it unchanged: it can contain no mention, no channel and no masked link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def rich_text_blocks(markdown: str, trusted: bool = False) -> list[dict]:
    """Return the rich_text blocks for ``markdown``, each within Slack's limit for one block; [] for nothing but
    space.
    """
    parts = split_message.divide(markdown_reader.read_markdown(markdown), MAX_BLOCK_LENGTH)
    written = (rich_text_writer.document_to_elements(part, trusted) for part in parts)
    return [{"type": "rich_text", "elements": elements} for elements in written if elements]


def markdown_to_mrkdwn(markdown: str, trusted: bool = False) -> str:
    """Return ``markdown`` as mrkdwn text, escaped: for the notification and wherever blocks are not allowed."""
    elements = rich_text_writer.markdown_to_elements(markdown, trusted)
    return "\n".join(_block(element) for element in elements)


def message_to_markdown(message: dict, names: Names | None = None) -> str:
    """Return the Markdown of a Slack ``message``: from its blocks where they have any words, else from its text.

    ``names`` returns the name for the id of a user, group or channel; without it, or when it returns None, the id is
    shown.
    """
    names = names or (lambda _: None)
    given = json_access.objects_in(message.get("blocks"))
    text = json_access.text_or_empty(message.get("text"))
    if all(block.get("type") == "rich_text" for block in given):
        elements = [element for block in given for element in json_access.objects_in(block.get("elements"))]
        written = markdown_writer.elements_to_markdown(elements or mrkdwn_reader.mrkdwn_to_elements(text), names)
        if not markdown_writer.has_unread_elements(elements):
            return written
        own = markdown_writer.elements_to_markdown(mrkdwn_reader.mrkdwn_to_elements(text), names)
        says_more = set(_WORD.findall(own)) - set(_WORD.findall(written))
        return "\n\n".join(part for part in (written, own if says_more else "") if part.strip())
    parts = block_text.blocks_to_markdown(given, names)
    written = "\n\n".join(part for part in parts if part.strip())
    if written and not block_text.has_unknown_blocks(given, parts):
        return written
    own = markdown_writer.elements_to_markdown(mrkdwn_reader.mrkdwn_to_elements(text), names)
    return "\n\n".join(dict.fromkeys(part for part in (own, written) if part.strip()))


def _block(element: dict) -> str:
    kind = element["type"]
    if kind == "rich_text_preformatted":
        return "```\n" + _inline(element["elements"]) + "\n```"
    if kind == "rich_text_quote":
        return "\n".join("> " + line for line in _inline(element["elements"]).split("\n"))
    if kind == "rich_text_list":
        space = "    " * element["indent"]
        first = element.get("offset", 0) + 1
        marks = [
            f"{n}." if element["style"] == "ordered" else "•" for n in range(first, first + len(element["elements"]))
        ]
        items = [_inline(item["elements"]).replace("\n", "\n" + space + "  ") for item in element["elements"]]
        return "\n".join(f"{space}{mark} {item}" for mark, item in zip(marks, items, strict=True))
    return _inline(element["elements"])


def _inline(elements: list[dict]) -> str:
    return "".join(_one(element) for element in elements)


def _one(element: dict) -> str:
    if element["type"] == "link":
        url = element["url"].replace("<", "%3C").replace(">", "%3E").replace("|", "%7C").replace("&", "&amp;")
        label = element.get("text", "").replace("\n", " ")
        return f"<{url}|{escape_mrkdwn(label)}>" if label and label != element["url"] else f"<{url}>"
    style = element.get("style") or {}
    marks = "".join(
        mark for name, mark in (("bold", "*"), ("italic", "_"), ("strike", "~"), ("code", "`")) if style.get(name)
    )
    if not marks:
        return escape_mrkdwn(element["text"])
    return "\n".join(_marked(escape_mrkdwn(line), marks) for line in element["text"].split("\n"))


def _marked(line: str, marks: str) -> str:
    text = line.strip()
    if not marks or not text:
        return line
    before, after = line[: len(line) - len(line.lstrip())], line[len(line.rstrip()) :]
    return before + marks + text + marks[::-1] + after
