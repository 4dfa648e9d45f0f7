"""Stop mail loops: when mails come so fast that two machines may be answering each other, a person decides."""

from datetime import datetime, timedelta

from sqlalchemy import select

from helpdesk import clock, jobs, urls
from helpdesk.channels.email.parse.parsed_mail import ParsedMail
from helpdesk.domain import outbox, tickets
from helpdesk.domain.outbox import registry
from helpdesk.extensions import db
from helpdesk.models.delivery import DeliveryKind
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.ticket import Ticket
from helpdesk.translation import format_number, gettext

MAX_MAILS = 10  # mails accepted on one ticket, or new tickets of one sender, within
WINDOW = timedelta(minutes=10)
MAX_ALIKE = 5  # mails with the same text on one ticket within a day
MAX_ROWS = 200


def exceeds_limit(inbound: InboundEvent, mail: ParsedMail, ticket: Ticket | None) -> str | None:
    """Return why this mail is not accepted although everything about it is proven, or None. The team is notified
    once.
    """
    now = clock.now()
    earlier = _earlier_mails(inbound, mail, ticket, now - timedelta(days=1))
    taken = [payload for at, payload in earlier if payload.get("counted") and at > now - WINDOW]
    alike = [payload for _, payload in earlier if payload.get("counted") and _is_alike(payload, inbound.payload)]
    if len(taken) < MAX_MAILS and len(alike) < MAX_ALIKE:
        return None
    inbound.payload = inbound.payload | {"stopped": True} | ({} if ticket is not None else {"filed": True})
    if not any(payload.get("stopped") and at > now - WINDOW for at, payload in earlier):
        _notify_team(ticket)
    if len(taken) >= MAX_MAILS:
        minutes = WINDOW.seconds // 60
        values = {"most": format_number(MAX_MAILS), "minutes": format_number(minutes)}
        if ticket is None:
            return gettext(
                "More than %(most)s mails from this sender within %(minutes)s minutes: "
                "two machines may be answering each other.",
                **values,
            )
        return gettext(
            "More than %(most)s mails on this ticket within %(minutes)s minutes: "
            "two machines may be answering each other.",
            **values,
        )
    most = format_number(MAX_ALIKE)
    if ticket is None:
        return gettext(
            "More than %(most)s mails with the same words from this sender: a machine may be answering.", most=most
        )
    return gettext(
        "More than %(most)s mails with the same words on this ticket: a machine may be answering.", most=most
    )


def _earlier_mails(inbound: InboundEvent, mail: ParsedMail, ticket: Ticket | None, since: datetime) -> list:
    mails = (
        select(InboundEvent.received_at, InboundEvent.payload)
        .where(InboundEvent.source == "email", InboundEvent.received_at > since, InboundEvent.id != inbound.id)
        .order_by(InboundEvent.id.desc())
        .limit(MAX_ROWS)
    )
    if ticket is not None:
        return list(db.session.execute(mails.where(InboundEvent.ticket_id == ticket.id)))
    filed = (InboundEvent.payload["from"].as_string() == mail.author_id) & InboundEvent.payload["filed"].as_boolean()
    return list(db.session.execute(mails.where(filed)))


def _is_alike(one: dict, other: dict) -> bool:
    return bool(one.get("body_hash")) and (one["body_hash"], one["from"]) == (other["body_hash"], other["from"])


def _notify_team(ticket: Ticket | None) -> None:
    """Add a line to the team's threads and to the ticket's history; of mails that would be tickets, to its channel."""
    if ticket is None:
        where = urls.absolute_url("/desk/quarantine")
        sentence = gettext("One sender files tickets by mail so fast that the rest waits: %(where)s", where=where)
        for channel in registry.list_channels():
            channel.notify_team(sentence)
        return
    ticket = tickets.lock(ticket)
    tickets.add_event(ticket, "mail_stopped", None, team_only=True)
    sentence = gettext(
        "Mails on this ticket come so fast that two machines may be answering each other. "
        "Further ones wait in quarantine."
    )
    for thread in ticket.threads:
        if not thread.is_customers and thread.ended_at is None:
            jobs.enqueue_after_commit(
                "deliver", outbox.enqueue_delivery(thread, DeliveryKind.line, sentence=sentence).id
            )
