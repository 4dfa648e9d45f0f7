"""What somebody said, put into a thread under their own name. Pure."""

from dataclasses import dataclass

from helpdesk.channels.slack import mrkdwn, splitting
from helpdesk.channels.slack.blocks import parts

MESSAGE = 7500  # of Markdown; escaped it still fits Slack's 40,000 of text and its 50 blocks
USERNAME = 80
NOTE = "🔒 Note. Only the team sees this."
# Reactions put on what a person typed in Slack, to show at once what it became.
MARKS = {"internal": "lock", "public": "incoming_envelope"}


@dataclass(frozen=True)
class ReplyValues:
    """One part of a message. ``marker`` is a small line below it; ``trusted`` lets links of our own people keep their labels."""

    author: str
    body: str
    picture: str = ""
    side: str = "customer"
    organization: str = ""
    marker: str = ""
    trusted: bool = False
    attachments: tuple[str, ...] = ()
    edited: bool = False


def split(markdown: str, limit: int = MESSAGE) -> list[str]:
    """``markdown`` in parts that fit a message each, never empty; of several, each begins with its "(1/3)"."""
    pieces = splitting.pieces(markdown, limit - 20)
    if len(pieces) < 2:
        return pieces or [markdown.strip()]
    return [f"({number}/{len(pieces)})\n\n{piece}" for number, piece in enumerate(pieces, 1)]


def reply(values: ReplyValues) -> dict:
    """text, blocks, username and icon_url of the message; add channel and thread_ts (or ts) to send it."""
    blocks = mrkdwn.rich_text(values.body, values.trusted)[:40]
    lines = []
    if values.attachments:
        lines.append("Files: " + ", ".join(parts.escaped(name, 150) for name in values.attachments[:10]))
    if values.marker:
        lines.append(parts.escaped(values.marker, 500))
    if values.edited:
        lines.append("Edited")
    blocks += [parts.context(line) for line in lines]
    text = mrkdwn.from_markdown(values.body, values.trusted) or "\n".join(lines)
    found = {"text": text or "–", "blocks": blocks or [parts.context("–")], "username": _username(values)}
    if values.picture.startswith(("https://", "http://")):
        found["icon_url"] = values.picture
    return found


def note(author: str, body: str, picture: str = "", trusted: bool = True) -> dict:
    """A message for the team only, marked so above and below."""
    found = reply(ReplyValues(author, body, picture, side="team", marker=NOTE, trusted=trusted))
    return found | {"text": "🔒 " + found["text"]}


def event(sentence: str) -> dict:
    """text and blocks of a small line about something that happened, such as "Maya Lindqvist solved this"."""
    line = parts.escaped(sentence, 1500)
    return {"text": line, "blocks": [parts.context(line)]}


def visibility(kind: str | None, audience: str) -> str:
    """The sentence that says who will see a message of ``kind`` internal or public; ``audience``: "Dana Fields and #globex"."""
    if kind == "internal":
        return "Note. Only the team sees this."
    return f"Goes to {audience}." if audience else "Goes to the customer."


def _username(values: ReplyValues) -> str:
    name = values.author.strip() or "Somebody"
    belongs = f" ({values.organization})" if values.organization and values.side == "customer" else ""
    return parts.short(name, USERNAME - len(belongs) if len(belongs) < 40 else USERNAME) + (
        belongs if len(belongs) < 40 else ""
    )
