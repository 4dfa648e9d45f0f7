"""Labels and sentences that people read for values in the database."""

from typing import TYPE_CHECKING

from helpdesk.domain.tickets import closing_time
from helpdesk.models.event import Event
from helpdesk.models.priorities import Priority
from helpdesk.models.statuses import Menu, Status, statuses_in_menu
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User

if TYPE_CHECKING:  # a circular import at run time
    from helpdesk.domain.tickets.delivery_status import ThreadStatus

CUSTOMER_STATUS_LABELS = {status: status.definition.customer_label for status in Status}
TEAM_STATUS_LABELS = {status: status.definition.team_label for status in Status}
PRIORITY_LABELS = {priority: priority.definition.label for priority in Priority}


def status_label(status: str, for_team: bool = True) -> str:
    """The label of a status, for the team or for customers."""
    return (TEAM_STATUS_LABELS if for_team else CUSTOMER_STATUS_LABELS)[Status(status)]


def status_choices(menu: Menu, current: str | None = None) -> list[tuple[str, str]]:
    """The statuses in ``menu`` as (value, label) for the team, and always the ``current`` one of a ticket."""
    return [
        (str(each), TEAM_STATUS_LABELS[each]) for each in Status if each == current or menu in each.definition.menus
    ]


def composer_choices() -> list[tuple[str, str]]:
    """The statuses that the composer can set after a reply, as (value, label)."""
    return [(str(each), each.definition.reply_action) for each in statuses_in_menu(Menu.composer)]


def priority_choices() -> list[tuple[str, str]]:
    """Every priority as (value, label), least urgent first."""
    return [(str(each), label) for each, label in PRIORITY_LABELS.items()]


def describe_next_step(ticket: Ticket, for_team: bool) -> str:
    """What happens next and when, as half a sentence; empty if nothing is known."""
    closes = closing_time.get_closing_time(ticket)
    if closes:
        return f"closes {closes.day} {closes:%B} unless {'the customer replies' if for_team else 'you reply'}"
    definition = Status(ticket.status).definition
    if definition.next_step_ends_with_first_response and ticket.first_response_at is not None:
        return ""
    return definition.next_step_for_team if for_team else definition.next_step


def describe_audience(ticket: Ticket, places: "list[ThreadStatus]", reader: User) -> str:
    """Who will read a reply: "Dana Fields, 2 followers, colleagues at Globex, #globex and #triage"."""
    who = "you" if reader.id == ticket.requester_id else ticket.requester.display_name
    mailed = [place for place in places if place.user_id and place.user_id != ticket.requester_id]
    people = [who, *[place.reader if place.user_id != reader.id else "you" for place in mailed[:3]]]
    if len(mailed) > 3:
        people.append(f"{len(mailed) - 3} more who follow")
    if reader.is_team:
        people.append(f"everybody at {ticket.organization.name} who sees its tickets")
        people += [place.label for place in places if not place.user_id]
    else:
        people.append(f"your colleagues at {ticket.organization.name}")
        people.append("our support team")
    return f"{', '.join(people[:-1])} and {people[-1]}"


def describe_event(event: Event, for_team: bool = True) -> str:
    """An event as a sentence without its time: "Maya assigned this to Tomás"."""
    data, who = event.data, event.actor_name or "The helpdesk"
    match event.kind:
        case "assigned" if data.get("new") == event.actor_name:
            return f"{who} took this ticket"
        case "assigned" if data.get("new"):
            return f"{who} assigned this to {data['new']}"
        case "assigned":
            return f"{who} left this unassigned"
        case "priority":
            old, new = (PRIORITY_LABELS[data[key]].lower() for key in ("old", "new"))
            return f"{who} changed the priority from {old} to {new}"
        case "status":
            return f"{who} set the status to {status_label(data['new'], for_team)}"
        case "solved":
            return f"{who} solved this ticket"
        case "reopened":
            return f"{who} reopened this ticket"
        case "closed":
            return (
                "Closed automatically after some days solved" if not event.actor_name else f"{who} closed this ticket"
            )
        case "followed":
            return f"{data['who']} now follows this ticket"
        case "unfollowed":
            return f"{data['who']} no longer follows this ticket"
        case "followed_up":
            return f"{who} filed the follow-up #{data['number']}"
        case "filed_for":
            return f"{who} filed this for {data['who']}"
        case "answered":
            return f"{who} changed {data['label']} to {data['new'] or 'nothing'}"
        case "merged":
            return f"{who} merged this into #{data['number']}"
        case "merged_here":
            return f"{who} merged #{data['number']} into this ticket"
        case "moved":
            return f"{who} moved this from {data['old']} to {data['new']}"
        case "linked":
            return f"{who} linked #{data['number']}"
        case "unlinked":
            return f"{who} removed the link to #{data['number']}"
        case "rated":
            return f"{who} rated this ticket {data['score']} out of 5"
        case "slack_deleted":
            return f"Our {data['what']} in {data['channel']} was deleted there; this page still has everything"
        case "mail_stopped":
            return "Mails came so fast that the rest waits under unmatched email"
        case "mail_waits":
            return "A mail that probably belongs here waits under unmatched email"
        case "warned":
            return "Reminded the customer that this closes soon"
    return f"{who}: {event.kind.replace('_', ' ')}"


def format_duration(seconds: float | None) -> str:
    """A length of time in its two largest units: "1 d 4 h", "42 min"; a dash for None."""
    if seconds is None:
        return "–"
    minutes = round(seconds / 60)
    days, hours, rest = minutes // 1440, minutes % 1440 // 60, minutes % 60
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{minutes} min" if minutes else "under a minute"
