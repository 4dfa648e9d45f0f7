"""Converts typed text to what Slack stores: mrkdwn in `text` and the same as a rich_text block."""

import re

from helpdesk.demo.slack_workspace import ids

_SPECIAL_PATTERN = re.compile(r"<([@#!][^<>\n]*|(?:https?|mailto|tel):[^<>\n]*)>")
_INLINE_PATTERN = re.compile(
    r"`(?P<code>[^`\n]+)`"
    r"|<(?P<angle>[^<>\n]+)>"
    r"|:(?P<emoji>[a-z0-9_+-]+(?:::skin-tone-\d)?):"
    r"|(?<![\w*])\*(?P<bold>\S(?:[^*\n]*\S)?)\*(?![\w*])"
    r"|(?<![\w])_(?P<italic>\S(?:[^_\n]*\S)?)_(?![\w])"
    r"|(?<![\w~])~(?P<strike>\S(?:[^~\n]*\S)?)~(?![\w~])"
)
_BARE_URL_PATTERN = re.compile(r"(?<![<|\w])(https?://[^\s<>]+[^\s<>.,;:!?)\]}'\"])")
_BULLET_PATTERN = re.compile(r"^( *)(?:[•◦▪]|[-*](?= )) +(.*)$")
_NUMBER_PATTERN = re.compile(r"^( *)\d+[.)] +(.*)$")
_STYLES = {"bold": "bold", "italic": "italic", "strike": "strike"}


def escape_text(text: str) -> str:
    """Text as typed by a person, in the form Slack stores it: &, < and > escaped, addresses in angle brackets.

    Source: docs.slack.dev/messaging/formatting-message-text.
    """
    kept: list[str] = []

    def keep_special(found: re.Match) -> str:
        kept.append(found.group(0))
        return f"\0{len(kept) - 1}\0"

    text = _SPECIAL_PATTERN.sub(keep_special, text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # A quote mark at the start of a line is formatting; Slack stores it escaped and marks the quote in
    # the blocks.
    text = _BARE_URL_PATTERN.sub(r"<\1>", text)
    return re.sub("\0(\\d+)\0", lambda found: kept[int(found.group(1))], text)


def build_rich_text_block(text: str) -> list[dict]:
    """The rich_text block of stored mrkdwn, in a list as messages carry it; empty for empty text.

    Source: docs.slack.dev/reference/block-kit/blocks/rich-text-block.
    """
    elements = _parse_elements(text)
    return [{"type": "rich_text", "block_id": ids.create_block_id(), "elements": elements}] if elements else []


def _parse_elements(text: str) -> list[dict]:
    elements: list[dict] = []
    for number, part in enumerate(re.split(r"```", text)) if text.count("```") > 1 else [(0, text)]:
        if number % 2:
            elements.append(
                {"type": "rich_text_preformatted", "border": 0, "elements": [_build_text(part.strip("\n"))]}
            )
        else:
            _parse_lines(part.strip("\n") if number else part, elements)
    return elements


def _parse_lines(text: str, elements: list[dict]) -> None:
    plain: list[str] = []

    def flush() -> None:
        if plain and "\n".join(plain).strip():
            elements.append({"type": "rich_text_section", "elements": _parse_inline("\n".join(plain))})
        plain.clear()

    for line in text.split("\n"):
        if line.startswith(("&gt;", ">")):
            flush()
            quoted = re.sub(r"^(?:&gt;|>) ?", "", line)
            if elements and elements[-1]["type"] == "rich_text_quote":
                elements[-1]["elements"] += [_build_text("\n"), *_parse_inline(quoted)]
            else:
                elements.append({"type": "rich_text_quote", "elements": _parse_inline(quoted)})
        elif item := _BULLET_PATTERN.match(line) or _NUMBER_PATTERN.match(line):
            flush()
            style = "bullet" if _BULLET_PATTERN.match(line) else "ordered"
            _add_list_item(elements, style, len(item.group(1)) // 4, item.group(2))
        else:
            plain.append(line)
    flush()


def _add_list_item(elements: list[dict], style: str, indent: int, text: str) -> None:
    entry = {"type": "rich_text_section", "elements": _parse_inline(text)}
    last = elements[-1] if elements else {}
    if last.get("type") == "rich_text_list" and last["style"] == style and last["indent"] == indent:
        last["elements"].append(entry)
    else:
        elements.append({"type": "rich_text_list", "style": style, "indent": indent, "border": 0, "elements": [entry]})


def _parse_inline(text: str, style: dict | None = None) -> list[dict]:
    found: list[dict] = []
    end = 0
    for match in _INLINE_PATTERN.finditer(text):
        if match.start() > end:
            found.append(_build_text(text[end : match.start()], style))
        end = match.end()
        kind = match.lastgroup
        inside = match.group(kind)
        if kind == "code":
            found.append(_build_text(inside, {**(style or {}), "code": True}))
        elif kind == "emoji":
            found.append({"type": "emoji", "name": inside})
        elif kind == "angle":
            found.append(_parse_angle_brackets(inside, style))
        else:
            found += _parse_inline(inside, {**(style or {}), _STYLES[kind]: True})
    if end < len(text):
        found.append(_build_text(text[end:], style))
    return found


def _parse_angle_brackets(inside: str, style: dict | None) -> dict:
    target, _, label = inside.partition("|")
    if target.startswith("@"):
        element = {"type": "user", "user_id": target[1:]}
    elif target.startswith("#"):
        element = {"type": "channel", "channel_id": target[1:]}
    elif target.startswith("!subteam^"):
        element = {"type": "usergroup", "usergroup_id": target[9:]}
    elif target.startswith("!"):
        element = {"type": "broadcast", "range": target[1:]}
    else:
        element = {"type": "link", "url": _unescape_text(target)}
        if label:
            element["text"] = _unescape_text(label)
    return {**element, "style": style} if style else element


def _build_text(text: str, style: dict | None = None) -> dict:
    element = {"type": "text", "text": _unescape_text(text)}
    return {**element, "style": style} if style else element


def _unescape_text(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
