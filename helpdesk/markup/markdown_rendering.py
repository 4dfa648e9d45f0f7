"""Markdown to HTML and to plain text, and templates outside a request. Pure functions: values in, text out."""

import re
from functools import lru_cache
from html import escape, unescape
from pathlib import Path
from typing import Any

import nh3
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from helpdesk.markup import markdown_parser, markdown_reader, text_writer
from helpdesk.translation.templates import add_translation

MARKDOWN_VERSION = 7  # raise it when the HTML of a text changes, so that stored HTML is rendered again

ALLOWED_TAGS = {
    *("p", "br", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "hr"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
ALLOWED_SCHEMES = {"http", "https", "mailto"}
BLOCK_END_PATTERN = re.compile(r"</(?:p|h\d|blockquote|pre|tr|td|th|ul|ol|li)>|<(?:br|hr)[^>]*>")
TAG_PATTERN = re.compile(r"<[^>]*>")
MAX_BARE_LINKS = markdown_parser.MAX_BARE_LINKS

_cleaner = nh3.Cleaner(
    tags=ALLOWED_TAGS,
    attributes={"a": {"href", "title"}, "ol": {"start"}},
    url_schemes=ALLOWED_SCHEMES,
    url_relative="deny",
    link_rel="noopener noreferrer nofollow",
    strip_comments=True,
)


def markdown_to_html(text: str) -> Markup:
    """Convert Markdown to safe HTML: no raw HTML, no images, links to http, https and mailto only.

    Two independent barriers: the parser produces no HTML from the source text, and the sanitizer removes everything
    that is not in ALLOWED_TAGS. A text that is shown unchanged has no tag, and needs neither.
    """
    tokens = markdown_parser.parse_markdown(text)
    if len(tokens) == 1 and tokens[0].type == "code_block":
        return Markup(f"<pre><code>{escape(tokens[0].content, quote=False)}</code></pre>\n")
    html = markdown_parser.renderer.render(tokens, markdown_parser.options, {})
    return Markup(_cleaner.clean(html))


@lru_cache(maxsize=2048)
def markdown_to_text(text: str) -> str:
    """Convert Markdown to plain text with its line breaks, for excerpts."""
    return text_writer.write_text(markdown_reader.read_markdown(text), addresses=False)


def make_excerpt(text: str, length: int = 140) -> str:
    """The beginning of a Markdown text on one line, cut between words, with an ellipsis if something is missing."""
    return _cut_line(markdown_to_text(text[: length * 8]), length)


def make_excerpt_of_html(html: str, length: int = 140) -> str:
    """Return an excerpt of stored HTML that ``markdown_to_html`` made, without parsing the Markdown again."""
    some = html[: length * 8]
    if len(some) < len(html):
        if some.rfind("<") > some.rfind(">"):
            some = some[: some.rfind("<")]  # half a tag
        if some.rfind("&", -10) > some.rfind(";", -10):
            some = some[: some.rfind("&")]  # half an entity
    marked = some.replace("<s>", "~~").replace("</s>", "~~")
    return _cut_line(unescape(TAG_PATTERN.sub("", BLOCK_END_PATTERN.sub(" ", marked))), length)


def _cut_line(text: str, length: int) -> str:
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    return line[:length].rsplit(" ", 1)[0].rstrip(",.;:") + "…"


def render_template(name: str, **values: Any) -> str:
    """Render the template ``name`` (below templates/); escaped unless its name ends in .txt."""
    return _template_environment().get_template(name).render(**values)


@lru_cache(maxsize=1)
def _template_environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent.parent / "templates"),
        autoescape=lambda name: not (name or "").endswith(".txt"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(markdown=markdown_to_html, plain=markdown_to_text, excerpt=make_excerpt)
    add_translation(environment)
    return environment
