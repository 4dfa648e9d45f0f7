"""Two machines that answer each other look like two people in a hurry. When they come too fast, a person takes over."""

from datetime import timedelta

from sqlalchemy import select

from helpdesk import after_commit, clock
from helpdesk.channels.values import Heard
from helpdesk.domain import outbox, tickets
from helpdesk.extensions import db
from helpdesk.models.sync import Inbound
from helpdesk.models.tickets import Ticket

MOST = 10  # mails taken on one ticket, or new tickets of one sender, within
WITHIN = timedelta(minutes=10)
MOST_ALIKE = 5  # mails with the same words on one ticket within a day
LOOKED_AT = 200


def trips(inbound: Inbound, heard: Heard, ticket: Ticket | None) -> str | None:
    """Why this mail is not taken although everything about it is proven, or None. The team is told once."""
    now = clock.now()
    earlier = _earlier(inbound, heard, ticket, now - timedelta(days=1))
    taken = [payload for at, payload in earlier if payload.get("counted") and at > now - WITHIN]
    alike = [payload for _, payload in earlier if payload.get("counted") and _is_alike(payload, inbound.payload)]
    if len(taken) < MOST and len(alike) < MOST_ALIKE:
        return None
    inbound.payload = inbound.payload | {"stopped": True}
    if ticket is not None and not any(payload.get("stopped") and at > now - WITHIN for at, payload in earlier):
        _tell(ticket)
    what = "on this ticket" if ticket is not None else "from this sender"
    if len(taken) >= MOST:
        return f"More than {MOST} mails {what} within {WITHIN.seconds // 60} minutes: two machines may be answering each other."
    return f"More than {MOST_ALIKE} mails with the same words {what}: a machine may be answering."


def _earlier(inbound: Inbound, heard: Heard, ticket: Ticket | None, since) -> list:
    mails = (
        select(Inbound.received_at, Inbound.payload)
        .where(Inbound.source == "email", Inbound.received_at > since, Inbound.id != inbound.id)
        .order_by(Inbound.id.desc())
        .limit(LOOKED_AT)
    )
    if ticket is not None:
        return list(db.session.execute(mails.where(Inbound.ticket_id == ticket.id)))
    return list(db.session.execute(mails.where(Inbound.payload["from"].as_string() == heard.author_id)))


def _is_alike(one: dict, other: dict) -> bool:
    return bool(one.get("body_hash")) and (one["body_hash"], one["from"]) == (other["body_hash"], other["from"])


def _tell(ticket: Ticket) -> None:
    """A line in the team's threads and in the ticket's trail."""
    ticket = tickets.lock(ticket)
    tickets.say_event(ticket, "mail_stopped", None, team_only=True)
    sentence = "Mails on this ticket come so fast that two machines may be answering each other. Further ones wait in quarantine."
    for thread in ticket.threads:
        if thread.channel.kind == "slack" and not thread.is_customers and thread.ended_at is None:
            after_commit.call_later("deliver", outbox.put(thread, "line", sentence=sentence).id)
