"""Text to HTML and to words, and templates outside a request. Pure: values in, text out."""

import re
from functools import lru_cache
from html import unescape
from pathlib import Path

import nh3
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

MARKDOWN_VERSION = 1  # raise it when markdown() answers differently, so that stored HTML is made anew

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

MAX_BARE_LINKS = 300  # of a text; to find each, the library looks once more at everything before it

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
    """Somebody's Markdown as safe HTML: raw HTML is shown as text, no pictures, links only to http, https and mailto.

    Two walls: the parser makes no HTML of its author's, the sanitiser lets only ``TAGS`` through.
    """
    return Markup(_cleaner.clean(_convert_to_html(text)))


def markdown_parser(text: str) -> MarkdownIt:
    """What reads ``text`` in the one Markdown of this house; it may also be read into something else than HTML."""
    return _parser if text.count("://") <= MAX_BARE_LINKS else _parser_without_bare_links


@lru_cache(maxsize=16)  # what is said is shown and excerpted, one right after the other
def _convert_to_html(text: str) -> str:
    return markdown_parser(text).render(text)


@lru_cache(maxsize=2048)
def markdown_to_text(text: str) -> str:
    """The words of somebody's Markdown on lines of their own, for text mails and excerpts."""
    html = _convert_to_html(text)
    html = re.sub(r"</(p|h\d|blockquote|pre|tr|ul|ol)>|<br\s*/?>|<hr\s*/?>|</li>\n?", "\n", html)
    html = re.sub(r"<li>\s*", "- ", html)
    words = unescape(re.sub(r"<[^>]*>", "", html))
    return re.sub(r"\n{3,}", "\n\n", words).strip()


def make_excerpt(text: str, length: int = 140) -> str:
    """The beginning of somebody's Markdown on one line, cut between words, with an ellipsis where something is missing."""
    words = " ".join(markdown_to_text(text[: length * 8]).split())
    if len(words) <= length:
        return words
    return words[:length].rsplit(" ", 1)[0].rstrip(",.;:") + "…"


def render_template(name: str, **values) -> str:
    """The text of the template ``name`` (below templates/), escaped unless its name ends in .txt."""
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
