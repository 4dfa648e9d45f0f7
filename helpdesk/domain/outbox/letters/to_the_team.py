"""Mails to those who run the helpdesk."""

from datetime import date, timedelta

from helpdesk import clock, urls
from helpdesk.channels.email import mails
from helpdesk.domain import reviews
from helpdesk.domain.outbox import summary, trouble
from helpdesk.domain.outbox.letters import envelopes, quoting, readers
from helpdesk.domain.outbox.reasons import Skip
from helpdesk.extensions import db
from helpdesk.models.people import User
from helpdesk.models.sync import Delivery


def _weekly_summary(delivery: Delivery) -> mails.WeeklySummary:
    user = db.session.get(User, delivery.subject_id)
    if user is None or not user.is_active or not user.is_lead:
        raise Skip("They no longer lead support.")
    begins = date.fromisoformat(delivery.data["begins"])
    return mails.WeeklySummary(
        envelope=envelopes.alone(delivery, user),
        begins=begins,
        ends=begins + timedelta(days=6),
        figures=summary.figures(begins),
        waiting=tuple(quoting.ticket(ticket) for ticket in reviews.open_promises(user, summary.WAITING)),
        url=urls.absolute("/review"),
    )


def _delivery_alert(delivery: Delivery) -> mails.DeliveryAlert:
    user = _admin(delivery)
    places = trouble.places()
    if not places:
        raise Skip("It was mended before the mail could leave.")
    names = ", ".join(place.label for place in places[:3])
    return mails.DeliveryAlert(
        envelope=envelopes.alone(delivery, user),
        problem=f"What is written does not get to {names}{' and others' if len(places) > 3 else ''}.",
        since=readers.at(min(place.oldest for place in places), user),
        url=urls.absolute("/desk"),
        destinations=tuple(
            mails.Destination(
                name=place.label,
                waiting=place.waiting,
                oldest=readers.at(place.oldest, user),
                reason=place.trouble or "It is slow, or no worker is running.",
            )
            for place in places
        ),
    )


def _test(delivery: Delivery) -> mails.Test:
    user = _admin(delivery)
    return mails.Test(
        envelope=envelopes.alone(delivery, user),
        when=readers.at(clock.now(), user),
        url=urls.absolute("/settings/mail"),
    )


def _admin(delivery: Delivery) -> User:
    user = db.session.get(User, delivery.subject_id)
    if user is None or not user.is_active or not user.is_admin:
        raise Skip("They are no longer an admin.")
    return user


WRITERS = {"weekly_summary": _weekly_summary, "delivery_alert": _delivery_alert, "mail_test": _test}
