"""Mail that waits for a person of the team: it could not be understood, or not everything about it was proven."""

import dataclasses
from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.orm import undefer

from helpdesk import after_commit, clock
from helpdesk.channels import email
from helpdesk.channels.email import settings as mail_settings
from helpdesk.channels.values import Heard
from helpdesk.domain import access, links, people, permissions, tickets
from helpdesk.domain.errors import Conflict, Invalid
from helpdesk.domain.inbox.from_mail import carrying, filing
from helpdesk.extensions import db
from helpdesk.models.people import User
from helpdesk.models.sync import Inbound
from helpdesk.models.tickets import Message, Ticket

PAGE = 50
COUNTED = 99  # more is not counted
SHOWN_RAW = 200_000  # bytes of the raw mail on the page; the whole of it can be downloaded
DISCARDED_AT_ONCE = 500

_WAITS = (Inbound.source == "email") & Inbound.state.in_(("quarantined", "failed"))
_IS_AUTOMATIC = func.coalesce(Inbound.payload["kind"].as_string(), "person") == "automatic"
_SENT_BY = {True: _IS_AUTOMATIC, False: ~_IS_AUTOMATIC}
_COUNTS = {
    automatic: select(func.count()).select_from(select(Inbound.id).where(_WAITS, sent_by).limit(COUNTED + 1).subquery())
    for automatic, sent_by in _SENT_BY.items()
}


@dataclass(frozen=True)
class Shown:
    """One mail as its page shows it. ``sender`` is the user with its From address, which the mail need not prove."""

    inbound: Inbound
    heard: Heard
    sender: User | None
    ticket: Ticket | None
    raw: str
    is_cut: bool


def waiting(automatic: bool = False, before: int | None = None) -> list[Inbound]:
    """The newest mails that wait, at most one more than PAGE; those of machines apart from those of people."""
    mails = select(Inbound).where(_WAITS, _SENT_BY[automatic])
    if before is not None:
        mails = mails.where(Inbound.id < before)
    return list(db.session.scalars(mails.order_by(Inbound.id.desc()).limit(PAGE + 1)))


def count(automatic: bool = False) -> int:
    """How many wait, up to COUNTED + 1."""
    return db.session.scalar(_COUNTS[automatic])


def find(inbound_id: int) -> Inbound | None:
    """The waiting mail with this id, its raw bytes loaded."""
    if not 0 < inbound_id < 2**63:
        return None
    return db.session.scalar(select(Inbound).where(Inbound.id == inbound_id, _WAITS).options(undefer(Inbound.raw)))


def show(inbound: Inbound) -> Shown:
    """What the page needs; everything in it is text, nothing is believed."""
    raw = inbound.raw or b""
    heard = read(raw)
    return Shown(
        inbound=inbound,
        heard=heard,
        sender=people.find(heard.author_id) if heard.author_id else None,
        ticket=db.session.get(Ticket, inbound.ticket_id) if inbound.ticket_id else None,
        raw=raw[:SHOWN_RAW].decode("utf-8", "replace").replace("\x00", "�"),
        is_cut=len(raw) > SHOWN_RAW,
    )


def attach(inbound: Inbound, ticket: Ticket, *, actor: User, as_reply: bool = False) -> Message:
    """Put the mail on ``ticket``: as a note of ``actor``'s, or as its sender's own reply, which everybody there reads.

    Raises Invalid where the sender may not reply on that ticket, Conflict where somebody was quicker or the ticket is closed.
    """
    inbound = _lock(inbound, actor)
    heard, raw = read(inbound.raw or b""), inbound.raw or b""
    body, quoted = carrying.words(heard)
    sender = people.find(heard.author_id) if heard.author_id else None
    author = sender if as_reply else actor
    if as_reply and (sender is None or sender.is_team or not access.may_receive(sender, ticket)):
        raise Invalid("Its sender may not reply on this ticket. Attach it as a note instead.", "as")
    files = carrying.attachments(inbound.id, raw, heard, author, ticket.organization_id)
    if as_reply:
        message = tickets.reply(ticket, author=sender, body=body or _nothing_said(files), attachments=files)
    else:
        message = tickets.note(ticket, author=actor, body=_as_quote(heard, body), attachments=files)
    message.quoted = quoted or None
    what = "the sender's reply" if as_reply else "a note"
    _done(inbound, f"Put on #{ticket.number} as {what} by {actor.display_name}.", message.ticket_id)
    return message


def make_ticket(inbound: Inbound, *, requester_email: str, subject: str, actor: User) -> Ticket:
    """File a ticket from the mail for ``requester_email``: a customer, or somebody an organization lets in.

    Raises Invalid with a sentence for an address that is neither, Conflict where somebody was quicker.
    """
    inbound = _lock(inbound, actor)
    requester, organization_id = _requester(people.canonical(requester_email, "requester"))
    heard, raw = read(inbound.raw or b""), inbound.raw or b""
    body, quoted = carrying.words(heard)
    files = carrying.attachments(inbound.id, raw, heard, requester, organization_id)
    ticket = tickets.file(
        requester=requester,
        organization_id=organization_id,
        filed_by=actor,
        subject=subject.strip() or filing.subject(heard),
        body=body or _nothing_said(files),
        attachments=files,
    )
    ticket.messages[0].quoted = quoted or None
    _done(inbound, f"Made into #{ticket.number} by {actor.display_name}.", ticket.id)
    return ticket


def discard(inbound: Inbound, *, actor: User) -> None:
    """Leave it at that. The row keeps the mail; nobody needs to look at it again."""
    inbound = _lock(inbound, actor)
    inbound.state = "ignored"
    inbound.outcome = f"{inbound.outcome or ''} Discarded by {actor.display_name}.".strip()
    inbound.finished_at = clock.now()
    after_commit.say_changed("desk")


def discard_automatic(up_to: int, *, actor: User) -> int:
    """Discard what machines wrote, up to the newest one that ``actor`` saw. Returns how many."""
    permissions.require(actor.is_team and actor.is_active, "Only the team can do this.")
    ids = (
        select(Inbound.id)
        .where(_WAITS, _IS_AUTOMATIC, Inbound.id <= up_to)
        .order_by(Inbound.id)
        .limit(DISCARDED_AT_ONCE)
    )
    outcome = func.coalesce(Inbound.outcome, "") + f" Discarded by {actor.display_name}."
    discarded = db.session.execute(
        update(Inbound)
        .where(Inbound.id.in_(list(db.session.scalars(ids))), _WAITS)
        .values(state="ignored", finished_at=clock.now(), outcome=outcome)
        .execution_options(synchronize_session=False)
    )
    after_commit.say_changed("desk")
    return discarded.rowcount


def read(raw: bytes) -> Heard:
    """The mail read again, without asking anybody who sent it."""
    return email.parse(raw, dataclasses.replace(mail_settings.incoming(links.instance()), verify_ourselves=False))[0]


def _lock(inbound: Inbound, actor: User) -> Inbound:
    permissions.require(actor.is_team and actor.is_active, "Only the team can do this.")
    waits = select(Inbound).where(Inbound.id == inbound.id, _WAITS).options(undefer(Inbound.raw))
    held = db.session.scalar(waits.with_for_update().execution_options(populate_existing=True))
    if held is None:
        raise Conflict("Somebody has dealt with this mail already.")
    return held


def _requester(email_address: str) -> tuple[User, int]:
    user = people.find(email_address)
    if user is not None and user.is_team:
        raise Invalid("This is somebody of the team. Enter a customer's address.", "requester")
    if user is not None and (not user.is_active or user.erased_at):
        raise Invalid("This person was deactivated.", "requester")
    if user is not None and user.organization_id is not None:
        return user, user.organization_id
    organizations = access.organizations_for(email_address)
    if not organizations:
        raise Invalid("No organization lets this address in. Enter the address of one of its people.", "requester")
    if user is None:
        user = people.create(email_address, organization=organizations[0])
    else:
        people.join(user, organizations[0])
    return user, organizations[0].id


def _as_quote(heard: Heard, body: str) -> str:
    """The mail inside a note: who is said to have written it, and every line quoted."""
    who = heard.author_id or "somebody unknown"
    subject = filing.subject(heard).replace("`", "'")
    lines = "\n".join(f"> {line}" for line in body.splitlines()) or "> (no words)"
    return f"Mail from `{who}`, `{subject}`:\n\n{lines}"


def _nothing_said(files: list) -> str:
    return "" if files else "(This mail has no words of its own.)"


def _done(inbound: Inbound, outcome: str, ticket_id: int) -> None:
    inbound.state = "done"
    inbound.outcome = outcome
    inbound.ticket_id = ticket_id
    inbound.finished_at = clock.now()
    after_commit.say_changed("desk")
