"""What a notification says, in the language in which it is called."""

from collections.abc import Callable

from helpdesk.models.notification import Notification, NotificationKind
from helpdesk.translation import gettext


def describe(notification: Notification) -> str:
    """Return the sentence of ``notification``, with the number of its ticket."""
    ticket = notification.ticket
    values: dict[str, object] = {
        "number": ticket.number if ticket else "",
        "person": notification.actor_name or gettext("The helpdesk"),
        "rule": notification.detail or "",
    }
    return _SENTENCES[NotificationKind(notification.kind)](notification, values)


def path(notification: Notification) -> str:
    """Where on our pages it is about."""
    if notification.kind == NotificationKind.unmatched_mail:
        return "/desk/quarantine"
    if notification.kind in _paths:
        return _paths[notification.kind](notification.detail or "")
    if notification.kind == NotificationKind.review:
        return "/desk/remarks"
    if notification.kind == NotificationKind.review_answer:
        return f"/review/reading/{notification.ticket_id}"
    return f"/tickets/{notification.ticket_id}" if notification.ticket_id else "/notifications"


def _describe_target(notification: Notification, values: dict[str, object]) -> str:
    is_response = notification.detail == "first_response"
    if notification.kind == NotificationKind.sla_at_risk:
        if is_response:
            return gettext("The first response of #%(number)s is due soon", **values)
        return gettext("The resolution of #%(number)s is due soon", **values)
    if is_response:
        return gettext("The first response of #%(number)s is overdue", **values)
    return gettext("The resolution of #%(number)s is overdue", **values)


_SENTENCES: dict[NotificationKind, Callable[[Notification, dict[str, object]], str]] = {
    NotificationKind.assigned: lambda _, values: gettext("%(person)s assigned #%(number)s to you", **values),
    NotificationKind.mention: lambda _, values: gettext("%(person)s mentioned you on #%(number)s", **values),
    NotificationKind.reply: lambda _, values: gettext("%(person)s replied on #%(number)s", **values),
    NotificationKind.unassigned_urgent: lambda _, values: gettext("#%(number)s is urgent, and nobody has it", **values),
    NotificationKind.sla_at_risk: _describe_target,
    NotificationKind.sla_breached: _describe_target,
    NotificationKind.review: lambda _, values: gettext("%(person)s reviewed your work on #%(number)s", **values),
    NotificationKind.review_answer: lambda _, values: gettext(
        "%(person)s answered your review of #%(number)s", **values
    ),
    NotificationKind.delivery_failed: lambda _, values: gettext("A message on #%(number)s did not arrive", **values),
    NotificationKind.unmatched_mail: lambda _, values: gettext("An email matches no ticket", **values),
    NotificationKind.rule: lambda _, values: gettext("#%(number)s: the rule “%(rule)s” tells you", **values),
}
_paths: dict[str, Callable[[str], str]] = {}


def register_kind(kind: NotificationKind, describe_detail: Callable[[str], str], path_of: Callable[[str], str]) -> None:
    """Have notifications of ``kind`` described, and their page named, by what reads their ``detail``."""
    _SENTENCES[kind] = lambda notification, _: describe_detail(notification.detail or "")
    _paths[kind] = path_of
