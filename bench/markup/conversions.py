"""Every rendering of a text in the product, and what a reader without our code sees of it."""

import json
from collections.abc import Iterable, Iterator
from typing import TypeGuard

from markdown_it import MarkdownIt

from bench.markup import visible
from bench.markup.visible import Word
from helpdesk.channels.email.parse import html_to_markdown
from helpdesk.channels.slack.parse import emoji_names, message_content
from helpdesk.channels.slack.render import blocks, mrkdwn
from helpdesk.markup import document, markdown_reader, markdown_rendering, markdown_writer, table_text, text_writer

PORTAL, SLACK, TEXT_MAIL = "portal and mail, HTML", "Slack", "mail, text"

_reference = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])


def reference_words(markdown: str, rendering: str) -> list[Word]:
    """Return the words of ``markdown`` as an unchanged CommonMark parser with GFM's tables shows them."""
    words = visible.words_of_html(_reference.render(markdown.replace("\x00", "")), for_slack=rendering == SLACK)
    return [visible.Word(word.text) for word in words] if rendering == TEXT_MAIL else words


def render(markdown: str) -> dict[str, list[Word]]:
    """Return the words of each rendering of ``markdown``."""
    sent = send(markdown)
    return {
        # The HTML part of a mail has the same HTML of the message as the portal.
        PORTAL: visible.words_of_html(markdown_rendering.markdown_to_html(markdown)),
        SLACK: [word for message in sent for word in visible.words_of_blocks(message["blocks"])],
        TEXT_MAIL: visible.words_of_text(text_writer.write_text(markdown_reader.read_markdown(markdown))),
    }


def send(markdown: str) -> list[dict]:
    """Return the messages that Slack is sent for ``markdown``, without the numbers of their parts."""
    parts = blocks.split_body(markdown)
    bodies = [part.partition("\n\n")[2] if len(parts) > 1 else part for part in parts]
    return [blocks.reply_message(blocks.ReplyValues("", body, trusted=True)) for body in bodies]


def is_same_after_slack(markdown: str) -> bool:
    """Whether ``markdown`` shows the same in the portal after a way through Slack's blocks. What Slack has no sign for
    counts as what stands for it there: headings are bold, rules are dashes, tables are code, code in an item of a list
    is behind it, lists and code right behind each other are one, empty code is nothing.
    """
    came = "\n\n".join(mrkdwn.message_to_markdown({"blocks": each["blocks"]}) for each in send(markdown))
    return _without_slacks_gaps(came) == _without_slacks_gaps(markdown)


def _without_slacks_gaps(markdown: str) -> str:
    blocks_shown = _replace_blocks(markdown_reader.read_markdown(markdown))
    return str(markdown_rendering.markdown_to_html(markdown_writer.write_markdown(blocks_shown)))


def _replace_blocks(blocks_shown: Iterable[document.Block]) -> list[document.Block]:
    found: list[document.Block] = []
    for block in blocks_shown:
        for each in _replace_block(block):
            last = found[-1] if found else None
            if _are_bullets(last) and _are_bullets(each):
                last.items.extend(each.items)
            elif isinstance(last, document.CodeBlock) and isinstance(each, document.CodeBlock):
                found[-1] = document.CodeBlock(f"{last.text}\n{each.text}")
            else:
                found.append(each)
    return found


def _are_bullets(block: document.Block | None) -> TypeGuard[document.ListBlock]:
    return isinstance(block, document.ListBlock) and block.start is None


def _replace_block(block: document.Block) -> list[document.Block]:
    match block:
        case document.Heading(_, spans):
            bold = [span.with_style(span.style | document.BOLD) for span in spans]
            return [document.Paragraph(document.join_spans(bold))]
        case document.Rule():
            return [document.Paragraph([document.Span("———")])]
        case document.Table(rows):
            return [document.CodeBlock("\n".join(table_text.table_lines(rows, table_text.plain_cell)))]
        case document.CodeBlock(text):
            return [document.CodeBlock(text.strip("\n"))] if text.strip() else []
        case document.Quote(inner):
            return [document.Quote(_replace_blocks(inner))]
        case document.ListBlock():
            return _replace_list(block)
    return [block]


def _replace_list(block: document.ListBlock) -> list[document.Block]:
    """Put code, and what follows it in the same item, behind the item, where Slack shows it."""
    found: list[document.Block] = []
    items: list[list[document.Block]] = []
    start = block.start
    for number, item in enumerate(block.items, block.start or 0):
        shown = _replace_blocks(item)
        cut = next((n for n, each in enumerate(shown) if isinstance(each, document.CodeBlock)), len(shown))
        cut = next((n + 1 for n, each in enumerate(shown[:cut]) if isinstance(each, document.ListBlock)), cut)
        items.append(shown[:cut])
        if shown[cut:]:
            found += [document.ListBlock(items, start), *shown[cut:]]
            items, start = [], None if block.start is None else number + 1
    return [*found, document.ListBlock(items, start)] if items else found


def slack_messages(text: str) -> Iterator[dict]:
    """Yield each object inside the JSON ``text`` that has rich_text blocks."""
    waiting = [json.loads(text)]
    while waiting:
        value = waiting.pop(0)
        if isinstance(value, list):
            if any(isinstance(each, dict) and each.get("type") == "rich_text" for each in value):
                yield {"blocks": value}
            else:
                waiting += value
        elif isinstance(value, dict):
            if value.get("type") == "rich_text":
                yield {"blocks": [value]}
            elif isinstance(value.get("blocks"), list) and any(_is_rich(each) for each in value["blocks"]):
                yield {"blocks": [each for each in value["blocks"] if _is_rich(each)]}
            else:
                waiting += value.values()


def slack_reference(message: dict) -> list[Word]:
    """Return the words of a Slack message: mentions by their id, emoji as characters."""
    return visible.words_of_blocks(_with_texts(message["blocks"]))


def read_slack(message: dict) -> list[Word]:
    """Return the words that the portal shows of a Slack message."""
    markdown = message_content.message_markdown(message, lambda _: None)
    return visible.words_of_html(markdown_rendering.markdown_to_html(markdown))


def read_html(html: str) -> list[Word]:
    """Return the words that the portal shows of an HTML mail."""
    return visible.words_of_html(markdown_rendering.markdown_to_html(html_to_markdown.html_to_markdown(html)))


def _is_rich(block: object) -> bool:
    return isinstance(block, dict) and block.get("type") == "rich_text"


def _with_texts(elements: list[dict]) -> list[dict]:
    return [
        element | {"elements": _with_texts(element["elements"])}
        if isinstance(element.get("elements"), list)
        else element | {"text": _shown_text(element)}
        for element in elements
    ]


def _shown_text(element: dict) -> str:
    for sign, name in (("@", "user_id"), ("@", "usergroup_id"), ("#", "channel_id"), ("@", "range")):
        if element.get(name) and not element.get("text"):
            return f"{sign}{element[name]}"
    if element.get("type") == "emoji":
        return emoji_names.emoji_character(str(element.get("name")), str(element.get("unicode") or ""))
    return str(element.get("text") or element.get("url") or element.get("fallback") or element.get("value") or "")
