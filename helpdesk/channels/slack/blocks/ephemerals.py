"""What only one person sees, right after they did something. Pure: each gives text and blocks."""

from helpdesk.channels.slack.blocks import parts

HELP = (
    ("/ticket", "your tickets"),
    ("/ticket open", "every open ticket"),
    ("/ticket unassigned", "those nobody has taken"),
    ("/ticket search words", "a search"),
    ("/ticket 42", "ticket 42"),
    ("/ticket create subject", "a new ticket"),
)


def promise(sentence: str, reference: str, seconds: int) -> dict:
    """Who will see what was just written, with *Make internal* and *Send now* while it is held back for ``seconds``."""
    line = parts.escaped(sentence, 1500)
    wait = f"The email leaves in {seconds} seconds." if seconds > 0 else ""
    return {
        "text": line,
        "blocks": [
            parts.section(f"{line}\n{wait}".strip()),
            parts.actions(
                parts.button("Make internal", "make_internal", reference),
                parts.button("Send now", "send_now", reference),
                block_id="undo",
            ),
        ],
    }


def notice(sentence: str) -> dict:
    """One sentence, nothing to press."""
    line = parts.escaped(sentence, parts.SECTION)
    return {"text": line, "blocks": [parts.section(line)]}


def pointer(words: str, label: str, url: str) -> dict:
    """A small line that leads somewhere: "Filed as #42 The printer is on fire"."""
    line = f"{parts.escaped(words, 300)} {parts.link(url, label)}"
    return {"text": line, "blocks": [parts.context(line)]}


def refusal(portal_name: str = "") -> dict:
    """To somebody who is no agent and wrote where agents write: nothing was sent."""
    where = f" of {portal_name}" if portal_name else ""
    return notice(
        f"Only agents{where} can answer from this thread, so what you wrote was not sent to anybody. "
        "Ask an agent to answer, or an admin to invite you."
    )


def help_text() -> dict:
    """What can be typed after /ticket."""
    lines = "\n".join(f"`{command}` {meaning}" for command, meaning in HELP)
    marks = "In a thread, begin with `note:` or 🔒 for a note that only the team sees, or with `reply:` for an answer."
    return {"text": "What /ticket can do", "blocks": [parts.section(lines), parts.context(marks)]}
