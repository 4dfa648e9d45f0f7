"""A ticket's card: the message in the channel, updated in place while the ticket is active. Pure."""

from dataclasses import dataclass

from helpdesk.channels.slack.render import message_body, split_message
from helpdesk.channels.slack.render.blocks import elements
from helpdesk.models.priorities import Priority
from helpdesk.models.statuses import Status
from helpdesk.translation import gettext, ngettext, pgettext

MAX_EXCERPT_LENGTH = 600
MAX_ANSWERS = 12
MAX_ANSWER_LENGTH = 300  # characters of one answer; Slack refuses a card with more text than it takes


@dataclass(frozen=True)
class CardValues:
    """Values of a card.

    ``reference`` comes back as its buttons' value; ``shared``: people of another company see the card, so it has only
    the link.
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
    tags: tuple[str, ...] = ()
    reference: str = ""
    shared: bool = False
    footer: str = ""


def card_message(values: CardValues) -> tuple[str, list[dict], list[dict]]:
    """Return (text, blocks, attachments) of the card: a title, and below it everything else beside a bar in the
    status's colour.
    """
    title = f"#{values.number} {values.subject}"
    description = f"{values.organization}, {values.status_word}"
    text = f"{elements.escape_text(title, 300)} ({elements.escape_text(description, 300)})"
    head = elements.section_block(f"*{elements.mrkdwn_link(values.url, title)}*")
    body = [
        *_card_excerpt(values.excerpt),
        *elements.fields_blocks(_card_facts(values)),
        *elements.fields_blocks(
            [(label, elements.truncate(text, MAX_ANSWER_LENGTH)) for label, text in values.answers[:MAX_ANSWERS]]
        ),
    ]
    left_out = len(values.answers) - MAX_ANSWERS
    if left_out > 0:
        body.append(
            elements.context_block(
                ngettext("%(num)s more answer is in the portal.", "%(num)s more answers are in the portal.", left_out)
            )
        )
    if any(len(text) > MAX_ANSWER_LENGTH for _, text in values.answers[:MAX_ANSWERS]):
        body.append(elements.context_block(gettext("Long answers are shortened here; the portal has all of them.")))
    if values.footer:
        body.append(elements.context_block(elements.escape_text(values.footer, 1000)))
    body.append(elements.actions_block(*_card_buttons(values), block_id="ticket"))
    attachment = {"color": Status(values.status).definition.slack_color, "fallback": text, "blocks": body}
    return text, [head], [attachment]


def plain_card_message(values: CardValues) -> tuple[str, list[dict], list[dict]]:
    """Return the least that a card needs, for a card that Slack refused: the title as a link, and the buttons."""
    text, head, _ = card_message(values)
    buttons = elements.actions_block(*_card_buttons(values), block_id="ticket")
    color = Status(values.status).definition.slack_color
    return text, head, [{"color": color, "fallback": text, "blocks": [buttons]}]


def _card_facts(values: CardValues) -> list[tuple[str, str]]:
    facts = [
        (gettext("Status"), f"{Status(values.status).definition.slack_symbol} {values.status_word}"),
        (
            gettext("Requester"),
            f"{values.requester}, {values.organization}" if values.organization else values.requester,
        ),
    ]
    if not values.shared:
        facts += [
            (gettext("Assignee"), values.assignee or gettext("Nobody yet")),
            (gettext("Priority"), Priority(values.priority).definition.label),
            *([(gettext("Tags"), ", ".join(values.tags))] if values.tags else []),
        ]
    return facts


def _card_excerpt(markdown: str) -> list[dict]:
    pieces = split_message.split_markdown(markdown.strip(), MAX_EXCERPT_LENGTH)
    if not pieces:
        return []
    blocks, _ = message_body.render_body(pieces[0])
    return blocks + (
        [elements.context_block(gettext("The whole message is in the portal and the thread."))]
        if len(pieces) > 1
        else []
    )


def _card_buttons(values: CardValues) -> list[dict]:
    reference = values.reference or str(values.number)
    buttons = []
    if not values.shared:
        definition = Status(values.status).definition
        if not definition.is_done:
            buttons.append(
                elements.button_element(
                    gettext("Take it"), "take_it", reference, style="" if values.assignee else "primary"
                )
            )
        if not definition.is_final:
            buttons.append(elements.button_element(pgettext("button", "Reply"), "reply", reference))
        buttons.append(elements.button_element(gettext("Edit"), "edit", reference))
        if values.status == Status.solved:
            buttons.append(elements.button_element(gettext("Reopen"), "reopen", reference))
        elif not definition.is_final:
            buttons.append(elements.button_element(gettext("Solve"), "solve", reference))
    return [*buttons, elements.button_element(gettext("Open in portal"), "open_portal", reference, url=values.url)]
