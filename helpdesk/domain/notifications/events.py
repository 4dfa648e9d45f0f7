"""What happens on a ticket that somebody is notified of: whom it concerns, and in which words a chat says it."""

from collections import Counter
from collections.abc import Collection

from sqlalchemy import Boolean, ColumnElement, bindparam, exists, literal_column, or_, select
from sqlalchemy.orm import joinedload

from helpdesk import urls
from helpdesk.domain.administration import settings
from helpdesk.domain.notifications.notify import Occasion, notify
from helpdesk.domain.outbox import failure_listeners, registry
from helpdesk.domain.people.reader_language import in_team_language
from helpdesk.extensions import db
from helpdesk.markup import mentions
from helpdesk.models.delivery import Delivery, DeliveryKind
from helpdesk.models.follower import Follower
from helpdesk.models.message import Message
from helpdesk.models.notification import NotificationKind, PushSubscription
from helpdesk.models.priorities import HIGHEST_PRIORITY
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import Role, User
from helpdesk.translation import gettext

WITHDRAWAL_KINDS = (DeliveryKind.delete, DeliveryKind.delete_file)
NOTIFIED_KINDS = (DeliveryKind.message, DeliveryKind.file, DeliveryKind.card, *WITHDRAWAL_KINDS)

# For the statement that inserts a message: whether anybody but the assignee may have to be notified of it. A text, as
# the library names no tables inside such a statement, and several have a column of the same name.
HAS_WATCHERS: ColumnElement[bool] = literal_column(
    "(EXISTS (SELECT 1 FROM followers JOIN users ON users.id = followers.user_id"
    " WHERE followers.ticket_id = messages.ticket_id AND users.role <> 'requester')"
    " OR EXISTS (SELECT 1 FROM push_subscriptions JOIN users ON users.id = push_subscriptions.user_id"
    " WHERE users.organization_id = messages.organization_id))",
    Boolean,
).label("has_watchers")
TEAM_QUERY = select(User).where(User.role != Role.requester, User.deactivated_at.is_(None)).order_by(User.id)
# The team's followers of a ticket, and its customers who have a browser that shows notices.
WATCHERS_QUERY = (
    select(User)
    .where(
        User.id.in_(
            select(Follower.user_id)
            .where(Follower.ticket_id == bindparam("ticket_id"))
            .union(select(Ticket.requester_id).where(Ticket.id == bindparam("ticket_id")))
        ),
        or_(User.role != Role.requester, exists().where(PushSubscription.user_id == User.id)),
        User.deactivated_at.is_(None),
    )
    .order_by(User.id)
)


def register() -> None:
    """Hear of deliveries that fail; called when the application is created."""
    failure_listeners.register_listener(on_delivery_failed)


@in_team_language
def on_assigned(ticket: Ticket, assignee: User | None, actor: User | None) -> None:
    """Notify the new assignee, unless they took the ticket themselves."""
    if assignee is not None and (actor is None or actor.id != assignee.id):
        by = actor.display_name if actor is not None else gettext("The helpdesk")
        sentence = gettext("%(agent)s assigned %(ticket)s to you.", agent=by, ticket=_describe(ticket))
        notify(Occasion(NotificationKind.assigned, ticket, actor=actor, sentence=sentence), [assignee])


@in_team_language
def on_message_added(message: Message, *, has_watchers: bool = True) -> None:
    """Notify assignee and followers of a reply, and agents whom a note mentions by name.

    ``has_watchers``: what HAS_WATCHERS said.
    """
    if message.is_note:
        _on_note(message)
        return
    ticket = message.ticket
    concerned = {user.id: user for user in (ticket.assignee, *(_load_watchers(ticket) if has_watchers else ())) if user}
    concerned.pop(message.author_id or 0, None)
    if not message.from_team:  # customers hear of the team's replies
        concerned = {user_id: user for user_id, user in concerned.items() if user.is_team}
        if ticket.assignee is None:
            on_unassigned_urgent(ticket)
    # Without the reply's words: these stand in the thread, and could not be taken back here.
    sentence = gettext(
        "%(author)s answered on %(ticket)s.", author=message.author_display_name, ticket=_describe(ticket)
    )
    occasion = Occasion(
        NotificationKind.reply,
        ticket,
        message,
        actor=message.author,
        actor_name=message.author_display_name,
        sentence="" if message.from_team else sentence,
        is_repeated=True,
        not_before=message.release_at,
    )
    notify(occasion, concerned.values())


@in_team_language
def on_note_edited(message: Message, before: str) -> None:
    """Notify agents whom a note mentions now, and did not in its words ``before``."""
    _on_note(message, {user.id for user in find_mentioned(before)})


def _on_note(message: Message, known: Collection[int] = ()) -> None:
    left_out = {message.author_id, *known}
    mentioned = [user for user in find_mentioned(message.body) if user.id not in left_out]
    sentence = gettext(
        "%(author)s mentioned you in a note on %(ticket)s.",
        author=message.author_display_name,
        ticket=_describe(message.ticket),
    )
    is_from_chat = message.origin_thread_id is not None  # in the chat itself a mention notifies
    occasion = Occasion(
        NotificationKind.mention,
        message.ticket,
        message,
        actor=message.author,
        sentence="" if is_from_chat else sentence,
    )
    notify(occasion, mentioned)


@in_team_language
def on_unassigned_urgent(ticket: Ticket) -> None:
    """Notify those on call, and who else chose it, of an urgent ticket that nobody has."""
    if ticket.priority == HIGHEST_PRIORITY and ticket.assignee is None and not ticket.is_done:
        _notify_on_call(ticket, gettext("%(ticket)s is urgent, and nobody has it.", ticket=_describe(ticket)))
        notify(Occasion(NotificationKind.unassigned_urgent, ticket), db.session.scalars(TEAM_QUERY).all())


def on_service_level(ticket: Ticket, sentence: str, *, timer_kind: str, is_breached: bool) -> bool:
    """Notify the assignee, else those on call and the leads, that a target of the service level is near or missed.

    Returns whether the ticket's thread shows it.
    """
    kind = NotificationKind.sla_breached if is_breached else NotificationKind.sla_at_risk
    if ticket.assignee is not None:
        return notify(Occasion(kind, ticket, detail=timer_kind, sentence=sentence), [ticket.assignee])
    leads = [user for user in db.session.scalars(TEAM_QUERY) if user.is_lead]
    notify(Occasion(kind, ticket, detail=timer_kind), leads)
    return _notify_on_call(ticket, sentence)


@in_team_language
def on_delivery_failed(delivery: Delivery, reason: str) -> None:
    """Notify the author of a message, else the assignee, that it did not arrive somewhere, or stays where it should be
    taken away.
    """
    if delivery.kind not in NOTIFIED_KINDS or delivery.thread is None:
        return
    ticket, message = delivery.thread.ticket, delivery.message
    author = message.author if message is not None and message.from_team else None
    concerned = [user for user in (author, ticket.assignee) if user is not None][:1]
    values = {"ticket": _describe(ticket), "destination": delivery.label, "reason": reason}
    if delivery.kind in WITHDRAWAL_KINDS:
        sentence = gettext("A message on %(ticket)s could not be taken away from %(destination)s: %(reason)s", **values)
    else:
        sentence = gettext("A message on %(ticket)s did not reach %(destination)s: %(reason)s", **values)
    notify(Occasion(NotificationKind.delivery_failed, ticket, message, sentence=sentence), concerned)


def on_reviewed(ticket: Ticket, agent: User | None, reviewer: User) -> None:
    """Notify the agent whose work a lead has reviewed."""
    if agent is not None and agent.id != reviewer.id:
        notify(Occasion(NotificationKind.review, ticket, actor=reviewer), [agent])


def on_review_answered(ticket: Ticket, agent: User, reviewer: User | None) -> None:
    """Notify the lead whose review the agent has answered."""
    if reviewer is not None and reviewer.id != agent.id:
        notify(Occasion(NotificationKind.review_answer, ticket, actor=agent), [reviewer])


def on_unmatched_mail(ticket: Ticket | None) -> None:
    """Notify who chose it that a mail waits, because nothing proves who sent it or where it belongs."""
    notify(Occasion(NotificationKind.unmatched_mail, ticket), db.session.scalars(TEAM_QUERY).all())


def find_mentioned(body: str) -> list[User]:
    """Return the active members of the team whom a note names with an @: "@Maya Lindqvist", or "@Maya" if only one is
    called so, in any way to write the name.
    """
    named = mentions.read_mentions(body)
    if not named:
        return []
    team = list(db.session.scalars(TEAM_QUERY))
    first_names = Counter(mentions.read_first_name(user.display_name) for user in team)
    found = []
    for user in team:
        is_only_one = first_names[mentions.read_first_name(user.display_name)] == 1
        names = (user.display_name, *user.display_name.split()[:1]) if is_only_one else (user.display_name,)
        if any(mentions.is_named(named, name) for name in names):
            found.append(user)
    return found


def _load_watchers(ticket: Ticket) -> list[User]:
    query = WATCHERS_QUERY.options(joinedload(User.organization))
    return list(db.session.scalars(query, {"ticket_id": ticket.id}))


def _notify_on_call(ticket: Ticket, sentence: str) -> bool:
    group = settings.get("on_call_group")
    is_shown = False
    for channel in registry.list_channels() if group else ():
        is_shown |= channel.notify_group(ticket, group, sentence)
    return is_shown


def _describe(ticket: Ticket) -> str:
    return f"#{ticket.number} {ticket.subject} ({urls.ticket_url(ticket.number)})"
