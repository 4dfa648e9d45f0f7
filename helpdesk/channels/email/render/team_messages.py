"""Mails to those who run the helpdesk."""

from datetime import timedelta
from urllib.parse import urlencode

from helpdesk import clock, config, urls
from helpdesk.channels.email import delivery_data, quarantine_summary, token
from helpdesk.channels.email.render import message_context, message_headers, message_types, recipients
from helpdesk.domain.monitoring import delivery_alerts
from helpdesk.domain.notifications import digests, sentences
from helpdesk.domain.outbox.errors import SkipDelivery
from helpdesk.domain.people import permissions
from helpdesk.domain.reporting import qa_reviews, report_mail, saved_reports, weekly_digest
from helpdesk.domain.reporting.date_ranges import DateRange
from helpdesk.domain.reporting.definition import ReportDefinition
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery, DeliveryKind
from helpdesk.models.notification import Notification
from helpdesk.models.user import User
from helpdesk.translation import format_list, gettext, lazy_gettext


def _render_weekly_digest(delivery: Delivery) -> message_types.WeeklyDigest:
    user = db.session.get(User, delivery.subject_id)
    if user is None or not user.is_active or not user.is_lead:
        raise SkipDelivery(lazy_gettext("They no longer lead support."))
    begins = delivery_data.week_begins(delivery)
    return message_types.WeeklyDigest(
        envelope=message_headers.make_account_envelope(delivery, user),
        begins=begins,
        ends=begins + timedelta(days=6),
        figures=weekly_digest.list_figures(begins),
        waiting=tuple(
            message_context.make_ticket_reference(ticket)
            for ticket in qa_reviews.list_waiting_on_team(user, weekly_digest.MAX_WAITING_TICKETS)
        ),
        url=urls.absolute_url("/review"),
    )


def _render_report(delivery: Delivery) -> message_types.ReportMail:
    user = db.session.get(User, delivery.subject_id)
    if user is None or not permissions.can_review(user):
        raise SkipDelivery(lazy_gettext("They no longer lead support."))
    report_id, first, last = delivery_data.report_details(delivery)
    saved = saved_reports.find_report(report_id)
    if saved is None:
        raise SkipDelivery(lazy_gettext("What it was about is gone."))
    definition = ReportDefinition.read(saved.filters).of_days(DateRange(first, last))
    table = report_mail.make_table(definition)
    return message_types.ReportMail(
        envelope=message_headers.make_account_envelope(delivery, user),
        name=saved.name,
        begins=first,
        ends=last,
        figures=table.figures,
        headings=table.headings,
        rows=table.rows,
        url=urls.absolute_url(f"/review?{urlencode(definition.address_values())}"),
    )


def _render_delivery_alert(delivery: Delivery) -> message_types.DeliveryAlert:
    user = _get_admin(delivery)
    places = delivery_alerts.list_stuck_destinations()
    if not places:
        raise SkipDelivery(lazy_gettext("It was put right before the mail could leave."))
    names = [place.label for place in places[:3]]
    return message_types.DeliveryAlert(
        envelope=message_headers.make_account_envelope(delivery, user),
        problem=gettext("What is written does not get to %(names)s and others.", names=format_list(names, "unit"))
        if len(places) > 3
        else gettext("What is written does not get to %(names)s.", names=format_list(names, "unit")),
        since=recipients.to_local_time(min(place.oldest for place in places), user),
        url=urls.absolute_url("/desk"),
        destinations=tuple(
            message_types.StuckDestination(
                name=place.label,
                waiting=place.waiting,
                oldest=recipients.to_local_time(place.oldest, user),
                reason=place.trouble or gettext("It is slow, or no worker is running."),
            )
            for place in places
        ),
    )


def _render_test(delivery: Delivery) -> message_types.TestMail:
    if delivery_data.is_loop(delivery):
        user, recipient = None, token.loop_address(delivery.key, config.current().INBOUND_MAIL_DOMAIN)
    else:
        user = recipient = _get_admin(delivery)
    return message_types.TestMail(
        envelope=message_headers.make_account_envelope(delivery, recipient),
        when=recipients.to_local_time(clock.now(), user),
        url=urls.absolute_url("/settings/mail"),
    )


def _render_quarantine_summary(delivery: Delivery) -> message_types.QuarantineSummary:
    user = _get_admin(delivery)
    count = quarantine_summary.count_people()
    if not count:
        raise SkipDelivery(lazy_gettext("Nothing waits any longer."))
    return message_types.QuarantineSummary(
        envelope=message_headers.make_account_envelope(delivery, user),
        count=count,
        url=urls.absolute_url("/desk/quarantine"),
        mails=tuple(
            message_types.WaitingLine(
                sender=mail.sender or gettext("nobody readable"),
                subject=mail.subject or gettext("No subject"),
                reason=mail.reason,
                received_at=recipients.to_local_time(mail.received_at, user),
                url=urls.absolute_url(f"/desk/quarantine/{mail.id}"),
            )
            for mail in quarantine_summary.list_people()
        ),
    )


def _render_notification(delivery: Delivery) -> message_types.Notifications:
    notification = db.session.get(Notification, delivery.subject_id)
    if notification is None:
        raise SkipDelivery(lazy_gettext("What it was about is gone."))
    if notification.read_at is not None:
        raise SkipDelivery(lazy_gettext("It had already been read."))
    return _make_notifications(delivery, notification.user, [notification])


def _render_notification_digest(delivery: Delivery) -> message_types.Notifications:
    user = db.session.get(User, delivery.subject_id)
    found = digests.list_for_mail(user, delivery_data.notification_ids(delivery)) if user is not None else []
    if not found:
        raise SkipDelivery(lazy_gettext("It had already been read."))
    return _make_notifications(delivery, user, found, is_digest=True)


def _make_notifications(
    delivery: Delivery, user: User, found: list[Notification], is_digest: bool = False
) -> message_types.Notifications:
    if not user.is_active or not user.is_team:
        raise SkipDelivery(lazy_gettext("They no longer belong to the team."))
    return message_types.Notifications(
        envelope=message_headers.make_account_envelope(delivery, user),
        lines=tuple(
            message_types.NotificationLine(
                sentence=sentences.describe(each),
                subject=each.ticket.subject if each.ticket else "",
                url=urls.absolute_url(sentences.path(each)),
                when=recipients.to_local_time(each.created_at, user),
            )
            for each in found
        ),
        url=urls.absolute_url("/notifications"),
        is_digest=is_digest,
    )


def _get_admin(delivery: Delivery) -> User:
    user = db.session.get(User, delivery.subject_id)
    if user is None or not user.is_active or not user.is_admin:
        raise SkipDelivery(lazy_gettext("They are no longer an admin."))
    return user


RENDERERS = {
    DeliveryKind.weekly_summary: _render_weekly_digest,
    DeliveryKind.report: _render_report,
    DeliveryKind.delivery_alert: _render_delivery_alert,
    DeliveryKind.mail_test: _render_test,
    DeliveryKind.quarantine_summary: _render_quarantine_summary,
    DeliveryKind.notification: _render_notification,
    DeliveryKind.notification_digest: _render_notification_digest,
}
