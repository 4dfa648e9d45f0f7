"""Between our Markdown and what Slack writes and reads: rich_text blocks first, its older mrkdwn text beside them. Pure.

``rich_text`` goes out as the message, ``from_markdown`` as its fallback text; ``to_markdown`` reads whichever came in.
"""

from collections.abc import Callable

from helpdesk.channels.slack import markdown as markdown_writer
from helpdesk.channels.slack import mrkdwn_reader, shapes, splitting
from helpdesk.channels.slack import rich_text as rich_text_writer

BLOCK_LIMIT = 3000

Names = Callable[[str], str | None]


def escape(text: str) -> str:
    """``text`` so that mrkdwn shows it letter by letter: no mention, no channel, no masked link can come of it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def rich_text(markdown: str, trusted: bool = False) -> list[dict]:
    """The rich_text blocks for ``markdown``, each within Slack's limit for one block; [] for nothing but space."""
    blocks = []
    for piece in splitting.pieces(markdown, BLOCK_LIMIT):
        elements = rich_text_writer.from_markdown(piece, trusted)
        if elements:
            blocks.append({"type": "rich_text", "elements": elements})
    return blocks


def from_markdown(markdown: str, trusted: bool = False) -> str:
    """``markdown`` as mrkdwn text, escaped: for the notification and wherever blocks cannot go."""
    elements = rich_text_writer.from_markdown(markdown, trusted)
    return "\n".join(_block(element) for element in elements)


def to_markdown(message: dict, names: Names | None = None) -> str:
    """The Markdown of a Slack ``message``: from its rich_text blocks where it has any, else from its text.

    ``names`` turns a user's, group's or channel's id into a name; without one, or when it gives None, the id is shown.
    """
    rich = [block for block in shapes.objects(message.get("blocks")) if block.get("type") == "rich_text"]
    elements = [element for block in rich for element in shapes.objects(block.get("elements"))]
    if not elements:
        elements = mrkdwn_reader.elements(shapes.text(message.get("text")))
    return markdown_writer.write(elements, names or (lambda _: None))


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
        return f"<{url}|{escape(label)}>" if label and label != element["url"] else f"<{url}>"
    style = element.get("style") or {}
    marks = "".join(
        mark for name, mark in (("bold", "*"), ("italic", "_"), ("strike", "~"), ("code", "`")) if style.get(name)
    )
    return "\n".join(_marked(escape(line), marks) for line in element["text"].split("\n"))


def _marked(line: str, marks: str) -> str:
    words = line.strip()
    if not marks or not words:
        return line
    before, after = line[: len(line) - len(line.lstrip())], line[len(line.rstrip()) :]
    return before + marks + words + marks[::-1] + after
