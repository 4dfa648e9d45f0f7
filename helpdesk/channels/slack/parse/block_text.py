"""Read the words of blocks that programs write (workflows, alerts, other apps) and of their attachments as Markdown.

People write rich_text blocks only; a message of a program that somebody forwards or files has any of the others, and
then its ``text`` is what a notice shows, not what stands in the channel. Pure.
"""

from collections.abc import Callable
from typing import Any

from helpdesk.channels.slack.parse import json_access, mrkdwn_reader, rich_text_to_markdown

MAX_DEPTH = 5  # of blocks inside each other
MAX_BLOCKS = 200  # of one message

Names = Callable[[str], str | None]

# Blocks that show nothing to read, or whose words are read elsewhere.
SILENT = {"divider", "file", "table", "context_actions"}
_UNFURLED = (
    "from_url",
    "original_url",
    "app_unfurl_url",
    "service_name",
    "app_id",
    "is_msg_unfurl",
    "is_app_unfurl",
    "is_reply_unfurl",
    "is_thread_root_unfurl",
)


def blocks_to_markdown(blocks: list[dict], names: Names) -> list[str]:
    """Return the Markdown of each of ``blocks``, "" for one in which nothing is to be read."""
    return [_block(block, names, 0) for block in blocks[:MAX_BLOCKS]]


def has_unknown_blocks(blocks: list[dict], texts: list[str]) -> bool:
    """Return whether a block may show something that was not read."""
    return any(
        not text and json_access.text_or_empty(block.get("type")) not in SILENT | {"rich_text", "actions", "image"}
        for block, text in zip(blocks, texts, strict=False)
    )


def attachment_to_markdown(attachment: dict, names: Names) -> str:
    """Return the Markdown of an attachment that a program made; "" for the preview of a link, which is what another
    page or channel says and nobody's words here.
    """
    if any(attachment.get(name) for name in _UNFURLED):
        return ""
    inside = json_access.objects_in(attachment.get("blocks"))
    parts = blocks_to_markdown(inside, names)
    if not inside:
        parts = [_mrkdwn(attachment.get("pretext"), names)]
        title, link = attachment.get("title"), json_access.text_or_empty(attachment.get("title_link"))
        parts.append(_link(link, title) if link else _plain(title, bold=True))
        parts.append(_mrkdwn(attachment.get("text"), names))
        for field in json_access.objects_in(attachment.get("fields")):
            parts.append(
                "\n".join(filter(None, (_plain(field.get("title"), True), _mrkdwn(field.get("value"), names))))
            )
        if not any(parts):
            parts.append(_mrkdwn(attachment.get("fallback"), names))
    return _join(parts)


def _block(block: dict, names: Names, depth: int) -> str:
    kind = json_access.text_or_empty(block.get("type"))
    if kind in SILENT or depth > MAX_DEPTH:
        return ""
    if kind == "rich_text":
        return rich_text_to_markdown.elements_to_markdown(json_access.objects_in(block.get("elements")), names)
    if kind == "markdown":
        return json_access.text_or_empty(block.get("text")).strip()
    if kind == "header":
        return _plain(json_access.object_in(block, "text").get("text"), bold=True)
    if kind in {"button", "workflow_button"}:
        url = json_access.text_or_empty(block.get("url"))
        return _link(url, json_access.object_in(block, "text").get("text")) if url else ""
    if kind in {"image", "video"}:
        url = json_access.text_or_empty(block.get("title_url")) or json_access.text_or_empty(block.get("image_url"))
        title = json_access.object_in(block, "title").get("text") or block.get("alt_text")
        return _join([_link(url, title), _text(block.get("description"), names)])
    if kind == "call":
        call = json_access.object_in(json_access.object_in(block, "call"), "v1")
        return _link(json_access.text_or_empty(call.get("join_url")), call.get("name"))
    if kind == "context":
        return " ".join(filter(None, (_child(each, names, depth) for each in _list(block.get("elements")))))
    if kind in {"mrkdwn", "plain_text"}:
        return _text(block, names)
    return _join([_child(block[name], names, depth) for name in _PARTS if name in block])


# What the blocks of apps have words in, in the order in which they are shown.
_PARTS = ("title", "subtitle", "text", "body", "fields", "description", "details", "output", "tasks", "elements") + (
    "accessory",
    "footer",
)


def _child(value: Any, names: Names, depth: int) -> str:
    if isinstance(value, str):
        return _plain(value)
    if isinstance(value, list):
        return _join([_child(each, names, depth + 1) for each in _list(value)])
    return _block(value, names, depth + 1) if isinstance(value, dict) else ""


def _list(value: Any) -> list:
    return value[:MAX_BLOCKS] if isinstance(value, list) else []


def _text(value: Any, names: Names) -> str:
    if not isinstance(value, dict):
        return ""
    return _mrkdwn(value.get("text"), names) if value.get("type") == "mrkdwn" else _plain(value.get("text"))


def _mrkdwn(text: Any, names: Names) -> str:
    elements = mrkdwn_reader.mrkdwn_to_elements(json_access.text_or_empty(text))
    return rich_text_to_markdown.elements_to_markdown(elements, names)


def _plain(text: Any, bold: bool = False) -> str:
    return _written({"type": "text", "text": json_access.text_or_empty(text), "style": {"bold": bold}})


def _link(url: str, label: Any) -> str:
    label = json_access.text_or_empty(label)
    return _written({"type": "link", "url": url, "text": label}) if url else _plain(label)


def _written(element: dict) -> str:
    section = {"type": "rich_text_section", "elements": [element]}
    return rich_text_to_markdown.elements_to_markdown([section], lambda _: None)


def _join(parts: list[str]) -> str:
    return "\n\n".join(part for part in parts if part.strip())
