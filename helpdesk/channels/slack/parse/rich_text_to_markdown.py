"""Read elements of a rich_text block into a document, and write Markdown with the same text and format. Pure."""

import logging
import re
from collections.abc import Callable
from urllib.parse import unquote

from helpdesk.channels.slack.parse import dates, emoji_names, flat_blocks, json_access
from helpdesk.markup import document, markdown_writer
from helpdesk.markup.document import Block, Span
from helpdesk.markup.links import has_safe_scheme

Names = Callable[[str], str | None]

MAX_ELEMENTS = 2_000  # texts, links and mentions in one message; of one with more, only the words are read

log = logging.getLogger(__name__)

_INDENT = re.compile(r"(?<=\n)[ \t]+")
_KNOWN_TYPES = {"rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"}
_STYLES = {"bold": document.BOLD, "italic": document.ITALIC, "strike": document.STRIKE, "code": document.CODE}


def elements_to_markdown(elements: list[dict], names: Names) -> str:
    """Return Markdown for ``elements``; ``names`` returns the name for an id or None. Unknown elements give the text
    they contain.
    """
    return markdown_writer.write_markdown(elements_to_document(elements, names))


def has_unread_elements(elements: list[dict]) -> bool:
    """Return whether one of ``elements`` is of a kind that nobody here knows, and may have words that were not read."""
    given = json_access.objects_in(elements)
    unknown = (each for each in given if json_access.text_or_empty(each.get("type")) not in _KNOWN_TYPES)
    return any(not _plain_text(each, lambda _: None).strip() for each in unknown)


def elements_to_document(elements: list[dict], names: Names) -> list[Block]:
    """Return the blocks of ``elements``."""
    elements = json_access.objects_in(elements)
    if sum(_count_leaves(element) for element in elements) > MAX_ELEMENTS:
        log.warning("A message of Slack's with more than %d elements is read as plain text.", MAX_ELEMENTS)
        return _paragraph([Span("\n".join(_plain_text(element, names) for element in elements))])
    reader = _Reader(names)
    for element in elements:
        reader.read(element)
    return reader.blocks


def _count_leaves(element: dict) -> int:
    inside = json_access.objects_in(element.get("elements"))
    return sum(1 + len(json_access.objects_in(each.get("elements"))) for each in inside)


def _plain_text(element: dict, names: Names) -> str:
    inside = json_access.objects_in(element.get("elements"))
    between = "\n" if element.get("type") == "rich_text_list" else ""
    if "elements" in element:
        return between.join(_plain_text(each, names) for each in inside)
    return "".join(span.text for span in _read_inline(element, names, with_address=True))


class _Reader:
    """``lists``: the lists that the next element may continue, each with its indentation, outermost first.
    ``between``: code between them and the next element, and text behind it.
    """

    def __init__(self, names: Names) -> None:
        self.names = names
        self.blocks: list[Block] = []
        self.lists: list[tuple[int, document.ListBlock]] = []
        self.between: list[Block] = []

    def read(self, element: dict) -> None:
        kind, inside = element.get("type"), json_access.objects_in(element.get("elements"))
        if kind == "rich_text_list":
            self._list(element, inside)
            return
        if kind == "rich_text_preformatted":
            text = "".join(_element_text(each, self.names) for each in inside).strip("\n")
            if text.strip():
                self.between.append(document.CodeBlock(text))
                self.blocks.append(self.between[-1])
            return
        is_quote = kind == "rich_text_quote"
        blocks = self._paragraphs(inside if "elements" in element else [element], is_flat=is_quote)
        if blocks:
            self.blocks += [document.Quote(blocks)] if is_quote else blocks
            if self.lists and not is_quote and (self.between or len(self.lists) > 1):
                self.between += blocks  # perhaps the rest of the item above
            else:
                self.lists, self.between = [], []

    def _list(self, element: dict, inside: list[dict]) -> None:
        indent, offset = (
            value if isinstance(value, int) and 0 <= value < 10**9 - 1 else 0
            for value in (element.get("indent"), element.get("offset"))
        )
        start = offset + 1 if element.get("style") == "ordered" else None
        items = [self._paragraphs(json_access.objects_in(item.get("elements")), is_flat=True) for item in inside]
        if not items:
            return
        self._find_list(indent, start).items.extend(items)
        self.between = []

    def _find_list(self, indent: int, start: int | None) -> document.ListBlock:
        """Return the list that items with this indentation and first number belong to: one that they continue, or a
        new one inside the item above.
        """
        depth = len(self.lists)
        while self.lists and self.lists[-1][0] > indent:
            self.lists.pop()
        if self.lists and self.lists[-1][0] == indent:
            last = self.lists[-1][1]
            is_next = last.start is not None and start == last.start + len(last.items)
            # Some clients give no number to what follows an inner list.
            is_counted_on = is_next or (start == 1 and last.start is not None and len(self.lists) < depth)
            if not self.between and (is_counted_on or (start is None and last.start is None)):
                return last
            if self.between and (is_next or (indent and start is None and last.start is None)):
                # What stands between two numbers, or two items inside a list, belongs to the item above it.
                del self.blocks[len(self.blocks) - len(self.between) :]
                last.items[-1] += self.between
                return last
            self.lists.pop()
        if self.between:
            self.lists = []
        made = document.ListBlock([], start)
        if self.lists and len(self.lists) < document.MAX_DEPTH:
            self.lists[-1][1].items[-1].append(made)
        else:
            self.lists = []
            self.blocks.append(made)
        self.lists.append((indent, made))
        return made

    def _paragraphs(self, inside: list[dict], is_flat: bool = False) -> list[Block]:
        """Return the paragraphs of inline ``inside``; code of several lines is a block of its own. ``is_flat``: lines
        may begin with the signs of lists and quotes.
        """
        read = flat_blocks.read_flat if is_flat else _paragraph
        blocks: list[Block] = []
        spans: list[Span] = []
        for span in document.join_spans(span for element in inside for span in _read_inline(element, self.names)):
            if span.style & document.CODE and "\n" in span.text.strip("\n"):
                blocks += read(spans)
                blocks.append(document.CodeBlock(span.text.strip("\n")))
                spans = []
            else:
                spans.append(span)
        return blocks + read(spans)


def _paragraph(spans: list[Span]) -> list[Block]:
    return [document.Paragraph(list(map(_keep_indents, spans)))] if document.plain_text(spans).strip() else []


def _keep_indents(span: Span) -> Span:
    """Keep the space at the beginning of lines, as of a pasted trace, which Markdown drops."""
    if not _INDENT.search(span.text):
        return span
    return span.with_text(_INDENT.sub(lambda indent: "\u00a0" * len(indent[0].expandtabs(4)), span.text))


def _read_inline(element: dict, names: Names, with_address: bool = False) -> list[Span]:
    given = element.get("style") if isinstance(element.get("style"), dict) else {}
    style = sum(bit for name, bit in _STYLES.items() if given.get(name))
    # message_mention: a link to a message, by its name.
    if json_access.text_or_empty(element.get("type")) not in {"link", "message_mention", "rich_link"}:
        return [Span(_element_text(element, names), style)]
    url, label = str(element.get("url") or "").strip(), str(element.get("text") or element.get("title") or "")
    if with_address or not has_safe_scheme(url):
        return [Span(label or url, style), *([Span(f" ({url})")] if label and url and label != url else [])]
    is_bare = label in {"", url} or url == "mailto:" + label or (":" in label and unquote(label) == unquote(url))
    return [Span(label or url, style, url, is_bare and not style & document.CODE)]


def _element_text(element: dict, names: Names) -> str:
    kind = element.get("type")
    if kind == "user":
        return "@" + _mention_text(element, element.get("user_id"), names)
    if kind == "usergroup":
        return "@" + _mention_text(element, element.get("usergroup_id"), names)
    if kind == "channel":
        return "#" + _mention_text(element, element.get("channel_id"), names)
    if kind == "broadcast":
        return "@" + str(element.get("range") or "channel")
    if kind == "emoji":
        name, tone = str(element.get("name") or ""), element.get("skin_tone")
        toned = f"{name}::skin-tone-{tone}" if isinstance(tone, int) and "::" not in name else name
        return emoji_names.emoji_character(toned, str(element.get("unicode") or ""))
    if kind == "date":
        return str(element.get("fallback") or "") or dates.format_date(
            element.get("timestamp"), str(element.get("format") or "")
        )
    if kind == "color":
        return str(element.get("value") or "")
    if kind == "link":
        return str(element.get("text") or element.get("url") or "")
    # Elements of no reference, such as canvas and workflow, name what they link to, or have others inside.
    named = next((str(element[key]) for key in ("text", "label", "title", "name", "url") if element.get(key)), "")
    return named or "".join(_element_text(each, names) for each in json_access.objects_in(element.get("elements")))


def _mention_text(element: dict, external_id: object, names: Names) -> str:
    return names(str(external_id or "")) or str(element.get("label") or external_id or "")
