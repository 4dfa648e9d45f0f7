"""Tickets in a row: the answer to /ticket and the app's home page. Pure."""

from dataclasses import dataclass

from helpdesk.channels.slack.blocks import cards, parts

ROWS = 20
HOME_ROWS = 30


@dataclass(frozen=True)
class ListRow:
    """One ticket in a list; ``waiting`` says since when it waits, in words."""

    number: int
    subject: str
    status_word: str
    organization: str
    url: str
    assignee: str | None = None
    status: str = "open"
    waiting: str = ""


@dataclass(frozen=True)
class HomeValues:
    """What an agent's home shows; totals count what is not shown, too."""

    name: str
    url: str
    mine: tuple[ListRow, ...] = ()
    unassigned: tuple[ListRow, ...] = ()
    mine_total: int = 0
    unassigned_total: int = 0


def ticket_list(
    title: str, rows: tuple[ListRow, ...], more: int = 0, more_url: str = "", hint: str = ""
) -> tuple[str, list[dict]]:
    """(text, blocks) of a list under ``title``.

    ``more`` counts what only ``more_url`` shows; ``hint`` is said where there is no row.
    """
    shown = rows[:ROWS]
    hidden = more + len(rows) - len(shown)
    heading = parts.escaped(title, 200)
    blocks = [parts.section(f"*{heading}*"), *[parts.section(_line(row)) for row in shown]]
    if not rows:
        blocks.append(parts.section(parts.escaped(hint or "There is no such ticket.", 1000)))
    if hidden > 0:
        words = f"{hidden} more"
        blocks.append(parts.context(parts.link(more_url, f"{words} in the portal") if more_url else words))
    return f"{heading}: {len(rows) + more}", blocks


def home(values: HomeValues) -> dict:
    """The view of an agent's home: own queue first, then what nobody has taken."""
    blocks = [
        {"type": "header", "text": parts.plain(f"Tickets of {values.name}", parts.HEADER)},
        parts.actions(
            parts.button("New ticket", "new_ticket", style="primary"),
            parts.button("Open the desk", "open_portal", url=values.url),
            block_id="home",
        ),
        *_queue("Yours", values.mine, values.mine_total, "Nothing waits for you."),
        parts.divider(),
        *_queue("Nobody’s yet", values.unassigned, values.unassigned_total, "Every ticket has somebody."),
    ]
    return {"type": "home", "blocks": blocks[:100]}


def _queue(title: str, rows: tuple[ListRow, ...], total: int, empty: str) -> list[dict]:
    total = max(total, len(rows))
    blocks = [parts.section(f"*{title}* · {total}"), *[parts.section(_line(row)) for row in rows[:HOME_ROWS]]]
    if not rows:
        blocks.append(parts.context(empty))
    elif total > len(rows[:HOME_ROWS]):
        blocks.append(parts.context(f"{total - len(rows[:HOME_ROWS])} more are on the desk."))
    return blocks


def _line(row: ListRow) -> str:
    facts = [
        f"{cards.SHAPES.get(row.status, '●')} {row.status_word}",
        row.organization,
        row.assignee or "nobody yet",
        row.waiting,
    ]
    line = " · ".join(parts.escaped(fact, 200) for fact in facts if fact)
    return f"{parts.link(row.url, f'#{row.number} {row.subject}')}\n{line}"
