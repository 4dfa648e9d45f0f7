"""Convert a person's HTML to Markdown that shows the same; the result contains no HTML."""

import logging
import re
from html import unescape

from helpdesk.channels.email.parse import html_quotes, html_reader, html_tables, html_tokens
from helpdesk.markup import document, markdown_writer
from helpdesk.markup.document import Block

log = logging.getLogger(__name__)


class TooManyTags(Exception):
    """HTML that is little else than tags is read as text; see ``html_tokens.is_too_dense``."""


def html_to_markdown(html: str) -> str:
    """Convert ``html`` to Markdown. What cannot be converted is its text, and the log names the reason."""
    try:
        if html_tokens.is_too_dense(html):
            raise TooManyTags
        return markdown_writer.write_markdown(html_to_document(html))
    except Exception as error:  # whatever somebody sent, their words are kept
        log.warning("HTML of %d characters is read as plain text: %s.", len(html), type(error).__name__)
        text = unescape(re.sub(r"<[^<>]{0,8000}>", " ", html[: html_tokens.MAX_LENGTH]))
        return markdown_writer.write_markdown([document.CodeBlock(text.strip())])


def html_to_document(html: str) -> list[Block]:
    """Read ``html`` into blocks."""
    reader = html_reader.HtmlReader()
    tokens = list(html_tokens.read_tokens(html))
    answered = html_quotes.find_answered(tokens)
    after = 0  # the last table
    for place, token in enumerate(tokens):
        if place < after:
            continue
        is_table = token.kind == "start" and token.value == "table" and reader.code is None
        found = html_tables.read_table(tokens, place) if is_table else None
        if found:
            after = found[0]
            reader.add_table(found[1])
        elif token.kind == "text":
            reader.text(token.value)
        elif token.kind == "start":
            reader.start(token.value, {} if place in answered else token.attributes)
        else:
            reader.end(token.value)
    return reader.finish()
