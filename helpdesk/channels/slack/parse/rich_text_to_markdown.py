"""Convert elements of a rich_text block to Markdown with the same text and format. Pure."""

import re
from collections.abc import Callable

from helpdesk.channels.slack.parse import emoji_names, json_access
from helpdesk.markup import links

Names = Callable[[str], str | None]

_SPECIAL = re.compile(
    r"\\(?=[!-/:-@\[-`{-~])"  # a backslash that would escape what follows
    r"|`"
    r"|\*(?!(?<= \*) )"  # a star, unless alone between spaces
    r"|(?<![^\W_])_|_(?![^\W_])"  # an underscore at the edge of a word
    r"|~(?=~)|(?<=~)~"
    r"|\[(?=[^\]\n]*\][(\[:])"
    r"|<(?=[A-Za-z/!?])"
    r"|&(?=#?\w+;)"
)
_LINE_START = re.compile(r"^( {0,3})(?=#{1,6}(?:\s|$)|\+\s|[-=|:_* ]*[-=|:_*] *$|~~~)", re.MULTILINE)
_NUMBER_ALONE = re.compile(r"^( {0,3}\d{1,9})([.)])(?=\s*$)", re.MULTILINE)


def elements_to_markdown(elements: list[dict], names: Names) -> str:
    """Return Markdown for ``elements``; ``names`` returns the name for an id or None. Unknown elements give the text
    they contain.
    """
    blocks: list[tuple[str, str]] = []
    depth = -1
    for element in json_access.objects_in(elements):
        # Markdown knows an inner list only below an outer one; Slack allows any indentation.
        indent = element.get("indent")
        depth = (
            min(indent if isinstance(indent, int) and indent > 0 else 0, depth + 1)
            if element.get("type") == "rich_text_list"
            else -1
        )
        text = _block_to_markdown(element, names, depth)
        if text.strip():
            blocks.append((element.get("type", ""), text))
    text = ""
    for (kind, block), previous in zip(blocks, [("", ""), *blocks], strict=False):
        gap = "\n" if kind == previous[0] == "rich_text_list" else "\n\n"
        text += (gap if text else "") + block
    return text


def _block_to_markdown(element: dict, names: Names, depth: int) -> str:
    kind, inside = element.get("type"), json_access.objects_in(element.get("elements"))
    if kind == "rich_text_preformatted":
        return _fence_code("".join(_element_text(each, names) for each in inside))
    if kind == "rich_text_quote":
        return "\n".join("> " + line if line else ">" for line in _section_to_markdown(inside, names).split("\n"))
    if kind == "rich_text_list":
        space = "    " * depth
        offset = element.get("offset")
        first = (offset if isinstance(offset, int) else 0) + 1
        lines = []
        for number, item in enumerate(inside, first):
            mark = f"{number}." if element.get("style") == "ordered" else "-"
            text = _section_to_markdown(json_access.objects_in(item.get("elements")), names).replace(
                "\n", "\n" + space + "  "
            )
            lines.append(f"{space}{mark} {text}")
        return "\n".join(lines)
    return _section_to_markdown(inside if "elements" in element else [element], names)


def _section_to_markdown(inside: list[dict], names: Names) -> str:
    text = "".join(_inline_to_markdown(element, names) for element in inside)
    text = re.sub(r"^[ \t]{4,}", "   ", text.strip("\n"), flags=re.MULTILINE)
    return _LINE_START.sub(r"\1\\", _NUMBER_ALONE.sub(r"\1\\\2", text))


def _inline_to_markdown(element: dict, names: Names) -> str:
    kind = element.get("type")
    style = element.get("style") if isinstance(element.get("style"), dict) else {}
    if kind == "link":
        return _link(element, style)
    text = _element_text(element, names)
    if style.get("code"):
        return _code(text)
    if kind == "text":
        text = _SPECIAL.sub(lambda match: "\\" + match[0], text)
    return _apply_style(text, style)


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
        return emoji_names.emoji_character(str(element.get("name") or ""), str(element.get("unicode") or ""))
    if kind == "date":
        return str(element.get("fallback") or element.get("timestamp") or "")
    if kind == "color":
        return str(element.get("value") or "")
    if kind == "link":
        return str(element.get("text") or element.get("url") or "")
    return str(element.get("text") or "")


def _mention_text(element: dict, external_id: object, names: Names) -> str:
    return names(str(external_id or "")) or element.get("label") or str(external_id or "")


def _link(element: dict, style: dict) -> str:
    url, label = str(element.get("url") or ""), str(element.get("text") or "")
    text = _SPECIAL.sub(lambda match: "\\" + match[0], label or url).replace("\n", " ")
    if not links.has_safe_scheme(url):
        return _apply_style(text, style)
    address = re.sub(r"[\s<>\\\"]", lambda match: f"%{ord(match[0]):02X}", url)
    if not label or label == url:
        return _apply_style(f"<{address}>", style)
    if url == "mailto:" + label:
        return _apply_style(f"<{label}>", style)
    text = text.replace("[", r"\[").replace("]", r"\]").replace(r"\\[", r"\[")
    target = re.sub(r"([()])", r"\\\1", address)
    return _apply_style(f"[{text}]({target})", style)


def _apply_style(text: str, style: dict) -> str:
    marks = "".join(mark for name, mark in (("strike", "~~"), ("bold", "**"), ("italic", "*")) if style.get(name))
    return "\n".join(_apply_marks(line, marks) for line in text.split("\n")) if marks else text


def _apply_marks(line: str, marks: str) -> str:
    text = line.strip()
    if not text:
        return line
    before, after = line[: len(line) - len(line.lstrip())], line[len(line.rstrip()) :]
    return before + marks + text + marks[::-1] + after


def _code(text: str) -> str:
    ticks = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return ticks + space + text.replace("\n", " ") + space + ticks


def _fence_code(text: str) -> str:
    ticks = "`" * max(3, max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    return f"{ticks}\n{text.strip(chr(10))}\n{ticks}"
