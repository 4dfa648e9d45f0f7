"""The smallest pieces of a Slack message, each within Slack's limits. Pure."""

from helpdesk.channels.slack import mrkdwn

SECTION = 3000
BUTTON = 75
VALUE = 2000
FIELDS = 10
FIELD = 2000
CONTEXT = 2000
HEADER = 150
BLOCKS = 50


def short(text: str, limit: int) -> str:
    """``text`` in at most ``limit`` characters, with an ellipsis where something is missing."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def escaped(text: str, limit: int) -> str:
    """People's words for mrkdwn, escaped and then at most ``limit`` long; an escape is never cut in two."""
    while len(found := mrkdwn.escape(text)) > limit:
        text = short(text, max(1, len(text) - max(1, (len(found) - limit) // 5)))
    return found


def plain(text: str, limit: int) -> dict:
    """A plain_text object: Slack shows it letter by letter. Emptiness, which Slack refuses, becomes a dash."""
    return {"type": "plain_text", "text": short(text.strip(), limit) or "–", "emoji": True}


def words(text: str, limit: int = SECTION) -> dict:
    """A mrkdwn object for ``text`` that is escaped already; ``verbatim`` keeps Slack from finding names and links in it."""
    return {"type": "mrkdwn", "text": text[:limit] or "–", "verbatim": True}


def section(text: str, **more) -> dict:
    """A section of already escaped mrkdwn."""
    return {"type": "section", "text": words(text)} | more


def context(text: str) -> dict:
    """A small grey line of already escaped mrkdwn."""
    return {"type": "context", "elements": [words(text, CONTEXT)]}


def fields(pairs) -> list[dict]:
    """Sections of (label, value) pairs, two in a row; both are people's words."""
    found = [words(f"*{escaped(label, 200)}*\n{escaped(value or '–', FIELD - 210)}", FIELD) for label, value in pairs]
    return [{"type": "section", "fields": found[start : start + FIELDS]} for start in range(0, len(found), FIELDS)]


def button(label: str, action_id: str, value: str = "", style: str = "", url: str = "") -> dict:
    """A button; with ``url`` it opens that page."""
    found = {"type": "button", "text": plain(label, BUTTON), "action_id": action_id}
    if value:
        found["value"] = value[:VALUE]
    if style:
        found["style"] = style
    if url:
        found["url"] = url
    return found


def actions(*buttons: dict, block_id: str = "") -> dict:
    """A row of buttons."""
    return {"type": "actions", "elements": list(buttons)} | ({"block_id": block_id} if block_id else {})


def divider() -> dict:
    return {"type": "divider"}


def link(url: str, label: str, limit: int = 300) -> str:
    """A mrkdwn link of ours; the label may be people's words."""
    address = url.replace("&", "&amp;").replace("<", "%3C").replace(">", "%3E").replace("|", "%7C")
    return f"<{address}|{escaped(label, limit)}>"
