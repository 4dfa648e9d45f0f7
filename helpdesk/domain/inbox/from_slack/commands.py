"""/ticket: lists, a search, one ticket. Answers are made while nothing is held, because nothing is changed."""

from helpdesk import urls
from helpdesk.channels.slack import blocks
from helpdesk.channels.values import Heard, Post
from helpdesk.domain import desk, homes, permissions
from helpdesk.domain.inbox.from_slack import telling
from helpdesk.models.people import User
from helpdesk.models.tickets import Ticket

SHOWN = 15
TITLES = {"mine": "Your tickets", "open": "Open tickets", "unassigned": "Tickets nobody has taken"}
NOTHING = {"mine": "Nothing waits for you.", "open": "No ticket is open.", "unassigned": "Every ticket has somebody."}


def answer(heard: Heard, agent: User | None) -> Post:
    """What /ticket says to the one who typed it."""
    if agent is None:
        return telling.say(heard, telling.AGENTS_ONLY)
    verb, rest = heard.data.get("verb"), str(heard.data.get("rest") or "")
    if verb == "show":
        ticket = permissions.find_ticket(agent, int(rest))
        if ticket is None:
            return telling.say(heard, f"There is no ticket #{rest}.")
        return _list(heard, f"Ticket #{ticket.number}", [ticket], 0, "")
    if verb == "search" and rest:
        found = desk.tickets_page(agent, {"view": "all", "q": rest}, size=SHOWN).tickets
        return _list(heard, f"Tickets with “{rest[:100]}”", found, 0, "No ticket has these words.")
    if verb in TITLES:
        found = desk.tickets_page(agent, {"view": verb}, size=SHOWN).tickets
        total = (
            next((view.count or 0 for view in desk.views(agent) if view.key == verb), 0) if len(found) == SHOWN else 0
        )
        return _list(heard, TITLES[verb], found, max(0, total - len(found)), NOTHING[verb])
    return telling.tell(heard, blocks.help_text())


def _list(heard: Heard, title: str, found: list[Ticket], more: int, nothing: str) -> Post:
    text, made = blocks.ticket_list(
        title, tuple(homes.row(ticket) for ticket in found), more, urls.absolute("/desk"), nothing
    )
    return telling.tell(heard, {"text": text, "blocks": made})
