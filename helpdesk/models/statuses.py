"""The statuses of a ticket, one entry each.

Pages, Slack, CSS, SQL, the API, CSV files and seeds read them here. A new status needs one entry here and a migration
for the CHECK constraints and partial indexes (docs/how-to/add-a-status.md). They are in the models because the
database's constraints are made from them.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from helpdesk.translation import lazy_gettext, lazy_pgettext


@dataclass(frozen=True)
class WaitingOnDefinition:
    """Who has to act next, as labels for reports, for the team and for the customer."""

    value: str
    report_label: str
    team_label: str
    customer_label: str


class WaitingOn(StrEnum):
    """Who has to act next."""

    definition: WaitingOnDefinition

    team = WaitingOnDefinition(
        "team",
        lazy_pgettext("who has to act", "Us"),
        lazy_gettext("Waiting on us"),
        lazy_gettext("Waiting for support"),
    )
    customer = WaitingOnDefinition(
        "customer",
        lazy_pgettext("who has to act", "Customer"),
        lazy_gettext("Waiting for customer"),
        lazy_gettext("Waiting for you"),
    )
    third_party = WaitingOnDefinition(
        "third_party",
        lazy_gettext("Third party"),
        lazy_gettext("Waiting on others"),
        lazy_gettext("Waiting for a third party"),
    )

    def __new__(cls, definition: WaitingOnDefinition) -> Self:
        member = str.__new__(cls, definition.value)
        member._value_ = definition.value
        member.definition = definition
        return member


class Menu(StrEnum):
    """The menus in which a status can be chosen."""

    ticket = "ticket"  # beside the conversation
    bulk = "bulk"  # for the selected tickets of the queue
    canned_reply = "canned_reply"  # what a canned reply sets
    composer = "composer"  # after sending a reply, labelled ``reply_action``


EVERY_MENU = frozenset(Menu)


@dataclass(frozen=True)
class StatusDefinition:
    """The labels, appearance and behaviour of a status.

    ``waiting_on``: who has to act next; None if nobody. ``is_done``: the work is finished, so the ticket counts as
    solved in lists, reviews and ratings. ``is_final``: the status never changes again; a reply opens a follow-up
    ticket. ``icon``: a name in templates/macros/ui.html. ``tone``: a colour of the stylesheet (blue, violet, orange,
    green, red, grey). ``customer_order``: the position in a customer's list that is sorted by status, lowest first.
    ``desk_view``: the view of the queue that lists it; a new name creates a new view. ``on_agent_reply``,
    ``on_requester_reply``: the value of the status that a public reply sets. ``reply_action``: its label in the
    composer, half a sentence after "then". ``next_step``: what happens next, half a sentence for the customer;
    ``next_step_for_team``: the same for the team; ``next_step_ends_with_first_response``: shown only until the team's
    first response. ``event_kind``: the kind of the event that setting it adds to the timeline.
    """

    value: str
    team_label: str
    customer_label: str
    icon: str
    tone: str
    slack_symbol: str
    slack_color: str
    customer_order: int
    waiting_on: WaitingOn | None = None
    is_done: bool = False
    is_final: bool = False
    menus: frozenset[Menu] = EVERY_MENU
    desk_view: str = ""
    on_agent_reply: str | None = None
    on_requester_reply: str | None = None
    reply_action: str = ""
    next_step: str = ""
    next_step_for_team: str = ""
    next_step_ends_with_first_response: bool = False
    event_kind: str = "status"


class Status(StrEnum):
    """The status of a ticket. A new ticket is ``open``."""

    definition: StatusDefinition

    open = StatusDefinition(
        value="open",
        team_label=lazy_pgettext("ticket status", "Open"),
        customer_label=lazy_pgettext("ticket status", "Received"),
        icon="ring",
        tone="blue",
        slack_symbol="●",
        slack_color="#d9480f",
        customer_order=2,
        waiting_on=WaitingOn.team,
        menus=frozenset({Menu.ticket}),
        desk_view="open",
        on_agent_reply="in_progress",
        next_step=lazy_gettext("we answer here and by email"),
        next_step_ends_with_first_response=True,
    )
    in_progress = StatusDefinition(
        value="in_progress",
        team_label=lazy_gettext("In progress"),
        customer_label=lazy_gettext("In progress"),
        icon="half",
        tone="violet",
        slack_symbol="◐",
        slack_color="#1c6dd0",
        customer_order=3,
        waiting_on=WaitingOn.team,
        menus=frozenset({Menu.ticket, Menu.bulk, Menu.canned_reply}),
        desk_view="open",
        on_requester_reply="open",
    )
    pending = StatusDefinition(
        value="pending",
        team_label=lazy_gettext("Waiting for customer"),
        customer_label=lazy_gettext("Waiting for you"),
        icon="turn",
        tone="orange",
        slack_symbol="◔",
        slack_color="#b7791f",
        customer_order=1,
        waiting_on=WaitingOn.customer,
        desk_view="waiting",
        on_requester_reply="open",
        reply_action=lazy_pgettext("after sending a reply", "wait for the customer"),
        next_step=lazy_gettext("reply below and we go on"),
    )
    on_hold = StatusDefinition(
        value="on_hold",
        team_label=lazy_gettext("On hold"),
        customer_label=lazy_gettext("On hold"),
        icon="pause",
        tone="grey",
        slack_symbol="◫",
        slack_color="#7a5af8",
        customer_order=4,
        waiting_on=WaitingOn.third_party,
        desk_view="on_hold",
        reply_action=lazy_pgettext("after sending a reply", "put on hold"),
        next_step=lazy_gettext("we wait for somebody else and keep you posted"),
    )
    solved = StatusDefinition(
        value="solved",
        team_label=lazy_pgettext("ticket status", "Solved"),
        customer_label=lazy_pgettext("ticket status", "Solved"),
        icon="done",
        tone="green",
        slack_symbol="✔",
        slack_color="#2b8a3e",
        customer_order=5,
        is_done=True,
        on_requester_reply="open",
        reply_action=lazy_pgettext("after sending a reply", "solve"),
        event_kind="solved",
    )
    closed = StatusDefinition(
        value="closed",
        team_label=lazy_pgettext("ticket status", "Closed"),
        customer_label=lazy_pgettext("ticket status", "Closed"),
        icon="closed",
        tone="grey",
        slack_symbol="○",
        slack_color="#868e96",
        customer_order=6,
        is_done=True,
        is_final=True,
        menus=frozenset(),
        event_kind="closed",
        next_step=lazy_gettext("a reply opens a follow-up ticket"),
        next_step_for_team=lazy_gettext("a reply opens a follow-up ticket"),
    )

    def __new__(cls, definition: Any) -> Self:  # a type checker reads Status("open") as a call of this
        member = str.__new__(cls, definition.value)
        member._value_ = definition.value
        member.definition = definition
        return member


WAITING_ON: dict[Status, WaitingOn | None] = {status: status.definition.waiting_on for status in Status}
DONE: tuple[Status, ...] = tuple(status for status in Status if status.definition.is_done)
UNSOLVED: tuple[Status, ...] = tuple(status for status in Status if not status.definition.is_done)
# The databases use the partial indexes only for a query with exactly this condition.
UNSOLVED_SQL = f"status IN ({', '.join(repr(status.value) for status in UNSOLVED)})"


def statuses_waiting_on(who: WaitingOn) -> tuple[Status, ...]:
    """Return the statuses in which ``who`` has to act."""
    return tuple(status for status in Status if status.definition.waiting_on is who)


def statuses_in_menu(menu: Menu) -> tuple[Status, ...]:
    """Return the statuses that ``menu`` offers, in the order of ``Status``."""
    return tuple(status for status in Status if menu in status.definition.menus)


def get_definition(value: str) -> StatusDefinition:
    """Return the definition of the status ``value``. Raises ValueError if there is none."""
    return Status(value).definition
