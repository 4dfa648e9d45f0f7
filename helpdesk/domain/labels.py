"""Labels and sentences that people read for values in the database."""

from typing import TYPE_CHECKING

from helpdesk.domain.content_translation.lookup import Part, translate_content
from helpdesk.domain.people import admission
from helpdesk.domain.rules.reasons import describe_reason
from helpdesk.domain.tickets import closing_time
from helpdesk.models.event import Event
from helpdesk.models.priorities import Priority
from helpdesk.models.statuses import Menu, Status, statuses_in_menu
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import format_day, format_list, gettext, isolate, lazy_pgettext, ngettext, pgettext

if TYPE_CHECKING:  # a circular import at run time
    from helpdesk.domain.tickets.delivery_status import ThreadStatus

CUSTOMER_STATUS_LABELS = {status: status.definition.customer_label for status in Status}
TEAM_STATUS_LABELS = {status: status.definition.team_label for status in Status}
RULE_ACTION_LABELS = {
    "assigned": lazy_pgettext("in a list of what a rule did", "assignment"),
    "priority": lazy_pgettext("in a list of what a rule did", "priority"),
    "tagged": lazy_pgettext("in a list of what a rule did", "tags"),
    "replied": lazy_pgettext("in a list of what a rule did", "reply"),
    "status": lazy_pgettext("in a list of what a rule did", "status"),
    "notified": lazy_pgettext("in a list of what a rule did", "notification"),
}
PRIORITY_LABELS = {priority: priority.definition.label for priority in Priority}


def status_label(status: str, for_team: bool = True) -> str:
    """The label of a status, for the team or for customers."""
    return str((TEAM_STATUS_LABELS if for_team else CUSTOMER_STATUS_LABELS)[Status(status)])


def status_choices(menu: Menu, current: str | None = None) -> list[tuple[str, str]]:
    """The statuses in ``menu`` as (value, label) for the team, and always the ``current`` one of a ticket."""
    return [
        (str(each), str(TEAM_STATUS_LABELS[each]))
        for each in Status
        if each == current or menu in each.definition.menus
    ]


def composer_choices() -> list[tuple[str, str]]:
    """The statuses that the composer can set after a reply, as (value, label)."""
    return [(str(each), str(each.definition.reply_action)) for each in statuses_in_menu(Menu.composer)]


def priority_choices() -> list[tuple[str, str]]:
    """Every priority as (value, label), least urgent first."""
    return [(str(each), str(label)) for each, label in PRIORITY_LABELS.items()]


def describe_next_step(ticket: Ticket, for_team: bool) -> str:
    """What happens next and when, as half a sentence; empty if nothing is known."""
    closes = closing_time.get_closing_time(ticket)
    if closes:
        day = format_day(closes, "MMMMd")
        if for_team:
            return gettext("closes %(day)s unless the customer replies", day=day)
        return gettext("closes %(day)s unless you reply", day=day)
    definition = Status(ticket.status).definition
    if definition.next_step_ends_with_first_response and ticket.first_response_at is not None:
        return ""
    return str(definition.next_step_for_team if for_team else definition.next_step)


def describe_audience(ticket: Ticket, places: "list[ThreadStatus]", reader: User) -> str:
    """Who will read a reply: "Dana Fields, 2 followers, colleagues at Globex, #globex and #triage".

    It asks about each person what their mail is asked before it is sent (``admission.can_receive_mail``).
    """
    requester = ticket.requester
    own = next((place.may_read for place in places if place.user_id == requester.id), None)
    may_read = own if own is not None else admission.can_receive_mail(requester, ticket)
    is_own = reader.id == requester.id
    mailed = [place for place in places if place.user_id and place.may_read and place.user_id != requester.id]
    people = [pgettext("reader of a reply", "you")] if is_own else [isolate(requester.display_name)] if may_read else []
    people += [
        isolate(place.reader) if place.user_id != reader.id else pgettext("reader of a reply", "you")
        for place in mailed[:3]
    ]
    if len(mailed) > 3:
        people.append(ngettext("%(num)s more who follow", "%(num)s more who follow", len(mailed) - 3))
    if reader.is_team:
        people.append(
            gettext(
                "everybody at %(organization)s who sees its tickets", organization=isolate(ticket.organization.name)
            )
        )
        people += [isolate(place.label) for place in places if not place.user_id]
    else:
        people.append(gettext("your colleagues at %(organization)s", organization=isolate(ticket.organization.name)))
        people.append(gettext("our support team"))
    listed = format_list(people)
    if may_read or is_own:
        return listed
    return gettext(
        "%(readers)s, but not %(name)s, who may no longer see this ticket",
        readers=listed,
        name=isolate(requester.display_name),
    )


def describe_event(event: Event, for_team: bool = True) -> str:
    """An event as a sentence without its time: "Maya assigned this to Tomás"."""
    data, who = event.data, event.actor_name or gettext("The helpdesk")
    match event.kind:
        case "assigned" if data.get("new") == event.actor_name:
            return gettext("%(who)s took this ticket", who=who)
        case "assigned" if data.get("new"):
            return gettext("%(who)s assigned this to %(agent)s", who=who, agent=data["new"])
        case "assigned":
            return gettext("%(who)s left this unassigned", who=who)
        case "priority":
            old, new = (str(Priority(data[key]).definition.in_sentence) for key in ("old", "new"))
            return gettext("%(who)s changed the priority from %(old)s to %(new)s", who=who, old=old, new=new)
        case "status":
            label = status_label(data["new"], for_team)
            return gettext("%(who)s set the status to %(status)s", who=who, status=label)
        case "solved":
            return gettext("%(who)s solved this ticket", who=who)
        case "reopened":
            return gettext("%(who)s reopened this ticket", who=who)
        case "closed":
            if not event.actor_name:
                return gettext("Closed automatically after some days solved")
            return gettext("%(who)s closed this ticket", who=who)
        case "followed":
            return gettext("%(who)s now follows this ticket", who=data["who"])
        case "unfollowed":
            return gettext("%(who)s no longer follows this ticket", who=data["who"])
        case "followed_up":
            return gettext("%(who)s filed the follow-up #%(number)s", who=who, number=data["number"])
        case "filed_for":
            return gettext("%(who)s filed this for %(requester)s", who=who, requester=data["who"])
        case "answered":
            question = translate_content(data["label"], Part.field)
            if not data["new"]:
                return gettext("%(who)s changed %(field)s to nothing", who=who, field=question)
            answer = _translate_options(data["new"])
            return gettext("%(who)s changed %(field)s to %(value)s", who=who, field=question, value=answer)
        case "merged":
            return gettext("%(who)s merged this into #%(number)s", who=who, number=data["number"])
        case "merged_here":
            return gettext("%(who)s merged #%(number)s into this ticket", who=who, number=data["number"])
        case "unmerged":
            return gettext("%(who)s undid the merge with #%(number)s", who=who, number=data["number"])
        case "split":
            return gettext("%(who)s filed #%(number)s from a message here", who=who, number=data["number"])
        case "split_from":
            return gettext("%(who)s filed this from a message on #%(number)s", who=who, number=data["number"])
        case "moved":
            return gettext("%(who)s moved this from %(old)s to %(new)s", who=who, old=data["old"], new=data["new"])
        case "requester":
            return gettext(
                "%(who)s made %(new)s the requester instead of %(old)s", who=who, old=data["old"], new=data["new"]
            )
        case "subject":
            return gettext("%(who)s changed the subject", who=who)
        case "tagged":
            return _describe_tags(who, data["added"], data["removed"])
        case "linked":
            return gettext("%(who)s linked #%(number)s", who=who, number=data["number"])
        case "unlinked":
            return gettext("%(who)s removed the link to #%(number)s", who=who, number=data["number"])
        case "rated":
            return gettext("%(who)s rated this ticket %(score)s out of 5", who=who, score=data["score"])
        case "slack_deleted":
            channel = data["channel"]
            if data["what"] == "card":
                return gettext(
                    "Our card in %(channel)s was deleted there; this page still has everything", channel=channel
                )
            return gettext(
                "Our message in %(channel)s was deleted there; this page still has everything", channel=channel
            )
        case "mail_stopped":
            return gettext("Mails came so fast that the rest waits under unmatched email")
        case "mail_waits":
            return gettext("A mail that probably belongs here waits under unmatched email")
        case "rule":
            done = format_list([str(RULE_ACTION_LABELS[name]) for name in data["done"]])
            if not data["reasons"]:
                return gettext("The rule “%(rule)s” acted: %(did)s", rule=data["rule"], did=done)
            reasons = format_list([describe_reason(reason) for reason in data["reasons"]])
            return gettext(
                "The rule “%(rule)s” acted: %(did)s (%(reasons)s)", rule=data["rule"], did=done, reasons=reasons
            )
        case "warned":
            return gettext("Reminded the customer that this closes soon")
    return f"{who}: {event.kind.replace('_', ' ')}"


def _translate_options(text: str) -> str:
    """The text of a stored answer, one option or several with commas between them, in the reader's language."""
    translated = translate_content(text, Part.option)
    return translated if translated != text else ", ".join(translate_content(e, Part.option) for e in text.split(", "))


def _describe_tags(who: str, added: list[str], removed: list[str]) -> str:
    if added and removed:
        return gettext(
            "%(who)s tagged this %(added)s and removed %(removed)s",
            who=who,
            added=format_list(added),
            removed=format_list(removed),
        )
    if added:
        return gettext("%(who)s tagged this %(names)s", who=who, names=format_list(added))
    if removed:
        return gettext("%(who)s removed the tags %(names)s", who=who, names=format_list(removed))
    return gettext("%(who)s changed the tags", who=who)


def format_duration(seconds: float | None) -> str:
    """A length of time in its two largest units: "1 d 4 h", "42 min"; a dash for None."""
    if seconds is None:
        return "–"
    minutes = round(seconds / 60)
    days, hours, rest = minutes // 1440, minutes % 1440 // 60, minutes % 60
    if days:
        return gettext("%(days)s d %(hours)s h", days=days, hours=hours) if hours else gettext("%(days)s d", days=days)
    if hours:
        return (
            gettext("%(hours)s h %(minutes)s min", hours=hours, minutes=rest)
            if rest
            else gettext("%(hours)s h", hours=hours)
        )
    return gettext("%(minutes)s min", minutes=minutes) if minutes else gettext("under a minute")
