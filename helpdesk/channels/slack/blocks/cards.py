"""A ticket's card: what stands in the channel, updated in place while the ticket lives. Pure."""

from dataclasses import dataclass

from helpdesk.channels.slack import mrkdwn, splitting
from helpdesk.channels.slack.blocks import parts

COLOURS = {
    "open": "#d9480f",
    "in_progress": "#1c6dd0",
    "pending": "#b7791f",
    "on_hold": "#7a5af8",
    "solved": "#2b8a3e",
    "closed": "#868e96",
}
SHAPES = {"open": "●", "in_progress": "◐", "pending": "◔", "on_hold": "◫", "solved": "✔", "closed": "○"}
EXCERPT = 600
ANSWERS = 12


@dataclass(frozen=True)
class CardValues:
    """What a card says.

    ``reference`` comes back as its buttons' value; ``shared``: outsiders see the card, so it offers only the link.
    """

    number: int
    subject: str
    organization: str
    requester: str
    status: str
    status_word: str
    priority: str
    url: str
    excerpt: str = ""
    answers: tuple[tuple[str, str], ...] = ()
    assignee: str | None = None
    reference: str = ""
    shared: bool = False
    footer: str = ""


def card(values: CardValues) -> tuple[str, list[dict], list[dict]]:
    """(text, blocks, attachments) of the card: a title, and below it everything else beside a bar in the status's colour."""
    title = f"#{values.number} {values.subject}"
    text = f"{parts.escaped(title, 300)} ({parts.escaped(f'{values.organization}, {values.status_word}', 300)})"
    head = parts.section(f"*{parts.link(values.url, title)}*")
    body = [*_excerpt(values.excerpt), *parts.fields(_facts(values)), *parts.fields(values.answers[:ANSWERS])]
    left_out = len(values.answers) - ANSWERS
    if left_out > 0:
        body.append(parts.context(f"{left_out} more answers are in the portal."))
    if values.footer:
        body.append(parts.context(parts.escaped(values.footer, 1000)))
    body.append(parts.actions(*_buttons(values), block_id="ticket"))
    attachment = {"color": COLOURS.get(values.status, "#868e96"), "fallback": text, "blocks": body}
    return text, [head], [attachment]


def _facts(values: CardValues) -> list[tuple[str, str]]:
    facts = [
        ("Status", f"{SHAPES.get(values.status, '●')} {values.status_word}"),
        (
            "Requester",
            f"{values.requester}, {values.organization}" if values.organization else values.requester,
        ),
    ]
    if not values.shared:
        facts += [("Assignee", values.assignee or "Nobody yet"), ("Priority", values.priority.capitalize())]
    return facts


def _excerpt(markdown: str) -> list[dict]:
    pieces = splitting.pieces(markdown.strip(), EXCERPT)
    if not pieces:
        return []
    blocks = mrkdwn.rich_text(pieces[0])
    return blocks + ([parts.context("The whole message is in the portal and the thread.")] if len(pieces) > 1 else [])


def _buttons(values: CardValues) -> list[dict]:
    reference = values.reference or str(values.number)
    buttons = []
    if not values.shared:
        if values.status not in {"solved", "closed"}:
            buttons.append(parts.button("Take it", "take_it", reference, style="" if values.assignee else "primary"))
        buttons.append(parts.button("Edit", "edit", reference))
        if values.status == "solved":
            buttons.append(parts.button("Reopen", "reopen", reference))
        elif values.status != "closed":
            buttons.append(parts.button("Solve", "solve", reference))
    return [*buttons, parts.button("Open in portal", "open_portal", reference, url=values.url)]
