"""Lists of tickets: the answer to /ticket and the app's home page. Pure."""

from dataclasses import dataclass

from helpdesk.channels.slack.render.blocks import elements
from helpdesk.models.statuses import Status
from helpdesk.translation import gettext, ngettext, pgettext

MAX_ROWS = 20  # two blocks each
MAX_HOME_ROWS = 20


@dataclass(frozen=True)
class ListRow:
    """One ticket in a list; ``waiting`` describes how long it has waited, ``sla`` the target that is due next."""

    number: int
    subject: str
    status_word: str
    organization: str
    url: str
    assignee: str | None = None
    status: str = Status.open
    waiting: str = ""
    priority: str = ""
    sla: str = ""
    thread_url: str = ""


@dataclass(frozen=True)
class HomeValues:
    """Values of an agent's home page; totals include tickets that are not shown."""

    name: str
    url: str
    mine: tuple[ListRow, ...] = ()
    unassigned: tuple[ListRow, ...] = ()
    mine_total: int = 0
    unassigned_total: int = 0


def ticket_list(
    title: str, rows: tuple[ListRow, ...], more: int = 0, more_url: str = "", hint: str = ""
) -> tuple[str, list[dict]]:
    """Return (text, blocks) of a list under ``title``.

    ``more`` counts what only ``more_url`` shows; ``hint`` is shown where there is no row.
    """
    shown = rows[:MAX_ROWS]
    hidden = more + len(rows) - len(shown)
    heading = elements.escape_text(title, 200)
    blocks = [elements.section_block(f"*{heading}*"), *_row_blocks(shown)]
    if not rows:
        blocks.append(elements.section_block(elements.escape_text(hint or gettext("There is no such ticket."), 1000)))
    if hidden > 0:
        text = (
            ngettext("%(num)s more in the portal", "%(num)s more in the portal", hidden)
            if more_url
            else ngettext("%(num)s more", "%(num)s more", hidden)
        )
        blocks.append(elements.context_block(elements.mrkdwn_link(more_url, text) if more_url else text))
    return f"{heading}: {len(rows) + more}", blocks


def home_view(values: HomeValues) -> dict:
    """Return the view of an agent's home page: own queue first, then unassigned tickets."""
    blocks = [
        {
            "type": "header",
            "text": elements.plain_text(gettext("Tickets of %(name)s", name=values.name), elements.MAX_HEADER_LENGTH),
        },
        elements.actions_block(
            elements.button_element(gettext("New ticket"), "new_ticket", style="primary"),
            elements.button_element(gettext("Open the desk"), "open_portal", url=values.url),
            block_id="home",
        ),
        *_queue_section(gettext("Yours"), values.mine, values.mine_total, gettext("Nothing waits for you.")),
        elements.divider_block(),
        *_queue_section(
            gettext("Nobody’s yet"), values.unassigned, values.unassigned_total, gettext("Every ticket has somebody.")
        ),
    ]
    return {"type": "home", "blocks": blocks[:100]}


def _queue_section(title: str, rows: tuple[ListRow, ...], total: int, empty: str) -> list[dict]:
    total = max(total, len(rows))
    blocks = [
        elements.section_block(f"*{title}* · {total}"),
        *_row_blocks(rows[:MAX_HOME_ROWS]),
    ]
    if not rows:
        blocks.append(elements.context_block(empty))
    elif total > len(rows[:MAX_HOME_ROWS]):
        blocks.append(
            elements.context_block(
                ngettext(
                    "%(num)s more is on the desk.", "%(num)s more are on the desk.", total - len(rows[:MAX_HOME_ROWS])
                )
            )
        )
    return blocks


def _row_blocks(rows: tuple[ListRow, ...]) -> list[dict]:
    found = []
    for row in rows:
        found += [elements.section_block(_row_section(row)), elements.actions_block(*_row_buttons(row))]
    return found


def _row_buttons(row: ListRow) -> list[dict]:
    number, definition = str(row.number), Status(row.status).definition
    buttons = []
    if not definition.is_done:
        style = "" if row.assignee else "primary"
        buttons.append(elements.button_element(gettext("Take it"), "take_it", number, style=style))
        buttons.append(elements.button_element(pgettext("button", "Reply"), "reply", number))
    buttons.append(elements.button_element(gettext("Edit"), "edit", number))
    if not definition.is_done:
        buttons.append(elements.button_element(gettext("Solve"), "solve", number))
    return buttons


def _row_section(row: ListRow) -> str:
    facts = [
        f"{Status(row.status).definition.slack_symbol} {row.status_word}",
        gettext("%(priority)s priority", priority=row.priority) if row.priority else "",
        row.sla,
        row.organization,
        row.assignee or gettext("nobody yet"),
        row.waiting,
    ]
    line = " · ".join(elements.escape_text(fact, 200) for fact in facts if fact)
    thread = " · " + elements.mrkdwn_link(row.thread_url, gettext("Thread")) if row.thread_url else ""
    return f"{elements.mrkdwn_link(row.url, f'#{row.number} {row.subject}')}\n{line}{thread}"
