"""Messages and notes in a ticket's thread, shown under their author's name. Pure."""

from dataclasses import dataclass

from helpdesk.channels.slack.render import message_body, split_message
from helpdesk.channels.slack.render.blocks import elements
from helpdesk.translation import gettext, lazy_gettext

MAX_MESSAGE_LENGTH = 7500  # of Markdown; escaped it still fits Slack's 40,000 of text and its 50 blocks
MAX_USERNAME_LENGTH = 80
NOTE_LABEL = lazy_gettext("🔒 Note. Only the team sees this.")
# Reactions added to a message that a person typed in Slack, to show at once whether it is a reply or a note.
MARKER_EMOJI = {"internal": "lock", "public": "incoming_envelope", "held": "hourglass_flowing_sand"}


@dataclass(frozen=True)
class ReplyValues:
    """One part of a message.

    ``marker`` is a small line below it; with ``trusted``, links in messages of the team have their own labels.
    """

    author: str
    body: str
    picture: str = ""
    side: str = "customer"
    organization: str = ""
    marker: str = ""
    trusted: bool = False
    attachments: tuple[str, ...] = ()
    edited: bool = False


def split_body(markdown: str, limit: int = MAX_MESSAGE_LENGTH) -> list[str]:
    """Split ``markdown`` into parts that fit a message each, never empty; of several, each begins with "(1 of 3)"."""
    pieces = split_message.split_markdown(markdown, limit - 20)
    if len(pieces) < 2:
        return pieces or [markdown.strip()]
    total = len(pieces)
    return [
        gettext("(%(number)s of %(total)s)", number=number, total=total) + f"\n\n{piece}"
        for number, piece in enumerate(pieces, 1)
    ]


def reply_message(values: ReplyValues) -> dict:
    """Return text, blocks, username and icon_url of the message; add channel and thread_ts (or ts) to send it."""
    blocks, body = message_body.render_body(values.body, values.trusted)
    lines = []
    if values.attachments:
        names = ", ".join(elements.escape_text(name, 150) for name in values.attachments[:10])
        lines.append(gettext("Files: %(names)s", names=names))
    if values.marker:
        lines.append(elements.escape_text(values.marker, 500))
    if values.edited:
        lines.append(gettext("Edited"))
    blocks += [elements.context_block(line) for line in lines]
    text = body or "\n".join(lines)
    found = {"text": text or "–", "blocks": blocks or [elements.context_block("–")], "username": _username(values)}
    if values.picture.startswith(("https://", "http://")):
        found["icon_url"] = values.picture
    return found


def note_message(author: str, body: str, picture: str = "", trusted: bool = True) -> dict:
    """Return a message for the team only, marked as such above and below."""
    found = reply_message(ReplyValues(author, body, picture, side="team", marker=NOTE_LABEL, trusted=trusted))
    return found | {"text": "🔒 " + found["text"]}


def mention_line(mention: str, sentence: str) -> dict:
    """Return text and blocks of a line that mentions somebody, so that Slack notifies them. ``mention`` is mrkdwn."""
    line = f"{mention} {elements.escape_text(sentence, 1500)}"
    return {"text": line, "blocks": [elements.section_block(line)]}


def event_line(sentence: str) -> dict:
    """Return text and blocks of a small line about an event, such as "Maya Lindqvist solved this"."""
    line = elements.escape_text(sentence, 1500)
    return {"text": line, "blocks": [elements.context_block(line)]}


def _username(values: ReplyValues) -> str:
    name = values.author.strip() or gettext("Somebody")
    belongs = f" ({values.organization})" if values.organization and values.side == "customer" else ""
    return elements.truncate(name, MAX_USERNAME_LENGTH - len(belongs) if len(belongs) < 40 else MAX_USERNAME_LENGTH) + (
        belongs if len(belongs) < 40 else ""
    )
