"""Notify agents in a chat about what concerns them: whom, when, and in which words."""

import re
from datetime import datetime, timedelta

from sqlalchemy import select

from helpdesk import clock, urls
from helpdesk.domain.administration import settings
from helpdesk.domain.outbox import registry
from helpdesk.domain.people.reader_language import in_team_language
from helpdesk.domain.people.reader_time_zone import get_reader_time_zone
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery, DeliveryKind
from helpdesk.models.message import Message
from helpdesk.models.priorities import HIGHEST_PRIORITY
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import Role, User
from helpdesk.translation import gettext

NOTIFIED_KINDS = (DeliveryKind.message, DeliveryKind.file, DeliveryKind.card)
DAY_MINUTES = 24 * 60


@in_team_language
def on_assigned(ticket: Ticket, assignee: User | None, actor: User | None) -> None:
    """Notify the new assignee, unless they took the ticket themselves."""
    if assignee is not None and (actor is None or actor.id != assignee.id):
        by = actor.display_name if actor is not None else gettext("The helpdesk")
        notify(ticket, [assignee], gettext("%(agent)s assigned %(ticket)s to you.", agent=by, ticket=_describe(ticket)))


@in_team_language
def on_message_added(message: Message) -> None:
    """Notify the assignee of a customer's reply, and agents whom a note mentions by name."""
    ticket = message.ticket
    if message.is_note:
        mentioned = [user for user in find_mentioned(message.body) if user.id != message.author_id]
        if mentioned and message.origin_thread_id is None:  # in the chat itself a mention notifies
            notify(
                ticket,
                mentioned,
                gettext(
                    "%(author)s mentioned you in a note on %(ticket)s.",
                    author=message.author_display_name,
                    ticket=_describe(ticket),
                ),
            )
    elif not message.from_team and ticket.assignee is not None:
        # Without the reply's words: these stand in the thread, and could not be taken back here.
        sentence = gettext(
            "%(author)s answered on %(ticket)s.", author=message.author_display_name, ticket=_describe(ticket)
        )
        notify(ticket, [ticket.assignee], sentence, is_repeated=True)
    elif not message.from_team:
        on_unassigned_urgent(ticket)


@in_team_language
def on_unassigned_urgent(ticket: Ticket) -> None:
    """Notify those on call of an urgent ticket that nobody has."""
    if ticket.assignee_id is None and ticket.priority == HIGHEST_PRIORITY and not ticket.is_done:
        _notify_on_call(ticket, gettext("%(ticket)s is urgent, and nobody has it.", ticket=_describe(ticket)))


def on_service_level(ticket: Ticket, sentence: str) -> bool:
    """Notify the assignee, else those on call, that a target of the service level is near or missed. Returns whether
    the ticket's thread shows it.
    """
    if ticket.assignee is not None:
        return notify(ticket, [ticket.assignee], sentence)
    return _notify_on_call(ticket, sentence)


@in_team_language
def on_delivery_failed(delivery: Delivery, reason: str) -> None:
    """Notify the author of a message, else the assignee, that it did not arrive somewhere."""
    if delivery.kind not in NOTIFIED_KINDS or delivery.thread is None:
        return
    ticket, message = delivery.thread.ticket, delivery.message
    author = message.author if message is not None and message.from_team else None
    concerned = [user for user in (author, ticket.assignee) if user is not None][:1]
    notify(
        ticket,
        concerned,
        gettext(
            "A message on %(ticket)s did not reach %(destination)s: %(reason)s",
            ticket=_describe(ticket),
            destination=delivery.label,
            reason=reason,
        ),
    )


def notify(ticket: Ticket, users: list[User], sentence: str, *, is_repeated: bool = False) -> bool:
    """Notify agents about a ticket where each chose it. ``is_repeated``: not again where they follow it since. Returns
    whether the ticket's thread shows it.
    """
    is_shown = False
    for user in users:
        if user.is_team and user.is_active and user.chat_notifications != "off":
            due_at = quiet_until(user)
            for channel in registry.list_channels():
                is_shown |= channel.notify_agent(ticket, user, sentence, due_at, is_repeated)
    return is_shown


def find_mentioned(body: str) -> list[User]:
    """Return the active members of the team whom a note names with an @: "@Maya Lindqvist", or "@Maya" if only one is
    called so.
    """
    if "@" not in body:
        return []
    team = list(db.session.scalars(select(User).where(User.role != Role.requester, User.deactivated_at.is_(None))))
    first_names = [user.display_name.split()[0].casefold() for user in team if user.display_name.split()]
    found = []
    for user in team:
        first = user.display_name.split()[0] if user.display_name.split() else ""
        names = {user.display_name, first if first_names.count(first.casefold()) == 1 else ""} - {""}
        if any(re.search(rf"(?<!\w)@{re.escape(name)}(?!\w)", body, re.IGNORECASE) for name in names):
            found.append(user)
    return found


def quiet_until(user: User, now: datetime | None = None) -> datetime | None:
    """Return when the quiet hours end in which ``user`` is now; None outside of them."""
    if user.quiet_from is None or user.quiet_until is None or user.quiet_from == user.quiet_until:
        return None
    moment = now or clock.now()
    local = moment.astimezone(get_reader_time_zone(user))
    minute = local.hour * 60 + local.minute
    if (minute - user.quiet_from) % DAY_MINUTES >= (user.quiet_until - user.quiet_from) % DAY_MINUTES:
        return None
    remaining = (user.quiet_until - minute) % DAY_MINUTES
    return (moment + timedelta(minutes=remaining)).replace(second=0, microsecond=0)


def _notify_on_call(ticket: Ticket, sentence: str) -> bool:
    group = settings.get("on_call_group")
    is_shown = False
    for channel in registry.list_channels() if group else ():
        is_shown |= channel.notify_group(ticket, group, sentence)
    return is_shown


def _describe(ticket: Ticket) -> str:
    return f"#{ticket.number} {ticket.subject} ({urls.ticket_url(ticket.number)})"
