"""Messages that only one person sees, right after they did something. Pure: each returns text and blocks."""

from helpdesk.channels.slack.render.blocks import elements
from helpdesk.translation import gettext, lazy_gettext

COMMAND_HELP = (
    ("/ticket", lazy_gettext("your tickets")),
    ("/ticket open", lazy_gettext("every open ticket")),
    ("/ticket unassigned", lazy_gettext("those nobody has taken")),
    ("/ticket search words", lazy_gettext("a search")),
    ("/ticket 42", lazy_gettext("ticket 42")),
    ("/ticket create subject", lazy_gettext("a new ticket")),
)


def pending_reply_notice(sentence: str, reference: str) -> dict:
    """Say who has the new message and who will, with *Make internal* and *Send now*."""
    line = elements.escape_text(sentence, 1500)
    return {
        "text": line,
        "blocks": [
            elements.section_block(line),
            elements.actions_block(
                elements.button_element(gettext("Make internal"), "make_internal", reference),
                elements.button_element(gettext("Send now"), "send_now", reference),
                block_id="undo",
            ),
        ],
    }


def file_offer(reference: str) -> dict:
    """Ask a customer who wrote outside a ticket's thread whether it is a new ticket; ``reference`` comes back."""
    line = gettext("Shall support take this as a new ticket? Answers then come in a thread below your message.")
    return {
        "text": line,
        "blocks": [
            elements.section_block(line),
            elements.actions_block(
                elements.button_element(gettext("File as a ticket"), "file_message", reference, style="primary"),
                elements.button_element(gettext("No, thanks"), "dismiss_offer", reference),
                block_id="offer",
            ),
        ],
    }


def notice(sentence: str) -> dict:
    """Make a message of one sentence without buttons."""
    line = elements.escape_text(sentence, elements.MAX_SECTION_LENGTH)
    return {"text": line, "blocks": [elements.section_block(line)]}


def link_block(text: str, label: str, url: str) -> dict:
    """Make the block of a small line that ends with a link."""
    return elements.context_block(f"{elements.escape_text(text, 300)} {elements.mrkdwn_link(url, label)}")


def link_line(text: str, label: str, url: str, hint: str = "") -> dict:
    """Make a small line with a link, "Filed as #42 The printer is on fire", and with a sentence behind it."""
    line = f"{elements.escape_text(text, 300)} {elements.mrkdwn_link(url, label)}"
    line += f". {elements.escape_text(hint, 1000)}" if hint else ""
    return {"text": line, "blocks": [elements.context_block(line)]}


def agents_only_notice(portal_name: str = "") -> dict:
    """Answer somebody who is no agent and wrote where agents write: nothing was sent."""
    if not portal_name:
        return notice(
            gettext(
                "Only agents can answer from this thread, so what you wrote was not sent to anybody. "
                "Ask an agent to answer, or an admin to invite you."
            )
        )
    return notice(
        gettext(
            "Only agents of %(portal)s can answer from this thread, so what you wrote was not sent to anybody. "
            "Ask an agent to answer, or an admin to invite you.",
            portal=portal_name,
        )
    )


def help_text() -> dict:
    """List the commands of /ticket."""
    lines = "\n".join(f"`{command}` {meaning}" for command, meaning in COMMAND_HELP)
    marks = gettext(
        "In a thread, begin with `note:` or 🔒 for a note that only the team sees, or with `reply:` for an answer."
    )
    return {
        "text": gettext("What /ticket can do"),
        "blocks": [elements.section_block(lines), elements.context_block(marks)],
    }
