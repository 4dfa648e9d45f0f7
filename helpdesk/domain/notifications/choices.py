"""Where each person wants which kind of notification, and between which times not."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta

from helpdesk import clock
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.people.reader_time_zone import get_reader_time_zone
from helpdesk.extensions import db
from helpdesk.models.notification import MailRhythm, NotificationChannel, NotificationKind
from helpdesk.models.user import User
from helpdesk.translation import gettext, lazy_gettext

DAY_MINUTES = 24 * 60
KIND_LABELS = {
    NotificationKind.assigned: lazy_gettext("A ticket is assigned to me"),
    NotificationKind.mention: lazy_gettext("A note mentions me"),
    NotificationKind.reply: lazy_gettext("A reply on my tickets and those I follow"),
    NotificationKind.unassigned_urgent: lazy_gettext("An urgent ticket that nobody has"),
    NotificationKind.sla_at_risk: lazy_gettext("A service level is at risk"),
    NotificationKind.sla_breached: lazy_gettext("A service level is missed"),
    NotificationKind.review: lazy_gettext("A lead reviews my work"),
    NotificationKind.review_answer: lazy_gettext("An agent answers my review"),
    NotificationKind.delivery_failed: lazy_gettext("A message does not arrive"),
    NotificationKind.unmatched_mail: lazy_gettext("An email matches no ticket"),
    NotificationKind.rule: lazy_gettext("A rule notifies me"),
    NotificationKind.sign_in_connection: lazy_gettext("A sign-in connection needs an admin"),
}
RHYTHM_LABELS = {
    MailRhythm.soon: lazy_gettext("One email each, unless I read it first"),
    MailRhythm.hourly: lazy_gettext("One email an hour"),
    MailRhythm.daily: lazy_gettext("One email a day"),
}
# No chat mentions somebody because of these.
WITHOUT_CHAT = {
    NotificationKind.review,
    NotificationKind.review_answer,
    NotificationKind.unmatched_mail,
    NotificationKind.sign_in_connection,
}
_PERSONAL = {
    NotificationKind.assigned,
    NotificationKind.mention,
    NotificationKind.review,
    NotificationKind.review_answer,
    NotificationKind.rule,
    NotificationKind.sign_in_connection,
}
_FOR_LEADS = {NotificationKind.unmatched_mail, NotificationKind.review_answer}


def channels_for(user: User, kind: NotificationKind) -> set[NotificationChannel]:
    """Where ``user`` wants notifications of ``kind``; a customer only in the browsers that they added."""
    if not user.is_team:
        return {NotificationChannel.browser} if kind == NotificationKind.reply else set()
    if user.notification_channels is not None and kind in user.notification_channels:
        found = {channel for channel in NotificationChannel if channel in user.notification_channels[kind]}
    else:
        found = default_channels(user, kind)
    if user.chat_notifications == "off" or kind in WITHOUT_CHAT:
        found.discard(NotificationChannel.chat)
    return found


def default_channels(user: User, kind: NotificationKind) -> set[NotificationChannel]:
    """Where somebody of the team who never chose gets ``kind``.

    What is meant for them alone they get also by mail, unless a chat tells them.
    """
    if kind in _FOR_LEADS and not user.is_lead:
        return set()
    found = {NotificationChannel.inbox, NotificationChannel.browser, NotificationChannel.chat}
    if kind in _PERSONAL and (not user.slack_user_id or kind in WITHOUT_CHAT):
        found.add(NotificationChannel.mail)
    return found


def save_channels(user: User, chosen: Mapping[str, Collection[str]], rhythm: str) -> None:
    """Save where ``user`` wants each kind; ``chosen`` has values of NotificationChannel by kind.

    Raises ValidationError.
    """
    if rhythm not in RHYTHM_LABELS:
        raise ValidationError(gettext("Choose when notifications are mailed."), "mail_rhythm")
    user.notification_channels = {
        str(kind): [str(channel) for channel in NotificationChannel if channel in chosen.get(kind, ())]
        for kind in KIND_LABELS
    }
    user.mail_rhythm = rhythm
    db.session.flush()


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
    end = local.replace(second=0, microsecond=0) + timedelta(minutes=remaining)  # on their clock, also if it is changed
    return end.astimezone(UTC)
