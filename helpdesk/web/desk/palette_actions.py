"""What the command palette does to the ticket that is open: assign, tag, solve, set its status or priority."""

from dataclasses import dataclass, field

from helpdesk.domain import labels
from helpdesk.domain.people import permissions
from helpdesk.domain.ticket_lists.agent_queue import FilterChoices
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import gettext

MAX_ACTIONS = 8


@dataclass(frozen=True)
class PaletteAction:
    """A form of one button: its name, where it is sent and with what; ``target`` is the fragment that it replaces."""

    kind: str
    name: str
    address: str
    fields: dict[str, str] = field(default_factory=dict)
    target: str = "#facts"


def list_actions(user: User, number: int, words: str, choices: FilterChoices) -> list[PaletteAction]:
    """Return what ``user`` may do to the ticket ``number`` whose name has every one of ``words``.

    Without words, only what needs no choice.
    """
    ticket = permissions.find_ticket(user, number)
    if ticket is None:
        return []
    actions = _make_simple_actions(ticket, user)
    if not words:
        return actions
    actions += _make_choices(ticket, choices)
    typed = words.lower().split()
    return [action for action in actions if all(word in action.name.lower() for word in typed)][:MAX_ACTIONS]


def _make_simple_actions(ticket: Ticket, user: User) -> list[PaletteAction]:
    path, actions = f"/tickets/{ticket.number}", []
    if ticket.is_solved:
        actions.append(_make_action(gettext("Reopen"), f"{path}/solution/delete", target="#ticket-header"))
    elif not ticket.is_closed:
        actions.append(_make_action(gettext("Solve"), f"{path}/solution", target="#ticket-header"))
    if ticket.assignee_id != user.id and not ticket.is_done:
        actions.append(_make_action(gettext("Take it"), f"{path}/assignee", {"assignee": str(user.id)}))
    return actions


def _make_choices(ticket: Ticket, choices: FilterChoices) -> list[PaletteAction]:
    path = f"/tickets/{ticket.number}"
    agents = [
        _make_action(gettext("Assign to %(person)s", person=name), f"{path}/assignee", {"assignee": value})
        for value, name in choices.agents
        if value != str(ticket.assignee_id)
    ]
    statuses = [
        _make_action(gettext("Status: %(status)s", status=label), f"{path}/status", {"status": status})
        for status, label in labels.status_choices("ticket", ticket.status)
        if status != ticket.status
    ]
    priorities = [
        _make_action(gettext("Priority: %(priority)s", priority=label), f"{path}/priority", {"priority": priority})
        for priority, label in labels.priority_choices()
        if priority != ticket.priority
    ]
    tags = [
        _make_action(gettext("Add tags: %(tags)s", tags=name), f"{path}/tags", {"tags": name})
        for name, _ in choices.tags
        if name not in ticket.tags
    ]
    return [*agents, *statuses, *priorities, *tags]


def _make_action(
    name: str, address: str, fields: dict[str, str] | None = None, target: str = "#facts"
) -> PaletteAction:
    return PaletteAction(gettext("Do"), name, address, fields or {}, target)
