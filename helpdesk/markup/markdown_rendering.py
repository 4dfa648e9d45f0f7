"""Markdown to HTML and to plain text, and templates outside a request. Pure functions: values in, text out."""

import re
from functools import lru_cache
from html import unescape
from pathlib import Path
from typing import Any

import nh3
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

MARKDOWN_VERSION = 1  # raise it when the HTML of a text changes, so that stored HTML is rendered again

ALLOWED_TAGS = {
    "p",
    "br",
    "strong",
    "em",
    "s",
    "code",
    "pre",
    "blockquote",
    "ul",
    "ol",
    "li",
    "a",
    "hr",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}
ALLOWED_SCHEMES = {"http", "https", "mailto"}

MAX_BARE_LINKS = 300  # in one text; for each, the library scans the whole text before it again

_parser = MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": True})
_parser.enable(["table", "strikethrough", "linkify"]).disable("image")
_parser.linkify.set({"fuzzy_link": False, "fuzzy_ip": False})
_parser_without_bare_links = MarkdownIt("commonmark", {"html": False, "breaks": True})
_parser_without_bare_links.enable(["table", "strikethrough"]).disable("image")
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
    that is not in ALLOWED_TAGS.
    """
    return Markup(_cleaner.clean(_convert_to_html(text)))


def markdown_parser(text: str) -> MarkdownIt:
    """The parser for ``text``, with the one Markdown dialect of the portal; Slack's conversion uses it too."""
    return _parser if text.count("://") <= MAX_BARE_LINKS else _parser_without_bare_links


@lru_cache(maxsize=16)  # a new message is rendered and excerpted, one right after the other
def _convert_to_html(text: str) -> str:
    return markdown_parser(text).render(text)


@lru_cache(maxsize=2048)
def markdown_to_text(text: str) -> str:
    """Convert Markdown to plain text with its line breaks, for text mails and excerpts."""
    html = _convert_to_html(text)
    html = re.sub(r"</(p|h\d|blockquote|pre|tr|ul|ol)>|<br\s*/?>|<hr\s*/?>|</li>\n?", "\n", html)
    html = re.sub(r"<li>\s*", "- ", html)
    plain_text = unescape(re.sub(r"<[^>]*>", "", html))
    return re.sub(r"\n{3,}", "\n\n", plain_text).strip()


def make_excerpt(text: str, length: int = 140) -> str:
    """The beginning of a Markdown text on one line, cut between words, with an ellipsis if something is missing."""
    line = " ".join(markdown_to_text(text[: length * 8]).split())
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
    return environment
