"""Tell a proven customer that their mail did not get onto a ticket and waits for the team."""

from datetime import timedelta

from sqlalchemy import select

from helpdesk import clock
from helpdesk.channels.email import trusted_senders
from helpdesk.channels.email.parse.parsed_mail import ParsedMail
from helpdesk.domain import outbox
from helpdesk.domain.people import admission
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery, DeliveryKind
from helpdesk.models.inbound_event import InboundEvent

MIN_INTERVAL = timedelta(days=1)  # between two answers to one person


def answer_sender(inbound: InboundEvent, mail: ParsedMail) -> None:
    """Answer a mail in quarantine, at most once a day to one person: a customer whom an organization admits, and whose
    domain has proven that they wrote it. Nobody else is answered, because the mail may be forged, and no machine.
    """
    payload = inbound.payload
    if payload.get("kind") != "person" or payload.get("stopped") or mail.authentication.result != "pass":
        return
    person = trusted_senders.find_person(mail.author_id)
    if person is None or person.is_team or not person.is_active or person.email_undeliverable_reason:
        return
    if person.email != mail.author_id or not admission.admitting_organizations(person.email):
        return
    earlier = select(Delivery.id).where(
        Delivery.kind == DeliveryKind.mail_waiting,
        Delivery.subject_id == person.id,
        Delivery.created_at > clock.now() - MIN_INTERVAL,
    )
    if db.session.scalar(earlier.limit(1)) is None:
        outbox.enqueue_account_mail(DeliveryKind.mail_waiting, person.id, answers=mail.external_id)
