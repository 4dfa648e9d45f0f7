"""Parse Slack's mrkdwn text to the elements of a rich_text block, so that one reader makes a document of both. Pure.

Text is unescaped exactly once, at the leaves, after everything between angle brackets was parsed. Every sign is looked
at a bounded number of times.
"""

import logging
import re

log = logging.getLogger(__name__)

MAX_MARKS = 2_000  # signs of marks in one text; one with more is read as plain text

_FENCE = re.compile(r"```(.+?)```", re.DOTALL)
_QUOTE = re.compile(r"^(?:&gt;|>) ?")
_QUOTE_TO_END = re.compile(r"^(?:&gt;|>){3} ?")
_BULLET = re.compile(r"^( *)[•◦▪‣∙]\ufe0e?\s+")
_NUMBER = re.compile(r"^( *)(\d{1,4})\.\s+")
_SIGN = re.compile(r"[`<*_~:]")
_CODE = re.compile(r"`([^`\n]+)`")
_SPECIAL = re.compile(r"<([^<>\n]+)>")
_EMOJI = re.compile(r":([a-z0-9_+'\-]{1,100}(?:::skin-tone-[2-6]){0,2}):(?![a-zA-Z0-9_])")
_EMOJI_PREFIX = re.compile(r"[^a-zA-Z0-9_:]")  # no time of day, and no path of a program
_STYLES = {"*": "bold", "_": "italic", "~": "strike"}
_CLOSING = {sign: re.compile(rf"(?<=[^\s{re.escape(sign)}]){re.escape(sign)}(?![\w{sign}])") for sign in "*_~"}


def mrkdwn_to_elements(text: str) -> list[dict]:
    """Return the rich_text elements with the same meaning as the mrkdwn ``text``."""
    if _count_marks(text) > MAX_MARKS:
        log.warning("A text of %d characters from Slack is read as plain text: too many marks.", len(text))
        plain = {"type": "text", "text": unescape_mrkdwn(_flatten_links(text))}
        return [{"type": "rich_text_section", "elements": [plain]}]
    found: list[dict] = []
    for number, part in enumerate(_FENCE.split(text) if text.count("```") > 1 else [text]):
        if number % 2:
            code = unescape_mrkdwn(_flatten_links(part)).strip("\n")
            found.append({"type": "rich_text_preformatted", "elements": [{"type": "text", "text": code}]})
        else:
            found += _lines(part)
    return found


def _count_marks(text: str) -> int:
    return sum(text.count(sign) for sign in "`<*_~•") + (text.count(":") + text.count("\n")) // 2


def unescape_mrkdwn(text: str) -> str:
    """Undo Slack's three escapes, once."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _lines(text: str) -> list[dict]:
    found: list[dict] = []
    is_quoted_to_end = False
    for line in text.split("\n"):
        last = found[-1] if found else {}
        if not is_quoted_to_end and _QUOTE_TO_END.match(line):
            is_quoted_to_end, line = True, _QUOTE_TO_END.sub("", line)
        bullet, number = _BULLET.match(line), _NUMBER.match(line)
        if is_quoted_to_end or _QUOTE.match(line):
            inline = _inline(line if is_quoted_to_end else _QUOTE.sub("", line), {})
            if last.get("type") == "rich_text_quote":
                last["elements"] += [{"type": "text", "text": "\n"}, *inline]
            else:
                found.append({"type": "rich_text_quote", "elements": inline})
        elif bullet or number:
            match = bullet or number
            item = {"type": "rich_text_section", "elements": _inline(line[match.end() :], {})}
            shape = {"style": "bullet" if bullet else "ordered", "indent": min(len(match[1]) // 4, 8)}
            if last.get("type") == "rich_text_list" and all(last[name] == shape[name] for name in shape):
                following = last.get("offset", 0) + len(last["elements"]) + 1
                if not number or int(number[2]) == following:
                    last["elements"].append(item)
                    continue
            offset = {"offset": int(number[2]) - 1} if number and int(number[2]) > 1 else {}
            found.append({"type": "rich_text_list", "elements": [item]} | shape | offset)
        elif last.get("type") == "rich_text_section":
            last["elements"] += [{"type": "text", "text": "\n"}, *_inline(line, {})]
        else:
            found.append({"type": "rich_text_section", "elements": _inline(line, {})})
    return found


def _inline(text: str, style: dict) -> list[dict]:
    """Read one line; a style is not looked for inside itself, so this goes at most three levels deep."""
    found: list[dict] = []
    position = begin = 0
    unclosed: set[str] = set()
    while match := _SIGN.search(text, position):
        position = match.start()
        end, elements = _read_mark(text, position, style, unclosed)
        if not end:
            position += 1
            continue
        found += [*_text(text[begin:position], style), *elements]
        position = begin = end
    return found + _text(text[begin:], style)


def _read_mark(text: str, position: int, style: dict, unclosed: set[str]) -> tuple[int, list[dict]]:
    """Return where the mark at ``position`` ends and its elements; 0 where the sign is only a sign. ``unclosed``: the
    signs that are known to have no second one further on.
    """
    sign = text[position]
    before = text[position - 1] if position else " "
    if sign == "`" and (match := _CODE.match(text, position)):
        return match.end(), _text(_flatten_links(match[1]), style | {"code": True})
    if sign == "<" and (match := _SPECIAL.match(text, position)):
        return match.end(), _special(match[1], style)
    if sign == ":" and _EMOJI_PREFIX.match(before) and (match := _EMOJI.match(text, position)):
        return _read_emoji(text, match, style)
    name = _STYLES.get(sign)
    if not name or name in style or sign in unclosed or before.isalnum() or before in {"_", sign}:
        return 0, []
    following = text[position + 1 : position + 2]
    if not following or following.isspace() or following == sign:
        return 0, []
    closing = _CLOSING[sign].search(text, position + 2)
    if not closing:
        unclosed.add(sign)
        return 0, []
    inner = text[position + 1 : closing.start()]
    if sign != "_" and sign in inner:
        return 0, []
    return closing.end(), _inline(inner, style | {name: True})


def _read_emoji(text: str, match: re.Match[str] | None, style: dict) -> tuple[int, list[dict]]:
    """Read one emoji, and those that follow without a space."""
    end, found = 0, []
    while match:
        found.append({"type": "emoji", "name": match[1]} | ({"style": dict(style)} if style else {}))
        end = match.end()
        match = _EMOJI.match(text, end)
    return end, found


def _text(text: str, style: dict) -> list[dict]:
    if not text:
        return []
    return [{"type": "text", "text": unescape_mrkdwn(text)} | ({"style": dict(style)} if style else {})]


def _special(inside: str, style: dict) -> list[dict]:
    return [element | ({"style": dict(style)} if style else {}) for element in _special_elements(inside)]


def _special_elements(inside: str) -> list[dict]:
    target, _, label = inside.partition("|")
    label = unescape_mrkdwn(label)
    if target.startswith("@"):
        return [{"type": "user", "user_id": target[1:], "label": label.lstrip("@")}]
    if target.startswith("#"):
        return [{"type": "channel", "channel_id": target[1:], "label": label.lstrip("#")}]
    if target.startswith("!subteam^"):
        group = target.removeprefix("!subteam^")
        return [{"type": "usergroup", "usergroup_id": group, "label": label.lstrip("@")}]
    if target in {"!here", "!channel", "!everyone", "!group"}:
        return [{"type": "broadcast", "range": target[1:]}]
    if target.startswith("!date^") and not label:
        timestamp, _, layout = target.removeprefix("!date^").partition("^")
        return [{"type": "date", "timestamp": timestamp, "format": unescape_mrkdwn(layout.partition("^")[0])}]
    if target.startswith("!"):
        return [{"type": "text", "text": label or target[1:].split("^")[0]}]
    return [{"type": "link", "url": unescape_mrkdwn(target)} | ({"text": label} if label else {})]


def _flatten_links(text: str) -> str:
    """Replace links in code by their text: Slack writes addresses in angle brackets there, too, but people see only the
    address or its label.
    """
    return re.sub(r"<([^<>|\n]+)(?:\|([^<>\n]*))?>", lambda match: match[2] or match[1], text)
