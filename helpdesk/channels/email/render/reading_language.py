"""Find the language of a mail: the reader's choice, else their organization's, else the installation's."""

from helpdesk.channels.email import delivery_data
from helpdesk.domain.people import admission, reader_language, users
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery, DeliveryKind
from helpdesk.models.notification import Notification
from helpdesk.models.organization import Organization
from helpdesk.models.sign_in_link import SignInLink
from helpdesk.models.user import Identity, User
from helpdesk.translation.languages import offered_codes

LINK_KINDS = (DeliveryKind.sign_in, DeliveryKind.invitation)


def find_language(delivery: Delivery) -> str:
    """Return the code of the language in which the mail of ``delivery`` is written.

    A mail that somebody asked for in a browser is in that browser's language, unless they chose one.
    """
    if len(offered_codes()) == 1:
        return offered_codes()[0]
    reader, organization = _find_reader(delivery)
    asked_in = delivery_data.language(delivery)
    return reader_language.get_reader_language(reader, (asked_in,) if asked_in else (), organization)


def _find_reader(delivery: Delivery) -> tuple[User | None, Organization | None]:
    if delivery.thread is not None:
        return delivery.thread.user, delivery.thread.ticket.organization
    if delivery.kind in LINK_KINDS:
        link = db.session.get(SignInLink, delivery.subject_id)
        user = users.find_user(link.email) if link is not None else None
        if link is None or user is not None:
            return user, None
        return None, next(iter(admission.admitting_organizations(link.email)), None)
    if delivery.kind == DeliveryKind.linked:
        identity = db.session.get(Identity, delivery.subject_id)
        return (identity.user if identity is not None else None), None
    if delivery.kind == DeliveryKind.notification:
        notification = db.session.get(Notification, delivery.subject_id)
        return (notification.user if notification is not None else None), None
    return db.session.get(User, delivery.subject_id), None
