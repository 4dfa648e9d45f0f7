"""Render a notification for one browser, with the permissions that its person has now."""

import json

from helpdesk import config, translation, urls
from helpdesk.channels.browser.push_message import PushMessage
from helpdesk.domain.administration import settings
from helpdesk.domain.notifications import browsers, sentences
from helpdesk.domain.outbox.errors import SkipDelivery
from helpdesk.domain.people import admission, permissions, reader_language
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery
from helpdesk.models.notification import Notification, PushSubscription
from helpdesk.translation import lazy_gettext

MAX_SUBJECT_LENGTH = 120  # characters of a subject in a notice


def render_notice(delivery: Delivery) -> PushMessage:
    """Return the notice of ``delivery``, in its reader's language. Raises SkipDelivery if it need not be shown."""
    notification = db.session.get(Notification, delivery.subject_id)
    browser = db.session.get(PushSubscription, delivery.data["subscription"])
    if notification is None or browser is None or browser.session.revoked_at is not None:
        raise SkipDelivery(lazy_gettext("This browser shows no notices any more."))
    if notification.read_at is not None:
        raise SkipDelivery(lazy_gettext("It had already been read."))
    if browser.user_id != notification.user_id or not _may_read(notification):
        raise SkipDelivery(lazy_gettext("They may no longer read this."))
    private_key = browsers.find_private_key(browser)
    if private_key is None:
        raise SkipDelivery(lazy_gettext("This browser was added before the secret key was changed."))
    with translation.use_language(reader_language.get_reader_language(notification.user)):
        content = {
            "title": sentences.describe(notification),
            "body": notification.ticket.subject[:MAX_SUBJECT_LENGTH] if notification.ticket else "",
            "address": urls.absolute_url(sentences.path(notification)),
            "tag": f"helpdesk-{notification.id}",
            "portal": settings.get("portal_name"),
        }
    return PushMessage(
        endpoint=browser.endpoint,
        public_key=browser.public_key,
        auth_secret=browser.auth_secret,
        private_key=private_key,
        contact=_contact(),
        content=json.dumps(content, ensure_ascii=False).encode(),
    )


def remove_browser(delivery: Delivery) -> None:
    """Delete the browser of ``delivery``, which its push service no longer knows."""
    browser = db.session.get(PushSubscription, delivery.data["subscription"])
    if browser is not None:
        db.session.delete(browser)
        db.session.flush()


def _may_read(notification: Notification) -> bool:
    user, ticket, message = notification.user, notification.ticket, notification.message
    if not user.is_active or (message is not None and message.deleted_at is not None):
        return False
    if user.is_team:
        return True
    may_see = ticket is not None and permissions.can_see(user, ticket) and admission.can_receive_mail(user, ticket)
    return may_see and (message is None or not message.is_note)


def _contact() -> str:
    """Whom a push service can write to about our notices: the sender's address, else the installation's address."""
    sender = config.current().MAIL_DEFAULT_SENDER
    address = sender.partition("<")[2].rstrip(">") or sender
    return f"mailto:{address}" if "@" in address else urls.absolute_url("/")
