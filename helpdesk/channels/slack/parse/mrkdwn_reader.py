"""Parse Slack's mrkdwn text to the elements of a rich_text block, so that one writer makes Markdown of both. Pure.

Text is unescaped exactly once, at the leaves, after everything between angle brackets was parsed.
"""

import re

_FENCE = re.compile(r"```(.+?)```", re.DOTALL)
_QUOTE = re.compile(r"^(?:&gt;|>) ?")
_BULLET = re.compile(r"^( *)[•◦▪‣∙]\ufe0e?\s+")
_NUMBER = re.compile(r"^( *)(\d{1,4})\.\s+")
_EMOJI = r":(?P<emoji>[a-z0-9_+'\-]+(?:::skin-tone-[2-6])?):"
_INLINE = re.compile(
    r"`(?P<code>[^`\n]+)`"
    r"|<(?P<special>[^<>\n]+)>"
    r"|(?<![\w*])\*(?=[^\s*])(?P<bold>[^*\n]*[^\s*])\*(?![\w*])"
    r"|(?<![\w_])_(?=[^\s_])(?P<italic>[^\n]*?[^\s_])_(?![\w_])"
    r"|(?<![\w~])~(?=[^\s~])(?P<strike>[^~\n]*[^\s~])~(?![\w~])"
    r"|(?<![\w:])" + _EMOJI + r"(?!\w)"
)


def mrkdwn_to_elements(text: str) -> list[dict]:
    """Return the rich_text elements with the same meaning as the mrkdwn ``text``."""
    found: list[dict] = []
    for number, part in enumerate(_FENCE.split(text)):
        if number % 2:
            code = unescape_mrkdwn(_flatten_links(part)).strip("\n")
            found.append({"type": "rich_text_preformatted", "elements": [{"type": "text", "text": code}]})
        else:
            found += _lines(part)
    return found


def unescape_mrkdwn(text: str) -> str:
    """Undo Slack's three escapes, once."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _lines(text: str) -> list[dict]:
    found: list[dict] = []
    for line in text.split("\n"):
        last = found[-1] if found else {}
        bullet, number = _BULLET.match(line), _NUMBER.match(line)
        if _QUOTE.match(line):
            inline = _inline(_QUOTE.sub("", line), {})
            if last.get("type") == "rich_text_quote":
                last["elements"] += [{"type": "text", "text": "\n"}, *inline]
            else:
                found.append({"type": "rich_text_quote", "elements": inline})
        elif bullet or number:
            match = bullet or number
            item = {"type": "rich_text_section", "elements": _inline(line[match.end() :], {})}
            shape = {"style": "bullet" if bullet else "ordered", "indent": min(len(match[1]) // 4, 8)}
            if last.get("type") == "rich_text_list" and all(last[name] == shape[name] for name in shape):
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
    found: list[dict] = []
    position = 0
    for match in _INLINE.finditer(text):
        found += _text(text[position : match.start()], style)
        position = match.end()
        kind = match.lastgroup
        if kind == "code":
            found += _text(_flatten_links(match[kind]), style | {"code": True})
        elif kind == "special":
            found += _special(match[kind], style)
        elif kind == "emoji":
            found.append({"type": "emoji", "name": match[kind]})
        else:
            found += _inline(match[kind], style | {kind: True})
    return found + _text(text[position:], style)


def _text(text: str, style: dict) -> list[dict]:
    if not text:
        return []
    return [{"type": "text", "text": unescape_mrkdwn(text)} | ({"style": dict(style)} if style else {})]


def _special(inside: str, style: dict) -> list[dict]:
    target, _, label = inside.partition("|")
    label = unescape_mrkdwn(label)
    if target.startswith("@"):
        return [{"type": "user", "user_id": target[1:], "label": label.lstrip("@")}]
    if target.startswith("#"):
        return [{"type": "channel", "channel_id": target[1:], "label": label.lstrip("#")}]
    if target.startswith("!subteam^"):
        return [
            {
                "type": "usergroup",
                "usergroup_id": target.removeprefix("!subteam^"),
                "label": label.lstrip("@"),
            }
        ]
    if target in {"!here", "!channel", "!everyone", "!group"}:
        return [{"type": "broadcast", "range": target[1:]}]
    if target.startswith("!"):
        return [{"type": "text", "text": label or target[1:].split("^")[0]}]
    link = {"type": "link", "url": unescape_mrkdwn(target)} | ({"text": label} if label else {})
    return [link | ({"style": dict(style)} if style else {})]


def _flatten_links(text: str) -> str:
    """Replace links in code by their text: Slack writes addresses in angle brackets there, too, but people see only the
    address or its label.
    """
    return re.sub(r"<([^<>|\n]+)(?:\|([^<>\n]*))?>", lambda match: match[2] or match[1], text)
